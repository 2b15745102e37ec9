import type { IndexType } from "../domain/index.js";
import { combine, type Query, QuerySyntaxError, raw } from "../query/index.js";
import { HttpProblem } from "../server/product.js";
import type { SqlText } from "../store/database.js";
import type { TagScope } from "../store/document-index.js";
import { SearchTooLarge } from "../store/search.js";
import type { ResponseContext } from "./context.js";
import { compileSearch, readQuery } from "./search.js";

/** A query string of the console (`cb.urlver=1&q=...`), read. */
export interface SavedQuery {
  scope: TagScope;
  query: Query;
  where: SqlText;
}

/** Which kind of documents an index type means. */
export const scopeOf = (type: IndexType): TagScope => (type === "events" ? "process" : "binary");

/** The tables of the two kinds of documents. */
export const TABLE_OF = { process: "segment", binary: "binary" } as const satisfies Record<TagScope, string>;

/** One of the two index types; anything else is refused. */
export function readIndexType(text: string): IndexType {
  if (text !== "events" && text !== "modules") {
    throw new HttpProblem(400, `index_type must be events or modules, not ${text}`);
  }
  return text;
}

/** Reads a saved query and refuses one that could not be run. Its relative dates count from now. */
export function compileSaved(context: ResponseContext, type: IndexType, text: string): SavedQuery {
  const parameters = new URLSearchParams(text);
  // Without any of them the text is most likely a bare query, which would then match everything.
  if (![...parameters.keys()].some((name) => name === "q" || /^cb\.f?q\../.test(name))) {
    throw new HttpProblem(
      400,
      "search_query must be a query string with q, cb.q.<field> or cb.fq.<field>, such as cb.urlver=1&q=process_name%3Acmd.exe",
    );
  }
  const scope = scopeOf(type);
  const query = readQuery(parameters);
  return { scope, query, where: compileSearch(context, scope, query, parameters, false) };
}

/** Refuses a saved query that cannot be read, or that the database could not run. */
export function checkSaved(context: ResponseContext, type: IndexType, text: string): void {
  const { scope, where } = compileSaved(context, type, text);
  findSaved(context, scope, combine("AND", [raw("0"), where]));
}

/** The documents that meet the condition, by number. */
export function findSaved(context: ResponseContext, scope: TagScope, where: SqlText): readonly number[] {
  try {
    return context.searcher.find({ from: TABLE_OF[scope], where, order: "d.doc" });
  } catch (error) {
    if (error instanceof SearchTooLarge) throw new QuerySyntaxError("The query is too long or nested too deeply", 0);
    throw error;
  }
}
