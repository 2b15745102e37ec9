import { EVENT_KINDS } from "../../domain/index.js";
import { readFlag } from "../../server/parameters.js";
import type { Route, SandboxRequest } from "../../server/product.js";
import { HttpProblem } from "../../server/product.js";
import { tagsByDocument } from "../../store/detection/tags.js";
import { processRowsByDocument } from "../../store/processes.js";
import type { ResponseContext } from "../context.js";
import { searchEnvelope } from "../documents/envelope.js";
import { processDocument } from "../documents/process.js";
import { frequencyOf, requestedFacets } from "../facets.js";
import { highlightsOf } from "../highlights.js";
import { readSort } from "../parameters.js";
import { compileSearch, findPage, printTerms, readQuery } from "../search.js";

const JOINS = `JOIN process p ON p.proc = d.proc LEFT JOIN sensor h ON h.id = d.sensor_id
  LEFT JOIN sensor_group g ON g.id = h.group_id`;

const OWN = ["last_update", "last_server_update", "start", "sensor_id", "segment_id", "id"];
const OF_PROCESS = ["process_name", "path", "cmdline", "username", "parent_name", "parent_id", "parent_pid"];

/** What results can be sorted and grouped by, as SQL. */
const SORT_FIELDS: ReadonlyMap<string, string> = new Map([
  ...OWN.map((name) => [name, `d.${name}`] as const),
  ...EVENT_KINDS.map((kind) => [`${kind}_count`, `d.${kind}_count`] as const),
  ...OF_PROCESS.map((name) => [name, `p.${name}`] as const),
  ["unique_id", "d.id || printf('%012x', d.segment_id)"],
  ["process_pid", "p.pid"],
  ["process_md5", "p.md5"],
  ["hostname", "h.hostname"],
  ["group", "g.name"],
  ["host_type", "h.host_type"],
  ["os_type", "h.os_type"],
]);

/** A segment's unique id is its process's id and its own, in an order that sorts like the text. */
const TIES = "d.id, d.segment_id";

/** Search, and how many hosts have a file. */
export function processSearchRoutes(context: ResponseContext): Route[] {
  return [
    { method: "GET", path: "/api/v1/process", handle: (request) => ({ status: 200, body: search(context, request) }) },
    {
      method: "GET",
      path: "/api/v1/process/host/count",
      handle: ({ query }) => {
        const md5 = query.get("md5") ?? "";
        if (!/^[0-9a-f]{32}$/i.test(md5)) throw new HttpProblem(400, "md5 must be 32 hexadecimal digits");
        return { status: 200, body: frequencyOf(context.store, md5.toLowerCase()) };
      },
    },
  ];
}

function search(context: ResponseContext, { query: parameters }: SandboxRequest): Record<string, unknown> {
  const began = performance.now();
  const { traits, store } = context;
  const query = readQuery(parameters);
  const comprehensive =
    traits.immutableSegments && readFlag(parameters, "cb.comprehensive_search", "comprehensive_search");
  const order = readSort(parameters.get("sort"), SORT_FIELDS, "last_update desc", TIES);
  const group = traits.immutableSegments ? groupExpression(parameters.get("cb.group")) : undefined;
  const found = findPage(
    context,
    {
      from: "segment",
      where: compileSearch(context, "process", query, parameters, comprehensive),
      order,
      ...(/\b[phg]\./.test(`${order} ${group ?? ""}`) ? { joins: JOINS } : {}),
      ...(group === undefined ? {} : { group }),
    },
    parameters,
  );
  const tags = tagsByDocument(store, "process", found.page);
  const rows = processRowsByDocument(store, found.page).map((row) =>
    processDocument(traits, row, tags.get(row.doc ?? 0)),
  );
  return searchEnvelope({
    began,
    results: rows,
    total: found.total,
    start: found.window.start,
    terms: printTerms(query),
    highlights: highlightsOf(query, rows, "unique_id"),
    facets: requestedFacets(store, "process", parameters, found.documents),
    process: { comprehensive, immutableSegments: traits.immutableSegments },
  });
}

function groupExpression(field: string | null): string | undefined {
  if (field === null || field === "") return undefined;
  // Numbers compare faster than the identifiers that they stand for.
  const expression = field === "id" ? "d.proc" : SORT_FIELDS.get(field);
  if (expression === undefined) throw new HttpProblem(400, `Results cannot be grouped by ${field}`);
  return expression;
}
