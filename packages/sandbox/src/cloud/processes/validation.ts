import { QuerySyntaxError } from "../../query/index.js";
import type { CloudContext } from "../context.js";
import { compileText, parseLucene, type SearchFields, termsOf } from "../search/index.js";

/** Whether the text of a query can be searched with, as it is answered. */
export function validate(context: CloudContext, text: string, fields: SearchFields): Record<string, unknown> {
  try {
    const query = parseLucene(text);
    compileText(text, fields, { now: context.now(), unknown: "refuse" });
    return { valid: true, value_search_query: termsOf(query).some(({ field }) => field === undefined) };
  } catch (error) {
    if (!(error instanceof QuerySyntaxError)) throw error;
    return {
      ...{ valid: false, value_search_query: false },
      ...{ invalid_message: `Invalid Query Parameter: ${error.message}`, invalid_trigger_offset: error.position },
    };
  }
}

/** Names of fields that begin with a text, in the order of the alphabet; those with more text after them weigh less. */
export function suggest(text: string, count: number, names: Iterable<string>): Record<string, unknown>[] {
  const wanted = text.toLowerCase();
  const found = [...names].filter((name) => name.startsWith(wanted)).sort();
  return found.slice(0, count).map((term) => ({
    ...{ term, weight: Math.round((1_000 * (wanted.length + 1)) / (term.length + 1)) },
    ...{ required_skus_all: [], required_skus_some: ["threathunter", "defense"] },
  }));
}
