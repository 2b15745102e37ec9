import { unknownValue } from "../problem.js";
import { readInteger, readObject, readTexts } from "./values.js";

/** How many documents have a value. */
export interface FacetValue {
  readonly total: number;
  readonly id: string;
  readonly name: string;
}

/** `terms: { fields, rows }` of a body. */
export interface FacetTerms {
  readonly fields: readonly string[];
  /** So many values of each field; undefined leaves it to the search. */
  readonly rows: number | undefined;
}

export function readTerms(value: unknown): FacetTerms {
  const terms = readObject(value, "`terms`");
  // 0 asks for all of them.
  const rows = readInteger(terms["rows"], "terms.rows", 0, 1_000_000);
  return { fields: readTexts(terms["fields"], "terms.fields"), rows: rows === 0 ? undefined : rows };
}

/** Refuses a field that cannot be counted by, with those that can. */
export function requireFacet(field: string, known: readonly string[]): void {
  if (known.includes(field)) return;
  throw unknownValue("terms.fields", field, known);
}

/** Counts values, each as `[id, name]`; the most frequent first, then by id. */
export function countValues(values: Iterable<readonly [id: string, name: string]>, rows?: number): FacetValue[] {
  const counts = new Map<string, { total: number; name: string }>();
  for (const [id, name] of values) {
    const known = counts.get(id);
    if (known === undefined) counts.set(id, { total: 1, name });
    else known.total += 1;
  }
  const list = [...counts].map(([id, { total, name }]) => ({ total, id, name }));
  list.sort((a, b) => b.total - a.total || (a.id < b.id ? -1 : 1));
  return rows === undefined ? list : list.slice(0, rows);
}
