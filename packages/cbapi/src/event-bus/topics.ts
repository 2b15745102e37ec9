import { invalidArgument } from "../core/invalid-argument.js";

/** Words between dots; `*` for any one word, `#` for any number of them, as RabbitMQ's topic exchanges have it. */
const PATTERN = /^(?:[\w-]+|\*|#)(?:\.(?:[\w-]+|\*|#))*$/;

/**
 * Whether a routing key is one that a pattern names.
 * @example matchesTopic("watchlist.#", "watchlist.hit.process") // true
 */
export function matchesTopic(pattern: string, key: string): boolean {
  return compile(pattern).test(`.${key}`);
}

const compiled = new Map<string, RegExp>();

function compile(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  // Each word brings the dot before it, so that `#` may stand for no word at all.
  const words = checkedTopic(pattern).split(".");
  const parts = words.map((word) => (word === "#" ? "(?:\\.[^.]*)*" : word === "*" ? "\\.[^.]*" : `\\.${word}`));
  const test = new RegExp(`^${parts.join("")}$`);
  compiled.set(pattern, test);
  return test;
}

/**
 * The pattern, when it is one.
 * @throws CbApiError with code `INVALID_ARGUMENT` when it is not
 */
export function checkedTopic(pattern: string): string {
  if (typeof pattern === "string" && PATTERN.test(pattern)) return pattern;
  throw invalidArgument(
    `An event is named by words between dots, with * for one word and # for any, as "watchlist.hit.process" or "feed.#"; got ${JSON.stringify(pattern)}`,
  );
}

/** The kind of an event by its routing key: newer servers put the number of the feed behind `feed.`. */
export function typeOfKey(key: string): string {
  return key.replace(/^feed\.\d+\.(?=.)/, "feed.");
}

/** What to bind a queue by so that it gets all events of a pattern, those with a feed's number in their key as well. */
export function bindingsOf(pattern: string): readonly string[] {
  const [, rest] = /^feed\.(?!#)(.+)$/.exec(checkedTopic(pattern)) ?? [];
  return rest === undefined || /^\d+\./.test(rest) ? [pattern] : [pattern, `feed.*.${rest}`];
}
