import { createContext, Script } from "node:vm";
import { compileGlob } from "./glob.js";

/** Whether a text is what a pattern speaks of. */
export type Matcher = (text: string) => boolean;

/** What an exact pattern or a glob is compared with: paths of Windows have no case. */
export interface PatternOptions {
  ignoreCase: boolean;
  /** Whether `*` and `?` stand for others, as they do in paths. */
  globs: boolean;
}

/** An expression that takes longer than this many milliseconds for one text does not match it. */
const PATIENCE = 1000;
const REGEX = /^rx(i?)\|(.*)$/s;

/**
 * Turns a pattern of a filter into a test: `rx|...` is a regular expression, `rxi|...` one without regard to case, a
 * path with `*` or `?` a glob (`**` goes through folders, `*` and `?` stay within one), everything else the text itself.
 * Throws a SyntaxError when a regular expression is none.
 */
export function compilePattern(pattern: string, options: PatternOptions): Matcher {
  const [, insensitive, expression] = REGEX.exec(pattern) ?? [];
  if (expression !== undefined) {
    const regex = new RegExp(expression, insensitive === "i" ? "i" : "");
    return (text) => testWithin(regex, text);
  }
  const plain = (text: string): string => (options.ignoreCase ? text.toLowerCase() : text);
  const wanted = plain(pattern);
  if (!options.globs || !/[*?]/.test(pattern)) return (text) => plain(text) === wanted;
  const slashes = (text: string): string => text.replaceAll("\\", "/");
  const glob = compileGlob(slashes(wanted));
  return (text) => glob(slashes(plain(text)));
}

const desk = createContext({});
const test = new Script("regex.test(text)");

/** An expression can be made to run for hours; in a context of its own it can be interrupted. */
function testWithin(regex: RegExp, text: string): boolean {
  Object.assign(desk, { regex, text });
  try {
    return test.runInContext(desk, { timeout: PATIENCE }) === true;
  } catch (error) {
    const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
    if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return false;
    throw error;
  } finally {
    Object.assign(desk, { regex: undefined, text: undefined });
  }
}
