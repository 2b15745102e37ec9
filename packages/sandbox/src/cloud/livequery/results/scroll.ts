import { HttpProblem } from "../../../server/product.js";
import type { CloudContext } from "../../context.js";
import { LAST_ROW, readInteger, readObject, readStretch, readText, readTexts } from "../../search/index.js";
import type { RunRecord } from "../runs/record.js";
import type { Runs } from "../runs/runs.js";
import { type ResultRow, resultDocument, resultsOf } from "./rows.js";
import { type Body, findAll, searchedResults } from "./search.js";

const LONGEST_STRETCH = 86_400_000;

/** Where a result stands among those of all runs: results that come later stand behind those that are there. */
type Place = readonly [run: number, order: number, row: number];

const placeOf = ({ run, device, row }: ResultRow): Place => [run.number, device.order ?? Number.MAX_SAFE_INTEGER, row];

function isAfter(place: Place, other: Place): boolean {
  const at = place.findIndex((number, n) => number !== other[n]);
  return at >= 0 && (place[at] ?? 0) > (other[at] ?? 0);
}

const printPlace = (place: Place): string => Buffer.from(place.join("/")).toString("base64url");

function readPlace(text: string): Place {
  const [run, order, row] = Buffer.from(text, "base64url").toString("latin1").split("/").map(Number);
  if ([run, order, row].every(Number.isSafeInteger)) return [run ?? 0, order ?? 0, row ?? 0];
  throw new HttpProblem(400, "search_after is what an earlier answer gave");
}

/** A stretch of the results of several runs, behind the one that was read last. */
export function scroll(context: CloudContext, runs: Runs, given: unknown): Record<string, unknown> {
  const body = readObject(given);
  if (body["start"] !== undefined && body["start"] !== null) {
    throw new HttpProblem(400, "start is not taken here: search_after says where to go on");
  }
  const { run_id, ...criteria } = readObject(body["criteria"], "`criteria`");
  const chosen = chosenRuns(context, runs, readTexts(run_id, "criteria.run_id"), criteria["time_received"]);
  const rows = readInteger(body["rows"], "rows", 1, LAST_ROW) ?? LAST_ROW;
  const after = readText(body["search_after"], "search_after");
  const asked: Body = { query: body["query"], criteria, exclusions: body["exclusions"] };
  const all = chosen.flatMap((run) => findAll(context, asked, searchedResults(resultsOf(runs, run))));
  const place = after === undefined ? undefined : readPlace(after);
  const left = place === undefined ? all : all.filter((row) => isAfter(placeOf(row), place));
  const page = left.slice(0, rows);
  const last = page.at(-1);
  return {
    ...{ org_key: context.orgKey, num_found: all.length, num_remaining: left.length - page.length },
    search_after: last === undefined ? (after ?? null) : printPlace(placeOf(last)),
    results: page.map(resultDocument),
  };
}

/** The runs that are named, or all of them where a time says which of their results are meant; the oldest first. */
function chosenRuns(context: CloudContext, runs: Runs, ids: readonly string[], time: unknown): RunRecord[] {
  if (time !== undefined && time !== null) {
    const { low, high } = readStretch(time, "criteria.time_received", context.now());
    if (low === null || (high ?? context.now()) - low > LONGEST_STRETCH) {
      throw new HttpProblem(400, "criteria.time_received may be a day long at most");
    }
  } else if (ids.length === 0) {
    throw new HttpProblem(400, "criteria needs run_id or time_received");
  }
  return ids.length === 0 ? runs.all() : runs.all().filter(({ id }) => ids.includes(id));
}
