import { isPresence, type Query, termsOf } from "../query/index.js";

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

/** A text with the match in brackets, and the rows it stands in. */
export interface Highlight {
  name: string;
  ids: string[];
}

/** Marking more terms than these would take longer than searching. */
const MOST_TERMS = 300;

/** Where the terms of a query stand in the rows of an answer, in the server's brackets. */
export function highlightsOf(query: Query, rows: readonly Record<string, unknown>[], idField: string): Highlight[] {
  const found = new Map<string, Set<string>>();
  const marks = marksOf(query);
  for (const row of marks.length === 0 ? [] : rows) {
    for (const field of idField === "md5" ? BINARY_SHOWN : SHOWN) {
      for (const text of [row[field]].flat()) {
        if (typeof text !== "string") continue;
        for (const mark of marks) {
          const marked = mark(text, field);
          if (marked === undefined) continue;
          const ids = found.get(marked) ?? new Set();
          found.set(marked, ids.add(String(row[idField])));
        }
      }
    }
  }
  return Array.from(found, ([name, ids]) => ({ name, ids: [...ids] }));
}

/** Puts a text in brackets where it holds a term; undefined when it does not. The field counts for terms that name one. */
export type Mark = (text: string, field?: string) => string | undefined;

/** One for each term that is looked for as it is written; terms with wildcards within them are not marked. */
export function marksOf(query: Query): Mark[] {
  const marks = new Map<string, Mark>();
  for (const { field, value } of termsOf(query, "positive")) {
    if (value.type === "range" || isPresence(value)) continue;
    const wanted = value.quoted ? value.text : value.text.replace(/^\*+|\*+$/g, "");
    if (wanted === "" || (!value.quoted && /[*?]/.test(wanted))) continue;
    const key = JSON.stringify([field, wanted]);
    if (!marks.has(key)) marks.set(key, markOf(wanted, field));
    if (marks.size === MOST_TERMS) break;
  }
  return [...marks.values()];
}

function markOf(wanted: string, only: string | undefined): Mark {
  // Not by folding both: folded, some letters become two, and places in the text would shift.
  const pattern = new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "iu");
  return (text, field) => {
    if (only !== undefined && field !== undefined && only !== field) return undefined;
    const found = pattern.exec(text);
    if (found === null) return undefined;
    const end = found.index + found[0].length;
    return `${text.slice(0, found.index)}PREPREPRE${found[0]}POSTPOSTPOST${text.slice(end)}`;
  };
}
