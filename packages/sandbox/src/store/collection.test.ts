import { describe, expect, it } from "vitest";
import type { TeamRecord } from "../domain/index.js";
import { Store } from "./store.js";

const team = (id: number, name: string): TeamRecord => ({ id, name, group_access: [] });

describe("a collection", () => {
  it("gives numbers out once, whoever put the objects in and whatever was removed", () => {
    const store = Store.open();
    const teams = store.collection("team");
    expect(teams.nextKey()).toBe(1);
    store.transaction(() => {
      for (const id of [7, 3]) store.object("team", id, team(id, `team ${id}`));
    });
    expect([teams.size, teams.nextKey()]).toEqual([2, 8]);
    teams.put(12, team(12, "twelve"));
    expect(teams.remove(12)).toBe(true);
    expect(teams.remove(7)).toBe(true);
    expect(teams.remove(7)).toBe(false);
    expect(teams.nextKey()).toBe(13);
    expect(teams.all().map(({ id }) => id)).toEqual([3]);
    expect(store.collection("user").nextKey()).toBe(1);
  });

  it("finds objects by a field as it is written", () => {
    const store = Store.open();
    const teams = store.collection("team");
    for (const [index, name] of ["A", "a", "'; --", '"$.x', "7"].entries()) teams.put(index + 1, team(index + 1, name));
    for (const name of ["A", "a", "'; --", '"$.x', "7"]) expect(teams.find("name", name)?.name).toBe(name);
    expect(teams.find("name", "b")).toBeUndefined();
    expect(teams.find("id", 2)?.name).toBe("a");
  });

  it("forgets what was handed over when a load is given up", () => {
    const store = Store.open();
    expect(() =>
      store.transaction(() => {
        store.object("team", 1, team(1, "x"));
        throw new Error("given up");
      }),
    ).toThrow("given up");
    expect(store.collection("team").size).toBe(0);
  });
});
