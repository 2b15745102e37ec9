import { binaryRowsByDocument } from "../../../store/binaries.js";
import { tagsByDocument } from "../../../store/detection/tags.js";
import { processRowsByDocument } from "../../../store/processes.js";
import type { ResponseContext } from "../../context.js";
import { highlightsOf } from "../../highlights.js";
import type { BusEvent } from "../bus-event.js";
import type { WatchlistFinding } from "../event-bus.js";
import { binaryInEvent, type Form, processInEvent } from "./documents.js";
import { headOf, secondsOf } from "./head.js";
import { slices } from "./slices.js";

/** A message has no more documents than these: brokers and clients refuse what is too large. */
const MOST_DOCUMENTS = 500;

/** What watchlists have found: first what they tell of it all together, then each document as it was stored. */
export function* watchlistEvents(
  context: ResponseContext,
  findings: readonly WatchlistFinding[],
): Generator<readonly BusEvent[]> {
  const time = context.now();
  const stored: (() => BusEvent[])[] = [];
  for (const { record, scope, query, hits } of findings) {
    const head = { watchlist_id: record.id, watchlist_name: record.name, ...headOf(context) };
    const idField = scope === "process" ? "unique_id" : "md5";
    for (const slice of slices(hits, MOST_DOCUMENTS)) {
      const docs = documentsOf(context, scope, slice, "search");
      const [first] = docs;
      if (first === undefined) continue;
      const highlights = highlightsOf(query, docs, idField);
      const subject = `${record.id}/${String(first[idField])}`;
      const document = { ...head, event_timestamp: secondsOf(time), docs, highlights };
      yield [{ key: `watchlist.hit.${scope}`, subject, time, document }];
      stored.push(() =>
        documentsOf(context, scope, slice, "storage").map((each) => {
          const id = String(each[idField]);
          return {
            ...{ key: `watchlist.storage.hit.${scope}`, subject: `${record.id}/${id}`, time },
            document: {
              ...head,
              [scope === "process" ? "process_id" : "md5"]: id,
              event_timestamp: secondsOf(time),
              docs: [each],
              highlights: highlights.flatMap(({ name, ids }) => (ids.includes(id) ? [{ name, ids: [id] }] : [])),
            },
          };
        }),
      );
    }
  }
  for (const make of stored) yield make();
}

/** Documents by their numbers, as far as they are there. */
export function documentsOf(
  context: ResponseContext,
  scope: "process" | "binary",
  docs: readonly number[],
  form: Form,
): Record<string, unknown>[] {
  const { store, traits } = context;
  const tags = tagsByDocument(store, scope, docs);
  if (scope === "process") {
    return processRowsByDocument(store, docs).map((row) =>
      processInEvent(traits, row, tags.get(row.doc ?? 0) ?? [], form),
    );
  }
  return binaryRowsByDocument(store, docs).map((row) => binaryInEvent(traits, row, tags.get(row.doc) ?? [], form));
}
