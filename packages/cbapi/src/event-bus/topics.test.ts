import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bindingsOf, checkedTopic, matchesTopic, typeOfKey } from "./topics.js";

describe("a pattern of events", () => {
  it.each([
    ["watchlist.hit.process", "watchlist.hit.process", true],
    ["watchlist.hit.process", "watchlist.hit.binary", false],
    ["watchlist.hit", "watchlist.hit.process", false],
    ["watchlist.#", "watchlist.hit.process", true],
    ["watchlist.#", "watchlist", true],
    ["watchlist.#", "watchlists.hit", false],
    ["#", "anything.at.all", true],
    ["#", "", true],
    ["*.hit.process", "watchlist.hit.process", true],
    ["*.hit.process", "a.b.hit.process", false],
    ["#.process", "feed.24.ingress.hit.process", true],
    ["#.hit.#", "alert.watchlist.hit.query.process", true],
    ["feed.*.#", "feed", false],
    ["feed.*.#", "feed.x", true],
  ])("%s and %s: %s", (pattern, key, expected) => {
    expect(matchesTopic(pattern, key)).toBe(expected);
  });

  it("is the same as trying every split of the key", () => {
    const word = fc.constantFrom("a", "b", "hit", "x-1");
    const pattern = fc.array(fc.oneof(word, fc.constantFrom("*", "#")), { minLength: 1, maxLength: 5 });
    const slow = (words: readonly string[], key: readonly string[]): boolean => {
      const [first, ...rest] = words;
      if (first === undefined) return key.length === 0;
      if (first === "#") return key.some((_, at) => slow(rest, key.slice(at))) || slow(rest, []);
      return key.length > 0 && (first === "*" || first === key[0]) && slow(rest, key.slice(1));
    };
    fc.assert(
      fc.property(pattern, fc.array(word, { minLength: 1, maxLength: 5 }), (words, key) => {
        expect(matchesTopic(words.join("."), key.join("."))).toBe(slow(words, key));
      }),
    );
  });

  it.each(["", ".", "a..b", "a.b*", "a b", "(.*)", "a.#b"])("is not %j", (pattern) => {
    expect(() => checkedTopic(pattern)).toThrow(/named by words between dots/);
  });

  it("meets keys with a feed's number in them", () => {
    expect(typeOfKey("feed.24.ingress.hit.process")).toBe("feed.ingress.hit.process");
    expect(typeOfKey("feed.synchronized")).toBe("feed.synchronized");
    expect(typeOfKey("feed.24.")).toBe("feed.24.");
    expect(bindingsOf("feed.ingress.hit.process")).toEqual(["feed.ingress.hit.process", "feed.*.ingress.hit.process"]);
    expect(bindingsOf("feed.#")).toEqual(["feed.#"]);
    expect(bindingsOf("feed.24.ingress.#")).toEqual(["feed.24.ingress.#"]);
    expect(bindingsOf("alert.#")).toEqual(["alert.#"]);
  });
});
