import { HttpProblem } from "../../../server/product.js";

/** A statement that can be sent to devices. */
export interface Statement {
  /** Without what ends it. */
  readonly sql: string;
  /** All names and words in it, in lower case: among them are those of the tables that it reads. */
  readonly words: ReadonlySet<string>;
}

const LONGEST_SQL = 100_000;
const TOKEN =
  /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\p{L}_$][\p{L}\p{N}_$]*|[\s\S]/gu;
const QUOTES: Readonly<Record<string, string>> = { "'": "'", '"': '"', "`": "`", "[": "]" };

/**
 * Reads what somebody wants asked: one statement that begins as a SELECT does. Whether its names exist is for the devices to
 * say. Refuses everything else with 400.
 */
export function readStatement(text: string): Statement {
  if (text.length > LONGEST_SQL) throw refused(`has more than ${LONGEST_SQL} characters`);
  if (text.includes("\0")) throw refused("holds a null character");
  const words = new Set<string>();
  let first: string | undefined;
  let end = -1;
  let depth = 0;
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match;
    if (/^(\s|--|\/\*)/.test(token)) continue;
    if (end >= 0 && token !== ";") throw refused("holds more than one statement");
    if (token === ";") {
      if (end < 0) end = match.index;
      continue;
    }
    last = match.index + token.length;
    const close = QUOTES[token[0] ?? ""];
    if (close !== undefined && (token.length < 2 || !token.endsWith(close)))
      throw refused("has a quotation mark without an end");
    if (token === "(") depth += 1;
    if (token === ")") depth -= 1;
    if (depth < 0) throw refused("closes a parenthesis that was not opened");
    const word = close === undefined ? token : token.slice(1, -1);
    first ??= word.toLowerCase();
    // Texts too: where a table is expected, one in quotation marks of either kind is its name.
    words.add(word.toLowerCase());
  }
  if (first === undefined) throw refused("is empty");
  if (first !== "select" && first !== "with") throw refused("must be a SELECT statement");
  if (depth > 0) throw refused("has a parenthesis without an end");
  for (const verb of CHANGING) {
    if (first === "with" && new RegExp(`^with\\b[\\s\\S]*\\)\\s*${verb}\\b`, "i").test(withoutTexts(text))) {
      throw refused("must be a SELECT statement");
    }
  }
  return { sql: text.slice(0, end < 0 ? last : Math.min(end, last)), words };
}

const CHANGING = ["insert", "replace", "update", "delete"];

/** The statement with nothing in its quotation marks and comments. */
const withoutTexts = (text: string): string =>
  text.replace(TOKEN, (token) => (/^(--|\/\*|['"`[])/.test(token) ? " x " : token));

const refused = (why: string): HttpProblem => new HttpProblem(400, `sql ${why}: one SELECT statement is taken`);
