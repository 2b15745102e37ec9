import type { Key } from "../model/document.js";
import { type AnyModel, Model } from "../model/model.js";
import type { PageExecution } from "../query/execution.js";
import type { QueryReport } from "../query/report.js";
import type { FoundItems } from "./types.js";

/** The keys of all rows that a query gives, and how complete they are. */
export async function keysOf(pages: PageExecution<AnyModel>): Promise<FoundItems<Key>> {
  const items: Key[] = [];
  for await (const page of pages) {
    for (const row of page.items) {
      const { key } = Model.stateOf(row);
      if (key !== undefined) items.push(key);
    }
  }
  return { items, search: withDoubts(pages.report()) };
}

/** Without a total order, a row that moves while pages are read can be passed over, and no count tells. */
function withDoubts(report: QueryReport): QueryReport {
  if (report.totalOrder || report.pages < 2) return report;
  const note =
    `the ${report.pages} pages were read in the server's own order: rows that changed places meanwhile may have been ` +
    "passed over; stable() gives an order in which they cannot";
  return Object.freeze({ ...report, notes: Object.freeze([...(report.notes ?? []), note]) });
}
