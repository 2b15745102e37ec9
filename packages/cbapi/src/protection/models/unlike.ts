import type { Document } from "../../core/model/document.js";
import { sameValue } from "../../core/model/same-value.js";

/**
 * What an answer to a write has otherwise than it was written, in words; `undefined` when that is nothing. An answer may hold
 * only some of the fields.
 */
export function unlikeWritten(answer: Document, written: Iterable<readonly [string, unknown]>): string | undefined {
  const wrong = [...written].filter(([name, value]) => name in answer && !sameValue(answer[name], value));
  if (wrong.length === 0) return undefined;
  const text = wrong.map(([name, value]) => `${name} ${JSON.stringify(answer[name])} and not ${JSON.stringify(value)}`);
  return `the server accepted the change and has ${text.join(", ")}`;
}
