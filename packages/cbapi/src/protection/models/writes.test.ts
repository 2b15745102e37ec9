import { describe, expect, it } from "vitest";
import { InvalidHashError, InvalidObjectError, ServerError } from "../../core/errors.js";
import { type ProtectionAnswer, protectionServer } from "../../test-support/protection-server.js";
import { TrustedUser } from "./approvals/trusted-user.js";
import { Computer } from "./computers/computer.js";
import { FileInstance } from "./files/file-instance.js";
import { FileRule } from "./files/file-rule.js";
import { FileUpload } from "./files/file-upload.js";
import { LocalState } from "./names.js";
import { Policy } from "./policies/policy.js";
import { UserGroup } from "./server/user-group.js";

const computer = { id: 7, name: "PC-7", description: "", computerTag: null, CLIPassword: "HUNTER2", policyId: 6 };

describe("saving a change", () => {
  it("sends the id and what was changed, and takes over the answer without reading again", async () => {
    const { cb, requests, writes } = await protectionServer({
      computer: [computer],
      "computer/7": ({ body }) => ({ ...computer, ...(body as object), clVersion: 8 }),
    });
    const found = await cb.select(Computer).where("name:PC-7").one();
    await found.set({ description: "Lab", computerTag: "x" }).save();
    expect(writes).toEqual([
      { method: "PUT", path: "computer/7", body: { id: 7, description: "Lab", computerTag: "x" } },
    ]);
    expect([found.description, found.clVersion, found.isDirty()]).toEqual(["Lab", 8, false]);
    await found.save();
    expect(requests.length).toBe(2);
  });

  it.each<[string, ProtectionAnswer, string[]]>([
    ["the whole object", { ...computer, description: "Lab" }, []],
    ["its id", { id: 7 }, ["computer/7"]],
    ["a word of success", { result: "success" }, ["computer/7"]],
    ["nothing", { status: 204, text: "" }, ["computer/7"]],
    ["the object without its empty fields", { id: 7, name: "PC-7" }, ["computer/7"]],
  ])("is done when the answer is %s", async (_, answer, reads) => {
    let description = "";
    const { cb, requests } = await protectionServer({
      "computer/7": ({ method }) => {
        if (method === "GET") return { ...computer, description };
        description = "Lab";
        return answer;
      },
    });
    const found = await cb.select(Computer, 7);
    requests.length = 0;
    await found.set({ description: "Lab" }).save();
    expect(requests).toEqual(["PUT computer/7", ...reads]);
    expect([found.description, found.policyId, found.isDirty()]).toEqual(["Lab", 6, false]);
  });

  it("fails when the answer says that it was refused, whatever its status", async () => {
    const { cb } = await protectionServer({
      "computer/7": ({ method }) => (method === "GET" ? computer : { result: "Policy is gone" }),
    });
    const found = await cb.select(Computer, 7);
    const failure = await found
      .set({ policyId: 9 })
      .save()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServerError);
    expect(failure).toMatchObject({ code: "REFUSED", serverMessage: "Policy is gone" });
    expect([found.policyId, found.isDirty()]).toEqual([9, true]);
  });

  it("of a file on a computer is posted with its id, and shows what the agent has reported so far", async () => {
    const instance = { id: 33, computerId: 7, localState: 1, detailedLocalState: 14 };
    const { cb, writes } = await protectionServer({ fileInstance: instance, "fileInstance/33": instance });
    const found = await cb.select(FileInstance, 33);
    await found.set({ localState: LocalState.Approved }).save();
    expect(writes).toEqual([{ method: "POST", path: "fileInstance", body: { id: 33, localState: 2 } }]);
    expect([found.localState, found.isDirty()]).toEqual([1, false]);
  });

  it("does not ask for fields that the server left empty, but refuses to clear one that is needed", async () => {
    const { cb, writes } = await protectionServer({
      "trustedUser/3": ({ body }) => ({ id: 3, name: "Ops", description: null, ...(body as object) }),
    });
    const user = await cb.select(TrustedUser, 3);
    await user.set({ name: "Operations" }).save();
    expect(writes).toEqual([{ method: "PUT", path: "trustedUser/3", body: { id: 3, name: "Operations" } }]);
    await expect(user.set({ userSid: "S-1-5", name: null }).save()).rejects.toThrow("Missing fields: [name]");
  });
});

describe("creating", () => {
  it("sends what was given, and a second save what was changed since", async () => {
    const { cb, requests, writes } = await protectionServer({
      policy: ({ body }) => ({ ...(body as object), id: 9 }),
      "policy/9": ({ method, body }) => (method === "DELETE" ? { status: 204, text: "" } : (body as object)),
    });
    const policy = cb.create(Policy, { name: "Lab", enforcementLevel: 30 });
    await policy.save();
    policy.enforcementLevel = 20;
    await policy.save();
    await policy.delete();
    expect(writes).toEqual([
      { method: "POST", path: "policy", body: { name: "Lab", enforcementLevel: 30 } },
      { method: "PUT", path: "policy/9", body: { id: 9, enforcementLevel: 20 } },
      { method: "DELETE", path: "policy/9", body: undefined },
    ]);
    // The answer to the update named what was sent and the id: nothing had to be read.
    expect(requests.length).toBe(3);
  });

  it("wants what the server needs", async () => {
    const { cb, requests } = await protectionServer({});
    await expect(cb.create(Policy).save()).rejects.toThrow("Missing fields: [name]");
    await expect(cb.create(FileUpload, { computerId: 0 }).save()).rejects.toThrow("Missing fields: [fileCatalogId]");
    await expect(cb.create(TrustedUser, { name: "Ops" }).save()).rejects.toThrow("[userSid, description, platformId]");
    expect(requests).toEqual([]);
  });

  it("of what only newer servers have asks for the version first", async () => {
    const { cb, requests } = await protectionServer({}, { version: "7.2.3.1100" });
    await expect(cb.create(UserGroup, { name: "Analysts" }).save()).rejects.toMatchObject({ code: "SERVER_TOO_OLD" });
    expect(requests).toEqual(["serverConfig?limit=0"]);
  });
});

describe("a value", () => {
  it.each([
    [Policy, { enforcementLevel: 35 }, "Policy.enforcementLevel: expected one of 20 (High), 30 (Medium)"],
    [FileRule, { fileState: 4 }, "FileRule.fileState: expected one of 1 (Unapproved), 2 (Approved), 3 (Banned), got"],
    [FileUpload, { priority: 3 }, "expected a whole number from -2 to 2, got 3"],
    [FileUpload, { priority: -3 }, "expected a whole number from -2 to 2, got -3"],
    [FileUpload, { uploadStatus: 3 }, "expected one of 5 (Cancelled), 6 (Deleted)"],
    [FileRule, { policyIds: "3;5" }, 'expected ids with commas between them, as "3,5"'],
    [FileRule, { policyIds: [] }, 'expected the ids of policies, or "0" for all policies'],
    [FileRule, { reportOnly: "false" }, 'expected true or false, got string: "false"'],
  ] as const)("that the server would refuse is refused: %o %j", async (model, values, message) => {
    const { cb, requests } = await protectionServer({});
    const refused = () => cb.create(model as typeof FileRule, values as never);
    expect(refused).toThrow(InvalidObjectError);
    expect(refused).toThrow(message);
    expect(requests).toEqual([]);
  });

  it("of a hash has the digits of one", async () => {
    const { cb } = await protectionServer({});
    for (const length of [32, 40, 64]) cb.create(FileRule, { hash: "aB".repeat(length / 2) });
    for (const hash of ["a".repeat(33), "g".repeat(32), "notepad.exe"]) {
      expect(() => cb.create(FileRule, { hash })).toThrow(InvalidHashError);
    }
  });

  it("of several ids may be a list, which goes out as the text that the server takes", async () => {
    const { cb } = await protectionServer({});
    const rule = cb.create(FileRule, { policyIds: [3, 5] });
    expect(rule.policyIds).toBe("3,5");
    rule.policyIds = "7, 8";
    expect(rule.toJSON()).toEqual({ policyIds: "7,8" });
    expect(rule.set({ policyIds: [0] }).policyIds).toBe("0");
    expect(cb.create(UserGroup, { name: "All", policyIds: [] }).policyIds).toBe("");
  });

  it("that only a newer server knows is read as it is", async () => {
    const { cb } = await protectionServer({ "policy/6": { id: 6, enforcementLevel: 99 } });
    expect((await cb.select(Policy, 6)).enforcementLevel).toBe(99);
  });
});
