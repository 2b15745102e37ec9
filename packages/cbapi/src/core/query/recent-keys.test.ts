import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecentKeys } from "./recent-keys.js";

interface Page {
  readonly seam: string | undefined;
  readonly keys: readonly string[];
}

const keys = fc.array(fc.integer({ min: 0, max: 9 }).map(String), { maxLength: 4 });

const read = (recent: RecentKeys, page: Page): string[] => {
  recent.turnPage(page.seam);
  return page.keys.filter((key) => recent.add(key));
};

describe("the keys of the last pages", () => {
  it("are those of so many pages that had news, and no others", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(keys, { maxLength: 25 }), (kept, pages) => {
        const recent = new RecentKeys(kept);
        let remembered: string[][] = [];
        for (const page of pages) {
          // The page that begins takes one of the places.
          const left = remembered.slice(Math.max(0, remembered.length - kept + 1));
          const known = new Set(left.flat());
          const news = [...new Set(page)].filter((key) => !known.has(key));
          expect(read(recent, { seam: undefined, keys: page })).toEqual(news);
          expect(recent.pageHadNews).toBe(news.length > 0);
          expect([...recent.all()].sort()).toEqual([...known, ...news].sort());
          remembered = news.length > 0 ? [...left, news] : left;
        }
      }),
    );
  });

  it("stay known as long as their pages share the seam of the current one", () => {
    const recent = new RecentKeys(2);
    const pages = Array.from({ length: 9 }, (_, i) => ({ seam: i < 1 ? "early" : "late", keys: [`${i}a`, `${i}b`] }));
    for (const page of pages) expect(read(recent, page)).toEqual(page.keys);
    expect([...recent.all()]).toEqual(pages.slice(1).flatMap((page) => page.keys));
    expect(read(recent, { seam: "late", keys: ["1a", "8b", "new"] })).toEqual(["new"]);
    // Behind the seam only so many pages are kept again.
    read(recent, { seam: "later", keys: ["x"] });
    expect([...recent.all()]).toEqual(["new", "x"]);
    expect(read(recent, { seam: undefined, keys: ["1a", "x"] })).toEqual(["1a"]);
  });

  it("are no more than those of so many pages where pages have no seam or each has another", () => {
    for (const seamOf of [() => undefined, (i: number) => String(i)]) {
      const recent = new RecentKeys(3);
      for (let i = 0; i < 100; i++) read(recent, { seam: seamOf(i), keys: [`${i}a`, `${i}b`] });
      expect([...recent.all()]).toEqual(["97a", "97b", "98a", "98b", "99a", "99b"]);
    }
  });

  it("are given out as a copy", () => {
    const recent = new RecentKeys(3);
    read(recent, { seam: undefined, keys: ["a"] });
    recent.all().clear();
    expect(recent.add("a")).toBe(false);
  });
});
