import { describe, expect, it } from "vitest";
import { JumpClock } from "../../test-support/jump-clock.js";
import { History } from "./history.js";

const ids = (count: number) => Array.from({ length: count }, (_, i) => `A ${i}`);

describe("the history of objects", () => {
  it("makes old what was asked for before a write, of this object only, while the clock stands still", () => {
    const history = new History(new JumpClock(), 10);
    const before = history.moment();
    history.written("A", "A 1");
    history.written("A", "A 1");
    expect([history.isOld("A", "A 1", before), history.isOld("A", "A 2", before)]).toEqual([true, false]);
    expect(history.isOld("A", "A 1", history.moment())).toBe(false);
  });

  it("makes old what was asked for before all objects of a class were written, of this class only", () => {
    const history = new History(new JumpClock(), 10);
    const before = history.moment();
    const revision = history.revisionOf("A");
    history.allWritten("A");
    expect([history.isOld("A", "A 1", before), history.isOld("B", "B 1", before)]).toEqual([true, false]);
    expect(history.isOld("A", "A 1", history.moment())).toBe(false);
    expect([history.revisionOf("A") === revision, history.revisionOf("B") === revision]).toEqual([false, true]);
  });

  it("takes objects that it does not remember for written with those that it forgot", () => {
    const history = new History(new JumpClock(), 2);
    const before = history.moment();
    for (const id of ids(3)) history.written("A", id);
    const after = history.moment();
    expect(ids(4).map((id) => history.isOld("A", id, before))).toEqual([true, true, true, true]);
    expect(ids(4).map((id) => history.isOld("A", id, after))).toEqual([false, false, false, false]);
  });

  it("tells when an object was last written, by itself or with its class", () => {
    const clock = new JumpClock(1000);
    const history = new History(clock, 10);
    history.written("A", "A 1");
    clock.pass(5);
    history.allWritten("B");
    expect([history.writtenAt("A", "A 1"), history.writtenAt("A", "A 2"), history.writtenAt("B", "B 1")]).toEqual([
      1000, 0, 1005,
    ]);
  });

  it("that is cleared makes old all that is under way, and no more", () => {
    const history = new History(new JumpClock(), 10);
    const before = history.moment();
    history.clear();
    expect([history.isOld("A", "A 1", before), history.isOld("A", "A 1", history.moment())]).toEqual([true, false]);
  });
});
