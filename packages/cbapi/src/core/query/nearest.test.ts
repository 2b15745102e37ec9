import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearestNames } from "./nearest.js";

const LETTERS = ["a", "b", "c"];

/** Every text that one slip makes of a word: a letter left out, put in, replaced, or swapped with the next. */
function slipsOf(word: string): Set<string> {
  const slips = new Set([word]);
  for (let i = 0; i <= word.length; i++) {
    const [before, after] = [word.slice(0, i), word.slice(i)];
    if (after !== "") slips.add(before + after.slice(1));
    if (after.length > 1) slips.add(before + after.charAt(1) + after.charAt(0) + after.slice(2));
    for (const letter of LETTERS) {
      slips.add(before + letter + after);
      if (after !== "") slips.add(before + letter + after.slice(1));
    }
  }
  return slips;
}

const word = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...LETTERS), minLength, maxLength });

describe("the names that a mistyped one may stand for", () => {
  it("are, for a short one, those that one slip makes of it, and no others", () => {
    fc.assert(
      fc.property(word(1, 5), word(0, 6), (typed, name) => {
        expect(nearestNames(typed, [name])).toEqual(slipsOf(typed).has(name) ? [name] : []);
      }),
      { numRuns: 2000 },
    );
  });

  it("may differ by more slips the longer they are", () => {
    fc.assert(
      fc.property(word(3, 3), word(3, 4), fc.nat(), fc.nat(), (front, back, one, other) => {
        const [fronts, backs] = [[...slipsOf(front)], [...slipsOf(back)]];
        const name = `${fronts[one % fronts.length]}${backs[other % backs.length]}`;
        expect(nearestNames(front + back, [name])).toEqual([name]);
      }),
    );
    expect(nearestNames("proces_nmae", ["process_name", "process_pid"])).toEqual(["process_name"]);
    expect(nearestNames("abcdef", ["abcxyz"])).toEqual([]);
  });

  it("are at most three, the likeliest first and equal ones by name, whatever case was typed", () => {
    expect(nearestNames("NAME", ["names", "nam", "game", "name", "dame", "other"])).toEqual(["name", "dame", "game"]);
    expect(nearestNames("name", ["game", "fame", "came", "dame"])).toEqual(["came", "dame", "fame"]);
  });
});
