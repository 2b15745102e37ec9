import { tokenize } from "./tokens.js";

/**
 * The value that a query text asks a field to have, whatever else it asks for: not one of several choices, not negated and
 * no pattern. `undefined` when there is none such.
 *
 * @example requiredTerm("process_guid:A\\-1 AND (event_type:netconn OR event_type:modload)", "process_guid") // "A-1"
 */
export function requiredTerm(text: string, field: string): string | undefined {
  const { tokens } = tokenize(text);
  /** A group: whether it holds a choice, whether it is negated, and what is found in it. */
  interface Group {
    readonly negated: boolean;
    choice: boolean;
    found: string[];
  }
  const stack: Group[] = [{ negated: false, choice: false, found: [] }];
  let negated = false;
  for (const token of tokens) {
    const group = stack.at(-1) as Group;
    switch (token.kind) {
      case "open":
        stack.push({ negated, choice: false, found: [] });
        negated = false;
        break;
      case "close": {
        const closed = stack.length > 1 ? stack.pop() : undefined;
        if (closed !== undefined && !closed.negated && !closed.choice) stack.at(-1)?.found.push(...closed.found);
        break;
      }
      case "or":
        group.choice = true;
        break;
      case "not":
        negated = true;
        break;
      case "term": {
        const value = text.slice(token.valueStart, token.end);
        if (!negated && token.field === field) group.found.push(value);
        // `field:(a b)`: the negation goes on to its group.
        if (value !== "" || token.field === undefined) negated = false;
        break;
      }
      default:
    }
  }
  const [top] = stack;
  if (top === undefined || stack.length > 1 || top.choice) return undefined;
  return top.found.map(literalOf).find((value) => value !== undefined);
}

/** What a term's value means when it is a plain one. */
function literalOf(value: string): string | undefined {
  const bare = /^"(?:[^"\\]|\\.)*"$/s.test(value) ? value.slice(1, -1) : value;
  if (bare === value && /(^|[^\\])(\\\\)*[*?[{"^~]/.test(value)) return undefined;
  const text = bare.replaceAll(/\\(.)/gs, "$1");
  return text === "" ? undefined : text;
}
