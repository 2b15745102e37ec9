import type { SqlValue } from "../database.js";
import type { TagScope } from "../document-index.js";
import type { Store } from "../store.js";

/** A tag of a document. */
export interface TagRow {
  name: string;
  value: SqlValue;
}

/** The tags of documents (feeds, watchlist hits), by document; one without any is not in the map. */
export function tagsByDocument(store: Store, scope: TagScope, docs: readonly number[]): Map<number, TagRow[]> {
  const rows = store.database.all<TagRow & { doc: number }>(
    `SELECT doc, name, value FROM tag WHERE scope = ? AND doc IN (SELECT value FROM json_each(?)) ORDER BY doc, name`,
    [scope, JSON.stringify(docs)],
  );
  const tags = new Map<number, TagRow[]>();
  for (const { doc, name, value } of rows) {
    const list = tags.get(doc);
    if (list === undefined) tags.set(doc, [{ name, value }]);
    else list.push({ name, value });
  }
  return tags;
}

/** The tags of one document. */
export function tagsOf(store: Store, scope: TagScope, doc: number | null): TagRow[] {
  return doc === null ? [] : (tagsByDocument(store, scope, [doc]).get(doc) ?? []);
}

/** The tags of several documents as those of one: a tag that more than one of them has is that of the last. */
export function mergedTags(store: Store, scope: TagScope, docs: readonly number[]): TagRow[] {
  const byDocument = tagsByDocument(store, scope, docs);
  const merged = new Map(docs.flatMap((doc) => (byDocument.get(doc) ?? []).map((tag) => [tag.name, tag] as const)));
  return [...merged.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Removes a tag from all documents: of a watchlist that goes. */
export function removeWatchlistTags(store: Store, id: number): void {
  const name = `watchlist_${id}`;
  if (store.database.count("SELECT count(*) AS n FROM tag WHERE name = ?", [name]) === 0) return;
  store.alter((database) => database.run("DELETE FROM tag WHERE name = ?", [name]));
}
