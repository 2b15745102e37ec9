import { isPresence, type Query, termsOf, type Value } from "../query-language/index.js";

/** Fields of a document that a match is shown in, and under which further names they are searched. */
const SHOWN = ["process_name", "path", "cmdline", "username", "parent_name", "hostname", "process_md5"] as const;
const BINARY_SHOWN = [
  "observed_filename",
  "digsig_publisher",
  "product_name",
  "company_name",
  "file_desc",
  "md5",
] as const;

export interface Highlight {
  name: string;
  ids: string[];
}

/** Where the terms of a query stand in the rows of an answer, in the server's brackets. */
export function highlightsOf(query: Query, rows: readonly Record<string, unknown>[], idField: string): Highlight[] {
  const found = new Map<string, Set<string>>();
  const terms = termsOf(query, "positive");
  if (terms.length === 0) return [];
  for (const row of rows) {
    for (const field of idField === "md5" ? BINARY_SHOWN : SHOWN) {
      for (const text of [row[field]].flat()) {
        if (typeof text !== "string") continue;
        for (const term of terms) {
          if (term.field !== undefined && term.field !== field) continue;
          const marked = markMatch(text, term.value);
          if (marked === undefined) continue;
          const ids = found.get(marked) ?? new Set();
          found.set(marked, ids.add(String(row[idField])));
        }
      }
    }
  }
  return Array.from(found, ([name, ids]) => ({ name, ids: [...ids] }));
}

/** The text with the place that the value names in brackets, or undefined when it is not in there. */
export function markMatch(text: string, value: Value): string | undefined {
  if (value.type === "range" || isPresence(value)) return undefined;
  const wanted = value.quoted ? value.text : value.text.replace(/^\*+|\*+$/g, "");
  const at = wanted === "" || /[*?]/.test(wanted) ? -1 : text.toLowerCase().indexOf(wanted.toLowerCase());
  if (at < 0) return undefined;
  const end = at + wanted.length;
  return `${text.slice(0, at)}PREPREPRE${text.slice(at, end)}POSTPOSTPOST${text.slice(end)}`;
}
