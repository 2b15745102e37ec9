// Bad input: one clear error each, nothing sent that should not be, and nothing left half written.
import {
  ApiError,
  allBits,
  CbApiError,
  ClientError,
  Computer,
  Connector,
  Event,
  FileAnalysis,
  FileCatalog,
  FileInstance,
  FileRule,
  FileUpload,
  InvalidHashError,
  InvalidObjectError,
  Notification,
  ObjectNotFoundError,
  Policy,
  Q,
  range,
  ServerConfig,
  ServerPerformance,
  User,
  UserGroup,
  wildcard,
} from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, useProtection } from "../support/given-protection.js";

type Kind = new (...args: never[]) => Error;
const never = (value: unknown) => value as never;

describe("refused before anything is sent", () => {
  useProtection({}, false);

  it.each<[string, () => unknown, Kind, RegExp, string?]>([
    [
      "an unknown field in terms",
      () => cb.select(Computer).where(never({ polcyName: "Lab" })),
      ...([ApiError, /Computer has no field "polcyName".*policyName/s, "UNKNOWN_FIELD"] as const),
    ],
    [
      "a field that the name of no key leads to",
      () => cb.select(Computer).where(never({ fileCatalogId_md5: "x" })),
      ...([ApiError, /fileCatalogId_md5/, "UNKNOWN_FIELD"] as const),
    ],
    [
      "an unknown field to group by",
      () => cb.select(Computer).groupBy(never("polcyName")),
      ...([ApiError, /policyName/, "UNKNOWN_FIELD"] as const),
    ],
    [
      "an unknown second field to group by",
      () => cb.select(Computer).groupBy("policyName", { subgroup: never("osShortNme") }),
      ...([ApiError, /osShortName/, "UNKNOWN_FIELD"] as const),
    ],
    [
      "an unknown key to expand",
      () => cb.select(FileInstance).expand(never("computrId")),
      ...([ApiError, /computerId/, "UNKNOWN_FIELD"] as const),
    ],
    [
      "a field to expand that leads to no object",
      () => cb.select(FileInstance).expand(never("fileName")),
      ...([CbApiError, /expand.*"fileName"/, "INVALID_ARGUMENT"] as const),
    ],
    ["an order by two fields", () => cb.select(Computer).sort("name, id"), ApiError, /one field/],
    ["a range of texts", () => cb.select(Computer).where({ name: range("a", "b") }), CbApiError, /name/],
    ["a wildcard for one character", () => cb.select(Computer).where({ name: wildcard("PC-?") }), CbApiError, /PC-\?/],
    ["no bit at all", () => cb.select(Computer).where({ syncFlags: allBits(0) }), CbApiError, /allBits/],
    [
      "alternatives of two fields",
      () => cb.select(Computer).where(Q({ name: "a" }).or({ policyName: "b" })),
      ...([ApiError, /only values of one field can be alternatives/] as const),
    ],
    [
      "the opposite of two conditions",
      () => cb.select(Computer).where(Q({ name: "a", policyName: "b" }).not()),
      ...([ApiError, /cannot say the opposite of/] as const),
    ],
    ["half a place in a slice", () => cb.select(Computer).slice(0.5), CbApiError, /whole numbers/],
    ["a period of no hours", () => cb.select(ServerPerformance).period(0), CbApiError, /whole hours/],
    ["an id that is none", async () => cb.select(Computer, "three"), InvalidObjectError, /three/],
    ["a kind of objects that is a path", () => cb.object("../computer"), CbApiError, /kind of object/],
    ["an unknown field of a new object", () => cb.create(Policy, never({ nmae: "x" })), ApiError, /nmae/],
    ["a field that the server sets", () => cb.create(Policy, never({ readOnly: true })), ApiError, /readOnly/],
    ["a new object of a kind that the server makes itself", () => cb.create(Computer), ApiError, /Computer/],
    ["a kind that nobody makes", () => cb.create(FileCatalog), ApiError, /FileCatalog/],
    [
      "a state that rules do not have",
      () => cb.create(FileRule, { fileState: never(9) }),
      InvalidObjectError,
      /fileState/,
    ],
    [
      "a level that is for single computers",
      () => cb.create(Policy, { enforcementLevel: never(35) }),
      ...([InvalidObjectError, /enforcementLevel/] as const),
    ],
    ["a priority out of range", () => cb.create(FileUpload, { priority: 3 }), InvalidObjectError, /priority.*-2 to 2/s],
    ["a number that is none", () => cb.create(FileAnalysis, { connectorId: never("two") }), InvalidObjectError, /two/],
    [
      "a switch that is none",
      () => cb.create(Connector, { enabled: never("yes") }),
      InvalidObjectError,
      /true or false/,
    ],
    [
      "ids that are none",
      () => cb.create(FileRule, { policyIds: "Lab" }),
      InvalidObjectError,
      /FileRule\.policyIds.*"Lab"/,
    ],
    [
      "no policy at all",
      () => cb.create(FileRule, { policyIds: [] }),
      InvalidObjectError,
      /FileRule\.policyIds.*"0" for all/,
    ],
    ["a hash that is none", () => cb.create(FileRule, { hash: "123" }), InvalidHashError, /123/],
    ["a rule for nothing", () => cb.create(FileRule, { fileState: 3 }).save(), InvalidObjectError, /names no file/],
    [
      "a ban that only reports, and bans",
      () => cb.create(FileRule, { fileCatalogId: 1, fileState: 3, reportOnly: true }).save(),
      ...([InvalidObjectError, /reportOnly/] as const),
    ],
    ["a policy without a name", () => cb.create(Policy).save(), InvalidObjectError, /\[name\]/],
    [
      "a connector of which little is said",
      () => cb.create(Connector, { name: "x" }).save(),
      ...([InvalidObjectError, /analysisName, connectorVersion/] as const),
    ],
    ["an analysis of nothing", () => cb.create(FileAnalysis).save(), InvalidObjectError, /fileCatalogId, connectorId/],
    ["a notification without a result", () => cb.create(Notification).save(), InvalidObjectError, /analysisResult/],
    [
      "a status that only the server gives",
      () => cb.create(FileUpload, { fileCatalogId: 1, uploadStatus: 5 }).save(),
      ...([InvalidObjectError, /uploadStatus/] as const),
    ],
    ["what cannot be deleted", () => cb.create(FileUpload).delete(), ApiError, /Cannot delete a FileUpload/],
  ])("%s", async (_, call, kind, message, code) => {
    const error = await errorOf(call);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(message);
    if (code !== undefined) expect(error).toMatchObject({ code });
    expect(asked()).toEqual([]);
  });

  it("changes of what cannot be changed, or not like that", async () => {
    const [computer, event, file] = [
      await cb.select(Computer, 3),
      await cb.select(Event).first(),
      await cb.select(FileCatalog, 1),
    ];
    const [done] = await cb.select(FileUpload).where({ uploadStatus: 3 }).all();
    if (done === undefined) throw new Error("there is no such upload");
    asked();
    for (const object of [event, file]) {
      expect("save" in (object ?? {})).toBe(false);
      expect(await errorOf(() => Object.assign(object ?? {}, { fileName: "x" }))).toBeInstanceOf(ApiError);
    }
    for (const [values, message] of [
      [{ ipAddress: "10.0.0.1" }, /ipAddress/],
      [{ policy: "Lab" }, /policy/i],
      [{ debugLevel: 9 }, /from 0 to 8/],
      [{ ccLevel: 7 }, /ccLevel/],
      [{ computerTag: 5 }, /computerTag/],
      [{ hostname: "x" }, /hostname/],
    ] as const) {
      expect((await errorOf(() => computer.set(never(values)))).message).toMatch(message);
      expect(computer.isDirty()).toBe(false);
    }
    const refusals: [Parameters<Computer["set"]>[0], RegExp][] = [
      [{ name: "NEW\\NAME" }, /only templates/],
      [{ automaticPolicy: true, localApproval: true }, /exclude each other/],
      [{ localApproval: true, policyId: 5 }, /overlooks policyId/],
      [{ tamperProtectionActive: null as never }, /true or false/],
    ];
    for (const [values, message] of refusals) {
      const error = await errorOf(() => computer.set(values).save());
      expect(error).toBeInstanceOf(InvalidObjectError);
      expect(error.message).toMatch(message);
      computer.reset();
    }
    expect((await errorOf(() => done.set({ uploadStatus: 5 }).save())).message).toMatch(/no longer under way/);
    expect(asked()).toEqual([]);
  });
});

describe("what only the server can refuse", () => {
  useProtection({}, false);

  it.each<[string, () => unknown, RegExp]>([
    ["an unknown field in a condition", () => cb.select(Computer).where("hostname:x").all(), /no field hostname/],
    ["an unknown field to sort by", () => cb.select(Computer).sort("hostname").all(), /no field hostname/],
    [
      "a number that is none",
      () => cb.select(Computer).where("policyId:Lab").count(),
      /policyId takes numbers, not Lab/,
    ],
    ["a date that is none", () => cb.select(Event).where("timestamp>yesterday").first(), /timestamp takes dates/],
    ["bits of a text", () => cb.select(Computer).where("name+5").all(), /name has no bits/],
    ["what is no condition", () => cb.select(Computer).where("name").all(), /A condition is a field/],
    ["an unknown kind of objects", () => cb.object("gizmo").list(), /No route GET .*gizmo/],
  ])("is %s, in its own words", async (_, call, message) => {
    const error = await errorOf(call);
    expect(error).toBeInstanceOf(CbApiError);
    expect(error.message).toMatch(message);
    expect((error as ClientError).status).toBeGreaterThanOrEqual(400);
  });

  it("is an object that it does not have", async () => {
    for (const Model of [Computer, Policy, FileCatalog, FileRule, User, Connector, Event, ServerConfig]) {
      expect(await errorOf(() => cb.select(Model, 987_654))).toBeInstanceOf(ObjectNotFoundError);
    }
    expect(await errorOf(() => cb.select(FileRule, 987_654).delete())).toBeInstanceOf(ObjectNotFoundError);
    const uploads = cb.create(FileUpload, { fileCatalogId: 987_654 });
    expect((await errorOf(() => uploads.save())).message).toMatch(/987654/);
    expect(uploads.isDirty()).toBe(true);
  });
});

describe("what others have already", () => {
  useProtection();

  it("is a name: nothing is changed, and the change waits to be mended", async () => {
    const low = await other.select(Policy).where({ name: "Low Enforcement" }).one();
    const refused = await errorOf(() => cb.create(Policy, { name: "low enforcement" }).save());
    expect(refused).toBeInstanceOf(ClientError);
    expect(refused.message).toMatch(/There is a policy of the name/);
    const policy = await cb.select(Policy, 3);
    policy.set({ name: "Low Enforcement", description: "renamed" });
    expect(await errorOf(() => policy.save())).toBeInstanceOf(ClientError);
    expect([policy.isDirty(), (await other.select(Policy, 3)).description]).toEqual([true, ""]);
    policy.name = "Lower";
    await policy.save();
    expect((await other.select(Policy, 3, { refresh: true })).description).toBe("renamed");
    expect(await other.select(Policy).where({ name: "Low Enforcement" }).count()).toBe(1);
    expect(low.id).not.toBe(3);
    expect((await errorOf(() => cb.create(User, { name: "Admin" }).save())).message).toMatch(/There is a user/);
    expect((await errorOf(() => cb.create(UserGroup, { name: "power users" }).save())).message).toMatch(/userGroup/);
  });

  it("is a rule for the same file: it is changed, and no second one made; another one cannot become the same", async () => {
    const first = await cb.create(FileRule, { fileCatalogId: 9, fileState: 3, policyIds: [3], name: "first" }).save();
    const second = await cb.create(FileRule, { fileCatalogId: 9, fileState: 2, policyIds: [3], name: "second" }).save();
    expect(second.id).toBe(first.id);
    expect((await first.refresh()).name).toBe("second");
    const third = await cb.create(FileRule, { fileCatalogId: 9, fileState: 3, policyIds: [5] }).save();
    third.set({ policyIds: [3] });
    const error = await errorOf(() => third.save());
    expect(error).toBeInstanceOf(ClientError);
    expect(error.message).toContain(`Rule ${first.id} is for the same file and the same policies`);
    expect([third.isDirty(), (await other.select(FileRule, third.id ?? 0)).policyIds]).toEqual([true, "5"]);
  });

  it("is a connector of that name", async () => {
    const values = {
      ...{ name: "Lab", analysisName: "Lab", connectorVersion: "1" },
      ...{ canAnalyze: true, enabled: true, analysisEnabled: true },
    };
    const first = await cb.create(Connector, values).save();
    const again = await cb.create(Connector, { ...values, name: "LAB", connectorVersion: "2" }).save();
    expect([again.id, (await first.refresh()).connectorVersion]).toEqual([first.id, "2"]);
    again.name = "Detonation Lab";
    expect((await errorOf(() => again.save())).message).toMatch(/There is a connector of the name/);
    expect((await other.select(Connector, first.id ?? 0)).name).toBe("LAB");
  });
});

describe("what may not be touched", () => {
  useProtection({}, false);

  it.each<[string, () => PromiseLike<unknown>, () => PromiseLike<unknown>, number, RegExp]>([
    [
      "a policy with computers in it",
      () => cb.select(Policy, 3).delete(),
      ...([() => other.select(Policy, 3).name, 400, /still has 2 computers/] as const),
    ],
    [
      "a policy of the server's own",
      () => cb.select(Policy, 7).delete(),
      ...([() => other.select(Policy, 7).name, 403, /Policy 7 is read-only/] as const),
    ],
    [
      "a user of the server's own",
      () => cb.select(User, 1).delete(),
      ...([() => other.select(User, 1).name, 403, /User 1 cannot be deleted/] as const),
    ],
    [
      "a group of the server's own",
      () => cb.select(UserGroup, 1).delete(),
      ...([() => other.select(UserGroup, 1).name, 403, /cannot be deleted/] as const),
    ],
    [
      "a connector of the server's own",
      () => cb.select(Connector, 1).delete(),
      ...([() => other.select(Connector, 1).name, 403, /Connector 1 is internal/] as const),
    ],
  ])("%s stays", async (_, call, look, status, message) => {
    const error = await errorOf(call);
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ status });
    expect(error.message).toMatch(message);
    expect(await look()).toEqual(expect.any(String));
  });

  it("nor may it be changed, and the change can be taken back", async () => {
    const policy = await cb.select(Policy, 7);
    policy.description = "mine";
    expect(await errorOf(() => policy.save())).toMatchObject({ status: 403 });
    expect(policy.isDirty()).toBe(true);
    policy.reset();
    expect([policy.isDirty(), policy.description]).toEqual([false, ""]);
    const connector = await cb.select(Connector, 1);
    expect(await errorOf(() => connector.set({ enabled: false }).save())).toMatchObject({ status: 403 });
    expect((await other.select(Connector, 1)).enabled).toBe(true);
  });
});
