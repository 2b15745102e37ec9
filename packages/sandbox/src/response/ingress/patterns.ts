import { createContext, Script } from "node:vm";
import { compileGlob } from "./glob.js";

/** Whether a text is what a pattern speaks of. */
export type Matcher = (text: string, patience: Patience) => boolean;

/** What an exact pattern or a glob is compared with: paths of Windows have no case. */
export interface PatternOptions {
  ignoreCase: boolean;
  /** Whether `*` and `?` stand for others, as they do in paths. */
  globs: boolean;
}

/** How many characters a pattern may have, and how many patterns a list. */
export const LONGEST_PATTERN = 1024;
export const MOST_PATTERNS = 500;

/** Milliseconds for all expressions and globs that are tried for one process, and for one of them at a time. */
const ALL_TOGETHER = 3000;
const EACH = 1000;
const REGEX = /^rx(i?)\|(.*)$/s;

/**
 * The time that there is for matching one process and its events. A pattern that has used up its share is not tried again,
 * and when all of the time is gone none is: neither matches.
 */
export class Patience {
  #left = ALL_TOGETHER;
  readonly #given = new Set<object>();

  /** Runs `work`, which is about `pattern` and has so many milliseconds; false when there is no time for it. */
  spend(pattern: object, work: (milliseconds: number) => boolean): boolean {
    if (this.#left <= 0 || this.#given.has(pattern)) return false;
    const began = performance.now();
    const share = Math.min(EACH, Math.ceil(this.#left));
    try {
      return work(share);
    } finally {
      const spent = performance.now() - began;
      this.#left -= spent;
      if (spent >= share) this.#given.add(pattern);
    }
  }
}

/**
 * Turns a pattern of a filter into a test: `rx|...` is a regular expression, `rxi|...` one without regard to case, a
 * path with `*` or `?` a glob (`**` goes through folders, `*` and `?` stay within one), everything else the text itself.
 * Throws a SyntaxError when a regular expression is none.
 */
export function compilePattern(pattern: string, options: PatternOptions): Matcher {
  const [, insensitive, expression] = REGEX.exec(pattern) ?? [];
  if (expression !== undefined) {
    const regex = new RegExp(expression, insensitive === "i" ? "i" : "");
    return (text, patience) => patience.spend(regex, (limit) => testWithin(regex, text, limit));
  }
  const plain = (text: string): string => (options.ignoreCase ? text.toLowerCase() : text);
  const wanted = plain(pattern);
  if (!options.globs || !/[*?]/.test(pattern)) return (text) => plain(text) === wanted;
  const slashes = (text: string): string => text.replaceAll("\\", "/");
  const glob = compileGlob(slashes(wanted));
  return (text, patience) => patience.spend(glob, () => glob(slashes(plain(text))));
}

const desk = createContext({});
const test = new Script("regex.test(text)");

/**
 * An expression can be made to run for hours; in a context of its own it can be interrupted. One that turns out to be too
 * large when it is run, or that needs too much memory, matches nothing.
 */
function testWithin(regex: RegExp, text: string, limit: number): boolean {
  Object.assign(desk, { regex, text });
  try {
    return test.runInContext(desk, { timeout: limit }) === true;
  } catch {
    // Nothing but the expression runs there.
    return false;
  } finally {
    Object.assign(desk, { regex: undefined, text: undefined });
  }
}
