// Approval requests: what is decided about each, the rule that goes with it, and what is left when one of them is refused.
import {
  ApprovalRequest,
  ApprovalResolution,
  ApprovalStatus,
  type BulkPlan,
  type BulkReport,
  type CbApiError,
  FileCatalog,
  FileRule,
  FileState,
  InvalidObjectError,
  Policy,
} from "cbapi/protection";
import { beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, protectionClient, sandbox, useProtection, written } from "../support/given-protection.js";

const { Approved, Rejected } = ApprovalResolution;
const { Submitted, Open, Closed, Escalated } = ApprovalStatus;
const APPROVE = { fileState: FileState.Approved, policies: "request" } as const;

const writesOf = ({ batches }: BulkPlan) =>
  batches.map(({ method, path, body }) => [method, path.split("/v1/")[1], body]);
const states = (report: BulkReport<number>) => report.items().map(({ item, state }) => `${item} ${state}`);
const rulesOf = async (fileCatalogId: number) => {
  const rules = await other.select(FileRule).where({ fileCatalogId }).sort("id").all();
  return rules.map(({ fileState, policyIds }) => [fileState, policyIds]);
};
/** How the server has a request. */
const requestOf = async (id: number) => {
  const { status, resolution, resolutionComments } = await other.select(ApprovalRequest, id, { refresh: true });
  return [status, resolution, resolutionComments];
};

/** A request for a file, as it comes in; 100 and on. */
async function request(id: number, own: object = {}): Promise<void> {
  const file = { fileCatalogId: 9001, installerFileCatalogId: 0, processFileCatalogId: 0, fileName: "tool.exe" };
  const place = { computerId: 1, computerName: "DOMAIN\\MYHOSTNAME", policyId: 6, pathName: "c:\\tools" };
  const state = { status: Submitted, resolution: 0, resolutionComments: "", requestType: 1, priority: 1 };
  await sandbox.put("protection_approvalRequest", { id, ...file, ...place, ...state, ...own });
}

/** Files that nothing decides about yet. */
async function files(): Promise<void> {
  await other.select(FileCatalog).count();
  for (const [id, own] of [
    [9001, {}],
    [9002, { sha256HashType: 6 }],
    [9003, {}],
  ] as const) {
    const [md5, sha1, sha256] = [32, 40, 64].map((digits) => String(id).padEnd(digits, "0a"));
    const known = {
      fileName: `file${id}.exe`,
      fileState: 1,
      effectiveState: "Unapproved",
      publisherId: 0,
      certificateId: 0,
    };
    await sandbox.put("protection_fileCatalog", {
      id,
      md5,
      sha1,
      sha256,
      sha256HashType: 5,
      ...known,
      ...own,
    } as never);
  }
}

const mine = () => cb.select(ApprovalRequest).where("id>99");

describe("requests", () => {
  useProtection();
  beforeEach(async () => {
    await files();
    asked();
  });

  it("are resolved by one decision, each with the rule for its file first", async () => {
    await request(101);
    await request(102, { fileCatalogId: 9003, policyId: 5, fileName: "other.exe" });
    const resolving = mine()
      .where({ status: Submitted })
      .batchSize(1)
      .resolve({ resolution: Approved, resolutionComments: "ok", rule: APPROVE });
    const plan = await resolving.plan();
    expect(writesOf(plan)).toEqual([
      [
        "POST",
        "fileRule",
        { fileCatalogId: 9001, fileState: 2, policyIds: "6", name: "tool.exe", description: "Approval request 101" },
      ],
      ["PUT", "approvalRequest/101", { id: 101, status: 3, resolution: 2, resolutionComments: "ok" }],
      [
        "POST",
        "fileRule",
        { fileCatalogId: 9003, fileState: 2, policyIds: "5", name: "other.exe", description: "Approval request 102" },
      ],
      ["PUT", "approvalRequest/102", { id: 102, status: 3, resolution: 2, resolutionComments: "ok" }],
    ]);
    expect(plan.batches.map(({ follows = false }) => follows)).toEqual([false, true, false, true]);
    expect(written()).toEqual([]);
    const report = await resolving;
    expect(states(report)).toEqual(["101 done", "102 done"]);
    expect(written()).toEqual(["POST fileRule", "PUT approvalRequest/101", "POST fileRule", "PUT approvalRequest/102"]);
    expect(await requestOf(101)).toEqual([Closed, Approved, "ok"]);
    expect([await rulesOf(9001), await rulesOf(9003)]).toEqual([[[2, "6"]], [[2, "5"]]]);
    expect(await mine().where({ status: Submitted }).count()).toBe(0);
    // Nothing is left to do, by this operation or by another.
    expect((await report.retry()).complete).toBe(true);
    const again = await mine().resolve({ resolution: Approved, resolutionComments: "ok", rule: APPROVE }).plan();
    expect([again.total, again.unchanged]).toEqual([0, [101, 102]]);
    expect(written()).toEqual([]);
  });

  it("are decided about one by one; those without a decision are left alone", async () => {
    await request(101, { requestorComments: "please" });
    await request(102, { fileCatalogId: 9002 });
    await request(103, { fileCatalogId: 9003 });
    const resolving = mine()
      .include("fileCatalog")
      .resolve(async ({ id, fileCatalog }) => {
        if (id === 101) return { resolution: Rejected, resolutionComments: "not here" };
        const file = await fileCatalog;
        if (file?.fileName !== "file9002.exe") return undefined;
        const rule = {
          fileState: FileState.Approved,
          policies: [3, cb.select(Policy, 6)],
          by: "hash",
          name: "x",
        } as const;
        return { resolution: ApprovalResolution.RuleChange, rule };
      });
    const plan = await resolving.plan();
    expect(plan.items).toEqual([101, 102]);
    // The SHA-256 is a fuzzy one, which other files share: the SHA-1 names this one.
    const hash = "9002".padEnd(40, "0a");
    expect(writesOf(plan)).toEqual([
      ["PUT", "approvalRequest/101", { id: 101, status: 3, resolution: 1, resolutionComments: "not here" }],
      ["POST", "fileRule", { hash, fileState: 2, policyIds: "3,6", name: "x", description: "Approval request 102" }],
      ["PUT", "approvalRequest/102", { id: 102, status: 3, resolution: 3 }],
    ]);
    expect(states(await resolving)).toEqual(["101 done", "102 done"]);
    expect(await requestOf(103)).toEqual([Submitted, 0, ""]);
    expect(await rulesOf(9002)).toEqual([[2, "3,6"]]);
  });

  it("share one rule for one file, and are resolved with it or not at all", async () => {
    for (const id of [101, 102, 103]) await request(id, { fileCatalogId: id === 103 ? 9003 : 9001 });
    const rule = { fileState: FileState.Approved, policies: "everywhere" } as const;
    const resolving = mine().resolve({ resolution: Approved, rule });
    const plan = await resolving.plan();
    expect(plan.batches.map(({ path, items }) => `${path.split("/v1/")[1]} for ${items.join()}`)).toEqual([
      "fileRule for 101",
      "approvalRequest/101 for 101",
      "approvalRequest/102 for 102",
      "fileRule for 103",
      "approvalRequest/103 for 103",
    ]);
    expect(plan.notes).toEqual([{ note: "its rule is made for request 101", items: [102] }]);
    sandbox.faults.add({
      match: { method: "POST", path: "/api/bit9platform/v1/fileRule", times: 1 },
      do: { status: 400 },
    });
    const report = await resolving;
    expect(states(report)).toEqual(["101 refused", "102 refused", "103 done"]);
    expect(report.failures.map(({ error }) => error?.message)).toEqual([
      expect.stringContaining("The request stays unresolved"),
      "The rule for its file was to be made for request 101, and was not: it stays unresolved",
    ]);
    expect([await requestOf(101), await requestOf(102)]).toEqual([
      [Submitted, 0, ""],
      [Submitted, 0, ""],
    ]);
    asked();
    expect((await report.retry()).complete).toBe(true);
    expect(written()).toEqual(["POST fileRule", "PUT approvalRequest/101", "PUT approvalRequest/102"]);
    expect(await rulesOf(9001)).toEqual([[2, ""]]);
  });

  it("whose rule was made and which then were refused say so, and get no second rule", async () => {
    await request(101);
    const path = "/api/bit9platform/v1/approvalRequest";
    sandbox.faults.add({ match: { method: "PUT", path, times: 1 }, do: { status: 400 } });
    const report = await mine().resolve({ resolution: Approved, rule: APPROVE });
    expect(states(report)).toEqual(["101 refused"]);
    expect(report.failures[0]?.error?.message).toContain("The write before it for the same item stood");
    asked();
    expect((await report.retry()).complete).toBe(true);
    expect(written()).toEqual(["PUT approvalRequest/101"]);
  });

  it("that cannot be resolved as they are wanted are named before anything is sent", async () => {
    await request(101, { fileCatalogId: 0 });
    await request(102, { policyId: 0 });
    await request(103, { status: Closed, resolution: Rejected });
    await request(104, { fileCatalogId: 4711 });
    const plan = await mine().resolve({ resolution: Approved, rule: APPROVE }).plan();
    expect(plan.total).toBe(0);
    expect(plan.refused.map(({ items, error }) => [items, (error as CbApiError).code, error?.message])).toEqual([
      [[101], "FILE_UNKNOWN", expect.stringContaining("the server does not know its file (fileCatalogId is 0)")],
      [[102], "FILE_UNKNOWN", expect.stringContaining("names no policy")],
      [[103], "ALREADY_RESOLVED", expect.stringContaining("it is closed as 1 (Rejected)")],
      [[104], "FILE_UNKNOWN", expect.stringContaining("the catalogue has no file 4711")],
    ]);
    // Without a rule, the file need not be known.
    const report = await mine().where({ id: 101 }).resolve({ resolution: Approved });
    expect(report.complete).toBe(true);
    expect(written()).toEqual(["PUT approvalRequest/101"]);
  });

  it("change what was decided before only when they are to overrule it", async () => {
    await request(101);
    await request(102, { fileCatalogId: 9003, status: Closed, resolution: Rejected, resolutionComments: "no" });
    const ban = await cb
      .create(FileRule, { fileCatalogId: 9001, fileState: FileState.Banned, policyIds: [6], name: "Ban" })
      .save();
    const decision = { resolution: Approved, rule: APPROVE } as const;
    const careful = await mine().resolve(decision).plan();
    expect(careful.refused.map(({ items, error }) => [items, (error as CbApiError).code])).toEqual([
      [[101], "RULED_OTHERWISE"],
      [[102], "ALREADY_RESOLVED"],
    ]);
    expect(careful.refused[0]?.error?.message).toBe(
      `rule ${ban.id} bans in policy 6, which is otherwise about its file; with overrule, it is changed`,
    );
    const resolving = mine().resolve({ ...decision, overrule: true });
    const plan = await resolving.plan();
    expect(writesOf(plan).slice(0, 2)).toEqual([
      ["PUT", `fileRule/${ban.id}`, { id: ban.id, fileState: 2 }],
      ["PUT", "approvalRequest/101", { id: 101, status: 3, resolution: 2 }],
    ]);
    expect(plan.notes.map(({ note }) => note)).toContain(`changes a rule: rule ${ban.id} bans in policy 6`);
    expect((await resolving).complete).toBe(true);
    expect([await rulesOf(9001), await rulesOf(9003)]).toEqual([[[2, "6"]], [[2, "6"]]]);
    expect(await requestOf(102)).toEqual([Closed, Approved, "no"]);
  });

  it("make no rule where one says so already, and tell of those for other policies", async () => {
    await request(101);
    for (const [fileState, policyIds] of [
      [FileState.Approved, [6]],
      [FileState.Banned, [3]],
    ] as const) {
      await cb.create(FileRule, { fileCatalogId: 9001, fileState, policyIds, name: "x" }).save();
    }
    const plan = await mine().resolve({ resolution: Approved, rule: APPROVE }).plan();
    expect(writesOf(plan).map(([, path]) => path)).toEqual(["approvalRequest/101"]);
    expect(plan.notes[0]?.note).toMatch(
      /rule \d+ approves in policy 6 already; of the same file, rule \d+ bans in policy 3/,
    );
  });

  it("do not contradict each other about one file, nor a decision itself", async () => {
    await request(101);
    await request(102);
    const plan = await mine()
      .resolve(({ id }) => ({
        resolution: id === 101 ? Approved : Rejected,
        rule: { fileState: id === 101 ? FileState.Approved : FileState.Banned, policies: "request" },
      }))
      .plan();
    expect(plan.refused).toMatchObject([{ items: [102], error: { code: "RULED_OTHERWISE" } }]);
    const wrong = [
      [{ resolution: 0 }, "resolution is one of 1 (Rejected), 2 (Approved)"],
      [
        { resolution: Approved, rule: { fileState: FileState.Banned, policies: "request" } },
        "and its rule bans the file",
      ],
      [{ resolution: Approved, rule: { fileState: 1, policies: "request" } }, "2 (Approved) or 3 (Banned)"],
      [{ resolution: Approved, rule: { fileState: 2 } }, "say where the rule is for"],
      [{ resolution: Approved, rule: { fileState: 2, policies: [] } }, "empty list"],
      [{ resolution: Approved, rule: { fileState: 2, policies: [0] } }, "0 is no id of a policy"],
      [
        { resolution: Approved, rule: { fileState: 2, policies: "request", by: "name" } },
        'by "fileCatalogId" or by "hash"',
      ],
      [{ resolution: Approved, comments: "x" }, "unknown option comments"],
      [{ resolution: Approved, resolutionComments: 5 }, "resolutionComments is a text"],
    ] as const;
    for (const [decision, message] of wrong) {
      expect(() => mine().resolve(decision as never), message).toThrow(message);
      const late = mine().resolve(() => decision as never);
      expect((await errorOf(() => late.plan())).message).toContain(message);
    }
    expect(written()).toEqual([]);
  });

  it.each(["id", "empty"])("are resolved by a server that answers writes with %s as well", async (answer) => {
    sandbox.behaviour.writeAnswers = answer;
    await request(101);
    await request(102, { fileCatalogId: 9003 });
    expect((await mine().where({ id: 101 }).resolve({ resolution: Approved, rule: APPROVE })).complete).toBe(true);
    const one = await cb.select(ApprovalRequest, 102);
    await one.resolve({ resolution: Approved, rule: APPROVE });
    expect([one.status, one.resolution, await requestOf(101)]).toEqual([Closed, Approved, [Closed, Approved, ""]]);
  });

  it("that the server accepts and leaves as they are are not done", async () => {
    await request(101);
    const body = { id: 101, status: Submitted, resolution: 0 };
    const path = "/api/bit9platform/v1/approvalRequest";
    sandbox.faults.add({ match: { method: "PUT", path }, do: { status: 200, body } });
    const report = await mine().resolve({ resolution: Approved });
    expect(report.failures).toMatchObject([{ item: 101, state: "refused", error: { code: "WRITE_NOT_APPLIED" } }]);
    expect(report.failures[0]?.error?.message).toContain("has status 1 and not 3, resolution 0 and not 2");
    expect(await errorOf(() => cb.select(ApprovalRequest, 101).resolve({ resolution: Approved }))).toMatchObject({
      code: "WRITE_NOT_APPLIED",
    });
  });

  it("that are escalated are opened before they are closed", async () => {
    await request(101, { status: Escalated });
    const report = await mine().resolve({ resolution: Approved });
    expect(report.complete).toBe(true);
    expect(written()).toEqual(["PUT approvalRequest/101", "PUT approvalRequest/101"]);
    expect(await requestOf(101)).toEqual([Closed, Approved, ""]);
  });

  it("are opened and escalated together", async () => {
    await request(101);
    await request(102, { status: Open });
    expect(await mine().open().plan()).toMatchObject({ items: [101], unchanged: [102] });
    expect((await mine().open()).complete).toBe(true);
    expect((await mine().escalate()).complete).toBe(true);
    expect([await requestOf(101), await requestOf(102)].map(([status]) => status)).toEqual([Escalated, Escalated]);
  });

  it("stay unresolved, all of them, where the token may make no rules", async () => {
    await request(101);
    await request(102, { fileCatalogId: 9003 });
    const rights = ["View approval requests", "Manage approval requests", "View files"];
    sandbox.tokens.add({ username: "helpdesk", token: "helpdesk-token-01234567", globalAdmin: false, rights });
    const helpdesk = protectionClient({ token: "helpdesk-token-01234567" });
    const report = await helpdesk
      .select(ApprovalRequest)
      .where("id>99")
      .resolve({ resolution: Approved, rule: APPROVE });
    expect(states(report)).toEqual(["101 refused", "102 unsent"]);
    expect(report.failures[0]?.error).toMatchObject({ code: "MISSING_PERMISSION" });
    expect(report.failures[0]?.error?.message).toMatch(/"Manage files".*The request stays unresolved/s);
    expect(await requestOf(101)).toEqual([Submitted, 0, ""]);
    await helpdesk.close();
  });
});

describe("one request", () => {
  useProtection();
  beforeEach(files);

  it("is resolved with its rule, and shows what would be sent before", async () => {
    await request(101);
    asked();
    const found = cb.select(ApprovalRequest, 101);
    const decision = { resolution: Approved, resolutionComments: "ok", rule: APPROVE } as const;
    const plan = await found.resolve(decision, { dryRun: true });
    expect(plan?.requests.map(({ method, path }) => `${method} ${path.split("/v1/")[1]}`)).toEqual([
      "POST fileRule",
      "PUT approvalRequest/101",
    ]);
    expect(plan?.changes).toEqual({
      status: { from: 1, to: 3 },
      resolution: { from: 0, to: 2 },
      resolutionComments: { from: "", to: "ok" },
    });
    expect(written()).toEqual([]);
    const loaded = await found;
    loaded.requestorEmail = "not@saved.example";
    expect(await loaded.resolve(decision)).toBe(loaded);
    expect(loaded).toMatchObject({ status: Closed, resolution: Approved, requestorEmail: "not@saved.example" });
    expect(loaded.isDirty()).toBe(true);
    expect(written()).toEqual(["POST fileRule", "PUT approvalRequest/101"]);
    await loaded.resolve(decision);
    expect(await loaded.resolve(decision, { dryRun: true })).toBeUndefined();
    expect(written()).toEqual([]);
    expect(await errorOf(() => loaded.resolve({ resolution: Rejected }))).toMatchObject({ code: "ALREADY_RESOLVED" });
    await loaded.resolve({ resolution: Rejected, overrule: true });
    expect(await requestOf(101)).toEqual([Closed, Rejected, "ok"]);
  });

  it("without a known file is refused a rule, and stays when its rule is refused", async () => {
    await request(101, { fileCatalogId: 0 });
    await request(102);
    const decision = { resolution: Approved, rule: APPROVE } as const;
    expect(await errorOf(() => cb.select(ApprovalRequest, 101).resolve(decision))).toMatchObject({
      code: "FILE_UNKNOWN",
      message: expect.stringContaining("ApprovalRequest 101 was not resolved: the server does not know its file"),
    });
    sandbox.faults.add({ match: { method: "POST", times: 1 }, do: { status: 400 } });
    const error = await errorOf(() => cb.select(ApprovalRequest, 102).resolve(decision));
    expect(error.message).toMatch(/The request stays unresolved$/);
    sandbox.faults.add({ match: { method: "PUT", times: 1 }, do: { status: 400 } });
    const second = await errorOf(() => cb.select(ApprovalRequest, 102).resolve(decision));
    expect(second.message).toMatch(/The rule for its file was made before, and stands$/);
    expect(await requestOf(102)).toEqual([Submitted, 0, ""]);
    expect(await rulesOf(9001)).toEqual([[2, "6"]]);
    await cb.select(ApprovalRequest, 102).resolve(decision);
    expect(await requestOf(102)).toEqual([Closed, Approved, ""]);
    expect(await rulesOf(9001)).toEqual([[2, "6"]]);
  });

  it("is opened and escalated with a comment, once, and saved without a call to connect()", async () => {
    await request(101);
    const found = await cb.select(ApprovalRequest, 101);
    await found.open({ resolutionComments: "looking" });
    expect(await requestOf(101)).toEqual([Open, 0, "looking"]);
    asked();
    await found.open();
    expect(asked()).toEqual(["approvalRequest/101"]);
    expect(await found.escalate({ dryRun: true })).toMatchObject({ changes: { status: { from: 2, to: 4 } } });
    await found.escalate();
    expect(found.status).toBe(Escalated);
    const fresh = protectionClient();
    await (await fresh.select(ApprovalRequest, 101)).set({ resolutionComments: "saved" }).save();
    expect(await requestOf(101)).toEqual([Escalated, 0, "saved"]);
    await fresh.close();
  });
});

describe("on a server before 8.0", () => {
  useProtection({ versions: { protection: "7.2.3.1100" } });
  beforeEach(files);

  it("requests are resolved, and are not escalated or opened again", async () => {
    await request(101);
    await request(102, { status: Open });
    await request(103, { status: Closed, resolution: Approved });
    asked();
    const rule = { fileState: FileState.Approved, policies: "everywhere" } as const;
    const report = await mine().resolve({ resolution: Approved, rule });
    expect(states(report)).toEqual(["101 done", "102 done", "103 done"]);
    expect(written()).toEqual(["POST fileRule", "PUT approvalRequest/101", "PUT approvalRequest/102"]);
    const opening = await mine().open().plan();
    expect(opening.refused).toMatchObject([{ items: [101, 102, 103] }]);
    expect(opening.refused[0]?.error?.message).toContain("one of status 3 stays as it is");
    for (const call of [
      () => cb.select(ApprovalRequest, 101).escalate(),
      () => cb.select(ApprovalRequest, 101).open(),
    ]) {
      expect(await errorOf(call)).toBeInstanceOf(InvalidObjectError);
    }
    expect(written()).toEqual([]);
  });
});
