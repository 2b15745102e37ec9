import { raw, sql } from "../../query/index.js";
import type { SqlText } from "../../store/database.js";
import { FIELD_STEP, type Field, Kind } from "../../store/schema.js";
import { fold, reversedPath } from "../../store/tokens.js";
import type { FieldType, SearchField, ValueTest } from "../search/index.js";

/** What events hold is found by way of the store's values, each of which is there once. */
const PATHS: ReadonlySet<Kind> = new Set([Kind.path, Kind.filePath, Kind.registryPath]);

const among = (documents: SqlText): SqlText =>
  sql`p.proc IN (SELECT s.proc FROM segment s WHERE s.doc IN (${documents}))`;

const documentsWith = (fields: readonly Field[], condition: SqlText): SqlText => {
  const bases = raw(fields.map((field) => `(${field * FIELD_STEP})`).join(","));
  return sql`SELECT j.value FROM (SELECT v.id AS id FROM value v WHERE ${condition}) m, (VALUES ${bases}) b
    CROSS JOIN posting t ON t.term = b.column1 + m.id, json_each(t.docs) j`;
};

/** A field whose values are texts of events, kept as this kind (or these). */
export function posted(type: FieldType, fields: readonly Field[], ...kinds: readonly Kind[]): SearchField {
  const ofKind = raw(`v.kind IN (${kinds.join(",")})`);
  const having = (test: ValueTest): SqlText => among(documentsWith(fields, sql`${ofKind} AND ${test(raw("v.text"))}`));
  const [kind] = kinds;
  if (kinds.length === 1 && kind === Kind.keyword && type === "keyword") {
    return { type, having, exact: (text) => among(documentsWith(fields, sql`${ofKind} AND v.key = ${fold(text)}`)) };
  }
  if (kind === undefined || !PATHS.has(kind) || kinds.length > 1) return { type, having };
  return { type, having, exact: (text) => among(documentsWith(fields, sql`${ofKind} AND ${endsWith(text)}`)) };
}

/** The key is the path from its last part to its first: the longer paths that end in these parts lie behind it. */
function endsWith(text: string): SqlText {
  const key = reversedPath(text);
  // "]" is the character after the separator. The outer bounds are for the index.
  return sql`v.key >= ${key} AND v.key < ${`${key}]`} AND (v.key = ${key} OR v.key >= ${`${key}\\`})`;
}

/** A field whose values are numbers that are posted themselves. */
export function postedNumber(field: Field): SearchField {
  const from = field * FIELD_STEP;
  return {
    type: "number",
    having: (test) =>
      among(sql`SELECT j.value FROM posting t, json_each(t.docs) j
        WHERE t.term >= ${from} AND t.term < ${from + FIELD_STEP} AND ${test(raw(`(t.term - ${from})`))}`),
    exact: (text) =>
      /^\d{1,9}$/.test(text)
        ? among(sql`SELECT j.value FROM posting t, json_each(t.docs) j WHERE t.term = ${from + Number(text)}`)
        : undefined,
  };
}
