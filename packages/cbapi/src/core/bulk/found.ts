import { addTo } from "../groups.js";
import type { Key } from "../model/document.js";
import { type AnyModel, Model } from "../model/model.js";
import type { PageExecution } from "../query/execution.js";
import type { QueryReport } from "../query/report.js";
import type { BulkNote, FoundItems } from "./types.js";

/**
 * What is to become of an object that was found: it is changed; it is so already; it cannot be changed; or it is none of
 * those that are meant.
 */
export type Verdict = {
  /** What else is to be known of it. Objects with the same note share a line of the plan. */
  readonly note?: string | undefined;
} & (
  | { readonly state: "change" | "unchanged" | "not meant" }
  | {
      readonly state: "refused";
      /** The same error for each object with the same reason. */
      readonly error: Error;
    }
);

/** Looks at the objects of a page: gives what is to become of each, in their order. */
export type Review = (objects: readonly AnyModel[]) => readonly Verdict[] | Promise<readonly Verdict[]>;

const CHANGE: Verdict = { state: "change" };

/** The keys of all objects that a query gives, what is to become of them, and how complete they are. */
export async function keysOf(
  pages: PageExecution<AnyModel>,
  review: Review = () => [],
): Promise<FoundItems<Key> & { readonly notes: readonly BulkNote<Key>[] }> {
  const items: Key[] = [];
  const unchanged = new Set<Key>();
  const refused = new Map<Key, Error>();
  const notes = new Map<string, Key[]>();
  const sort = (key: Key, verdict: Verdict) => {
    if (verdict.state === "not meant") return;
    items.push(key);
    if (verdict.state === "unchanged") unchanged.add(key);
    if (verdict.state === "refused") refused.set(key, verdict.error);
    const { note } = verdict;
    if (note !== undefined) addTo(notes, note, key);
  };
  for await (const page of pages) {
    const objects = page.items.filter((row) => Model.stateOf(row).key !== undefined);
    const verdicts = await review(objects);
    for (const [index, object] of objects.entries()) {
      sort(Model.stateOf(object).key as Key, verdicts[index] ?? CHANGE);
    }
  }
  const listed = Array.from(notes, ([note, alike]) => ({ note, items: alike }));
  return { items, search: withDoubts(pages.report()), unchanged, refused, notes: listed };
}

/** Without a total order, a row that moves while pages are read can be passed over, and no count tells. */
function withDoubts(report: QueryReport): QueryReport {
  if (report.totalOrder || report.pages < 2) return report;
  const note =
    `the ${report.pages} pages were read in the server's own order: rows that changed places meanwhile may have been ` +
    "passed over; stable() gives an order in which they cannot";
  return Object.freeze({ ...report, notes: Object.freeze([...(report.notes ?? []), note]) });
}
