import { readCount } from "../../server/parameters.js";
import { HttpProblem, type SandboxReply, type SandboxRequest } from "../../server/product.js";
import { LAST_ROW } from "../search/index.js";
import type { Progress } from "./jobs.js";

/** So many rows come where no number is asked for. */
const USUAL_ROWS = 10;

/** What a search of rows keeps until somebody asks for them. */
export interface RowResult {
  readonly total: number;
  readonly rows: readonly number[];
  /** The documents of some of the rows. */
  readonly show: (rows: readonly number[]) => unknown[];
  /** What else is said beside them. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** What is said of every search, however far it has come. */
export const statusOf = ({ contacted, completed, message }: Progress): Record<string, unknown> => ({
  ...{ contacted, completed },
  ...(message === undefined ? {} : { message }),
});

/** `start` and `rows` of a GET of results; what lies beyond the last row that can be read is refused. */
export function readPage({ query }: SandboxRequest): { start: number; rows: number } {
  const start = readCount(query, "start", 0);
  const rows = readCount(query, "rows", USUAL_ROWS);
  if (rows > LAST_ROW || start > LAST_ROW || (query.has("rows") && start + rows > LAST_ROW)) {
    throw new HttpProblem(400, `start and rows reach beyond the ${LAST_ROW} rows that a search can be read to`);
  }
  return { start, rows: Math.min(rows, LAST_ROW - start) };
}

/** A page of the rows that are there by now. */
export function pageOf(
  request: SandboxRequest,
  { total, rows, show, more }: RowResult,
  progress: Progress,
): SandboxReply {
  const page = readPage(request);
  const part = (count: number): number => (progress.share === 1 ? count : Math.floor(count * progress.share));
  const available = part(rows.length);
  const wanted = rows.slice(0, available).slice(page.start, page.start + page.rows);
  return {
    status: 200,
    body: {
      results: show(wanted),
      ...{ num_found: part(total), num_available: available },
      ...more,
      ...statusOf(progress),
    },
  };
}
