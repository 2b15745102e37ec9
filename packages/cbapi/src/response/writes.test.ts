import { describe, expect, it } from "vitest";
import { type Answer, edrServer } from "../test-support/edr-server.js";
import {
  ApiError,
  BannedHash,
  Binary,
  InvalidHashError,
  InvalidObjectError,
  Process,
  Sensor,
  ServerError,
  StoragePartition,
  Team,
  User,
} from "./index.js";

const GUID = "00000003-0000-036c-01d2-2efd3af51186";

describe("what cannot be written is refused, and nothing is sent", () => {
  it("making what the server makes itself", async () => {
    const { cb, requests } = await edrServer({});
    for (const model of [Process, Binary, Sensor, StoragePartition]) {
      expect(() => cb.create(model)).toThrow(ApiError);
      expect(() => cb.create(model)).toThrow(
        `Cannot create object of type ${model.spec.name}: the server makes these itself`,
      );
    }
    expect(requests).toEqual([]);
  });

  it("changing what cannot be changed", async () => {
    const { cb, requests } = await edrServer({});
    const process = new Process({ client: cb, key: GUID, document: { id: GUID, cmdline: "cmd.exe" } });
    const assign = () => Reflect.set(process, "cmdline", "x");
    expect(assign).toThrow(ApiError);
    expect(assign).toThrow("Field cmdline is immutable: the server does not let Process.cmdline be changed");
    const sensor = new Sensor({ client: cb, key: 3, document: { id: 3 } });
    expect(() => Reflect.set(sensor, "id", 4)).toThrow("Field id is immutable");
    expect(() => sensor.set({ status: "Offline" } as never)).toThrow("Field status is immutable");
    expect(process.cmdline).toBe("cmd.exe");
    expect(sensor.isDirty()).toBe(false);
    expect(requests).toEqual([]);
  });

  it("values that no field can take, with the fields that there are", async () => {
    const { cb, requests } = await edrServer({});
    expect(() => cb.create(BannedHash, { md5sum: "0".repeat(32) } as never)).toThrow(
      "BannedHash has no field named md5sum. Fields that can be set: md5hash, text, enabled",
    );
    expect(() => cb.create(BannedHash, { block_count: 1 } as never)).toThrow("Field block_count is immutable");
    expect(() => cb.create(BannedHash, { binary: {} } as never)).toThrow("BannedHash has no field named binary");
    expect(() => cb.create(BannedHash, { md5hash: "c:\\evil.exe" })).toThrow(InvalidHashError);
    expect(() => cb.create(BannedHash, { md5hash: "c:\\evil.exe" })).toThrow("32 hexadecimal digits");
    expect(() => cb.create(BannedHash, { enabled: "yes" as never })).toThrow(
      "BannedHash.enabled: expected true or false",
    );
    expect(() => cb.create(Team, { group_access: "all" as never })).toThrow(InvalidObjectError);
    expect(requests).toEqual([]);
  });

  it("an object that lacks what the server requires", async () => {
    const { cb, requests } = await edrServer({});
    const error = await cb
      .create(User, { username: "ann", teams: [] })
      .save()
      .catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(InvalidObjectError);
    expect(error).toMatchObject({
      code: "INVALID_OBJECT",
      message: "This User cannot be saved. Missing fields: [first_name, last_name, email, global_admin]",
    });
    await expect(cb.create(User, { username: "ann" }).save({ dryRun: true })).rejects.toThrow("Missing fields");
    await expect(cb.create(BannedHash).validate()).rejects.toThrow("Missing fields: [md5hash]");
    // Although nothing was assigned.
    await expect(cb.create(BannedHash).save()).rejects.toThrow("Missing fields: [md5hash]");
    expect(requests).toEqual([]);
  });

  it("deleting what cannot be deleted, and what was deleted before", async () => {
    const { cb, requests } = await edrServer({
      "/api/team/2": (_query, method): Answer =>
        method === "DELETE" ? { status: 204, text: "" } : { id: 2, name: "A", group_access: [] },
    });
    const sensor = new Sensor({ client: cb, key: 3, document: { id: 3 } });
    await expect(sensor.delete()).rejects.toThrow("Cannot delete a Sensor: the server has no such operation");
    await cb.create(Team, { name: "never saved" }).delete();
    expect(requests).toEqual([]);
    const team = await cb.select(Team, 2);
    team.name = "B";
    await team.delete();
    requests.length = 0;
    const deleted = /^Team 2 was deleted\. Make a new object with create\(\)$/;
    await expect(team.delete()).rejects.toThrow(deleted);
    await expect(team.save()).rejects.toThrow(deleted);
    await expect(team.save({ dryRun: true })).rejects.toThrow(deleted);
    expect(() => team.set({ name: "C" })).toThrow(deleted);
    expect(requests).toEqual([]);
  });
});

describe("what the server refuses", () => {
  it("is told in its words, and stays to be saved again", async () => {
    let answer: Answer = { status: 400, text: '["name must be unique"]' };
    const { cb } = await edrServer({ "/api/team": () => answer, "/api/team/2": { id: 2, name: "A" } });
    const team = cb.create(Team, { name: "A", group_access: [] });
    await expect(team.save()).rejects.toMatchObject({ status: 400, serverMessage: '["name must be unique"]' });
    answer = { result: "a team of this name exists" };
    const error = await team.save().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ServerError);
    expect(String(error)).toContain("The server did not accept the Team: a team of this name exists");
    expect(team.isDirty()).toBe(true);
    answer = { id: 2 };
    await team.save();
    expect(team).toMatchObject({ id: 2, name: "A" });
    expect(team.isDirty()).toBe(false);
  });
});
