import type { Database } from "./database.js";
import { FIELD_STEP, Field } from "./schema.js";

/** Fields of binaries are numbered from here on, those of processes lie below. */
const BINARY_FIELDS = Field.binary_md5 * FIELD_STEP;

/** Removes segments with all that is searched and shown of them. */
export function removeSegments(database: Database, docs: readonly number[]): void {
  if (docs.length === 0) return;
  const list = JSON.stringify(docs);
  database.run("DELETE FROM segment WHERE doc IN (SELECT value FROM json_each(?))", [list]);
  database.run("DELETE FROM cold_segment WHERE doc IN (SELECT value FROM json_each(?))", [list]);
  database.run("DELETE FROM segment_event WHERE doc IN (SELECT value FROM json_each(?))", [list]);
  removeTraces(database, "process", `term < ${BINARY_FIELDS}`, list);
}

/** Removes binaries with all that is searched and shown of them. */
export function removeBinaries(database: Database, docs: readonly number[]): void {
  if (docs.length === 0) return;
  const list = JSON.stringify(docs);
  database.run("DELETE FROM binary WHERE doc IN (SELECT value FROM json_each(?))", [list]);
  removeTraces(database, "binary", `term >= ${BINARY_FIELDS}`, list);
}

/** Both kinds of documents are numbered from 1, so that the terms say which kind is meant. */
function removeTraces(database: Database, scope: string, terms: string, list: string): void {
  for (const table of ["tag", "feed_hit"]) {
    database.run(`DELETE FROM ${table} WHERE scope = ? AND doc IN (SELECT value FROM json_each(?))`, [scope, list]);
  }
  database.run(
    `DELETE FROM posting WHERE ${terms} AND typeof(docs) <> 'text' AND docs IN (SELECT value FROM json_each(?))`,
    [list],
  );
  database.run(
    `UPDATE posting SET docs =
       (SELECT json_group_array(value) FROM json_each(docs) WHERE value NOT IN (SELECT value FROM json_each(?)))
     WHERE ${terms} AND typeof(docs) = 'text'
       AND EXISTS (SELECT 1 FROM json_each(docs) WHERE value IN (SELECT value FROM json_each(?)))`,
    [list, list],
  );
  database.run(`DELETE FROM posting WHERE ${terms} AND docs = '[]'`);
}
