import { type CbResponseAPI, Process, type ProcessQuery, type Results } from "cbapi/response";
import type { Cost } from "./cost.js";
import type { BinaryFinding, Findings, MatchFinding, ProcessFinding } from "./findings.js";
import { Joins } from "./joins.js";

/** What a hunt tells while it goes on. */
export interface HuntEvents {
  /** Matches are known by number; the details follow. */
  found(total: number): void;
  match(match: MatchFinding): void;
}

export interface HuntOptions {
  readonly query: string;
  /** How many matches are looked at in detail. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

export type HuntResult = Pick<
  Findings,
  "query" | "matches" | "processes" | "facets" | "facetQuery" | "report" | "notes"
>;

/** Searches, joins host, group and binary to each match, and walks to its ancestors. */
export async function runHunt(
  cb: CbResponseAPI,
  cost: Cost,
  options: HuntOptions,
  events: HuntEvents,
): Promise<HuntResult> {
  const { limit, signal } = options;
  await cb.connect({ signal });
  const query = searchFor(cb, options.query);
  const rows = limit === 0 ? undefined : await query.include("sensor.group", "binary").all({ limit, signal });
  const report = rows?.report() ?? null;
  const matches = report?.available ?? (await query.count({ signal }));
  events.found(matches);

  const joins = new Joins();
  const processes: MatchFinding[] = [];
  for (const process of rows === undefined ? [] : oncePerProcess(rows)) {
    const match = await matchFinding(process, cost, joins, signal);
    processes.push(match);
    events.match(match);
  }
  return {
    query: query.query,
    matches,
    processes,
    ...(await facetsOf(cb, processes, signal)),
    report,
    notes: joins.notes,
  };
}

/** A search that gives each process once, where the server can do that. */
export function searchFor(cb: CbResponseAPI, text: string): ProcessQuery {
  const query = cb.select(Process).where(text);
  return cb.cb_server_version.atLeast(6, 0) ? query.groupBy("id") : query;
}

/** Servers before 6.0 give a row for each segment of a process. */
function oncePerProcess(rows: Results<Process>): Process[] {
  const seen = new Map<string, Process>();
  for (const process of rows) if (!seen.has(process.id)) seen.set(process.id, process);
  return [...seen.values()];
}

async function matchFinding(process: Process, cost: Cost, joins: Joins, signal: AbortSignal): Promise<MatchFinding> {
  const sensor = await joins.sensor(process);
  const binary = await joins.binary(process);
  const before = cost.requests;
  const ancestors: Process[] = [];
  const { cycle } = await process.walkParents((parent) => ancestors.push(parent), { signal });
  const requests = cost.requests - before;
  const binaries = await joins.binaries(ancestors);
  return {
    ...processFinding(process, binary),
    webui_link: process.webui_link ?? null,
    sensor,
    ancestors: ancestors.map((ancestor, index) => processFinding(ancestor, binaries[index] ?? null)),
    walk: { requests, cycle },
  };
}

function processFinding(process: Process, binary: BinaryFinding | null): ProcessFinding {
  const pid = process.process_pid;
  return {
    id: process.id,
    process_name: process.process_name || null,
    process_pid: pid === undefined || pid < 0 ? null : pid,
    path: process.path || null,
    cmdline: process.cmdline || null,
    username: process.username || null,
    start: process.start?.toISOString() ?? null,
    hostname: process.hostname || null,
    process_md5: process.process_md5 || null,
    binary,
    stub: process.is_stub,
  };
}

/** What else ran on the host of the first match under the same user. */
async function facetsOf(
  cb: CbResponseAPI,
  [first]: readonly MatchFinding[],
  signal: AbortSignal,
): Promise<Pick<Findings, "facets" | "facetQuery">> {
  const { hostname, username } = first ?? { hostname: null, username: null };
  if (hostname === null) return { facets: { process_name: [] }, facetQuery: null };
  const query = cb.select(Process).where(username === null ? { hostname } : { hostname, username });
  return { facets: await query.facets("process_name", { signal }), facetQuery: query.query };
}
