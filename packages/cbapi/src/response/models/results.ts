import type { Results } from "../../core/query/query.js";
import type { QueryReport } from "../../core/query/report.js";

/** A list that did not come page by page, with the report that every list of results has. */
export function resultsOf<T>(items: readonly T[], report: QueryReport): Results<T> {
  const list = [...items];
  Object.defineProperty(list, "report", { value: () => report });
  return list as Results<T>;
}

/** The report of a list that one answer held. It is complete when there are no reasons why it is not. */
export function reportOf(list: {
  readonly returned: number;
  readonly available: number | undefined;
  readonly wanted?: number | undefined;
  readonly duplicates: number;
  readonly reasons: readonly string[];
}): QueryReport {
  return Object.freeze({
    available: list.available,
    wanted: list.wanted,
    returned: list.returned,
    duplicates: list.duplicates,
    totalOrder: true,
    pages: 1,
    complete: list.reasons.length === 0,
    reasons: Object.freeze([...list.reasons]),
  });
}
