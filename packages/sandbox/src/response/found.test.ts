import { expect, it } from "vitest";
import { Store } from "../store/store.js";
import { found, present } from "./found.js";

it("finds what a path names by its number, or says what was not found", () => {
  const teams = Store.open().collection("team");
  const team = { id: 7, name: "Night shift", group_access: [] };
  teams.put(7, team);
  expect(found(teams, { params: { id: "7" } }, "Team")).toEqual(team);
  for (const id of ["8", "07", "7.0", " 7", "", "seven"]) {
    expect(() => found(teams, { params: { id } }, "Team"), id).toThrow(
      expect.objectContaining({ status: 404, message: "Team not found" }),
    );
  }
  expect(() => found(teams, { params: {} }, "Team")).toThrow("Team not found");
  expect(present(0, "Number")).toBe(0);
  expect(() => present(undefined, "Banned hash")).toThrow("Banned hash not found");
});
