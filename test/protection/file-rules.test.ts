// Bans and approvals of files: one rule for each file and its policies, whoever asks, however often.
import { inspect } from "node:util";
import {
  type BulkPlan,
  FileCatalog,
  FileRule,
  FileState,
  InvalidHashError,
  Policy,
  type ServerError,
  TimeoutError,
} from "cbapi/protection";
import { beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, sandbox, useProtection, written } from "../support/given-protection.js";

const UNSEEN = "0123456789abcdef".repeat(4);

/** Files without rules, which nothing else decides about. */
async function plain(count = 1): Promise<FileCatalog[]> {
  const files: FileCatalog[] = [];
  // The organisation's own files are there before others are put beside them.
  await other.select(FileCatalog).count();
  for (let n = 1; n <= count; n++) {
    const [md5 = "", sha1 = "", sha256 = ""] = [32, 40, 64].map((digits) => `f${n}`.padEnd(digits, "0a"));
    const states = { fileState: 1, publisherState: 0, certificateState: 0, effectiveState: "Unapproved" };
    const file = { id: 9000 + n, fileName: `plain${n}.exe`, md5, sha1, sha256, ...states };
    await sandbox.put("protection_fileCatalog", file);
    files.push(await other.select(FileCatalog, file.id));
  }
  asked();
  return files;
}

const rulesOf = (file: FileCatalog) => other.select(FileRule).where(`fileCatalogId:${file.id}`).sort("id").all();
const stateOf = async (file: FileCatalog) => {
  const { effectiveState, fileState } = await other.select(FileCatalog, file.id, { refresh: true });
  return [effectiveState, fileState];
};
const plans = ({ batches }: BulkPlan) => batches.map(({ method, body }) => [method, body]);

describe.each(["8.1.4.134", "7.2.3.1100"])("on a server %s", (version) => {
  useProtection({ versions: { protection: version } });
  const has8 = version.startsWith("8");

  it.each(["md5", "sha1", "sha256"] as const)("a file is banned by its %s, once", async (field) => {
    const [file] = (await plain()) as [FileCatalog];
    const hash = String(file[field]);
    const plan = await FileRule.ban(cb, hash, { name: "Incident", dryRun: true });
    expect(written()).toEqual([]);
    expect(plan?.requests).toEqual([
      {
        ...{ method: "POST", path: "/api/bit9platform/v1/fileRule" },
        body: { hash, fileState: 3, policyIds: "0", name: "Incident" },
      },
    ]);
    const made = await FileRule.ban(cb, hash.toUpperCase(), { name: "Incident", verify: true });
    expect(made).toMatchObject({ outcome: "created", others: [] });
    expect(made.rule).toMatchObject({ fileState: FileState.Banned, fileCatalogId: file.id, name: "Incident" });
    expect(written()).toEqual(["POST fileRule"]);
    expect(await stateOf(file)).toEqual(["Banned", 3]);
    expect((await rulesOf(file)).map(({ id, policyIds }) => [id, policyIds])).toEqual([
      [made.rule.id, has8 ? "" : "0"],
    ]);
    // By whichever of its hashes, by its entry, or by its policy: it is banned.
    for (const again of [file.md5, file.sha1, file.sha256, file]) {
      const held = await FileRule.ban(cb, again as string, { name: "Another", verify: true });
      expect(held).toMatchObject({ outcome: "held", others: [], rule: { id: made.rule.id, name: "Incident" } });
      expect(await FileRule.ban(cb, again as string, { dryRun: true })).toBeUndefined();
    }
    expect(written()).toEqual([]);
  });

  it("a rule for the same policies is changed, and one for others is left alone and named", async () => {
    const [file] = (await plain()) as [FileCatalog];
    const [three, five] = [await other.select(Policy, 3), await other.select(Policy, 5)];
    const some = await FileRule.approve(cb, file.sha256 ?? "", {
      policies: [five, three.id ?? 0],
      description: "release",
    });
    expect(some.rule.policyIds).toBe("3,5");
    const all = await file.ban();
    expect(all).toMatchObject({ outcome: "created", others: [{ id: some.rule.id }] });
    written();
    const plan = await FileRule.ban(cb, file.md5 ?? "", { policies: [3, 5, 3], dryRun: true });
    expect(plan?.changes).toEqual({ fileState: { from: 2, to: 3 } });
    const changed = await cb.select(FileCatalog, file.id).ban({ policies: [five, 3], name: "Turned" });
    expect(changed).toMatchObject({ outcome: "changed", rule: { id: some.rule.id, name: "Turned", fileState: 3 } });
    expect(changed.others.map(({ id }) => id)).toEqual([all.rule.id]);
    expect(written()).toEqual([`PUT fileRule/${some.rule.id}`]);
    expect((await rulesOf(file)).map(({ id, policyIds, description }) => [id, policyIds, description])).toEqual([
      [some.rule.id, "3,5", "release"],
      [all.rule.id, has8 ? "" : "0", ""],
    ]);
  });

  it("bans that only report, flags of installers, and what takes them back", async () => {
    const [file] = (await plain()) as [FileCatalog];
    const hash = file.md5 ?? "";
    const report = await FileRule.ban(cb, hash, { reportOnly: true, verify: true });
    expect(report.rule).toMatchObject({ fileState: FileState.Unapproved, reportOnly: true });
    expect((await FileRule.ban(cb, hash, { reportOnly: true })).outcome).toBe("held");
    const ban = await FileRule.ban(cb, hash);
    expect(ban).toMatchObject({ outcome: "changed", rule: { id: report.rule.id, fileState: 3, reportOnly: false } });
    const installer = await FileRule.approve(cb, hash, { forceInstaller: true });
    expect(installer.rule).toMatchObject({ fileState: 2, forceInstaller: true, forceNotInstaller: false });
    expect((await FileRule.approve(cb, hash)).outcome).toBe("held");
    const none = await FileRule.approve(cb, hash, { forceNotInstaller: true });
    expect(none.rule).toMatchObject({ forceInstaller: false, forceNotInstaller: true });
    expect((await FileRule.ban(cb, hash, { reportOnly: true })).rule).toMatchObject({ fileState: 1, reportOnly: true });
    const both = { forceInstaller: true, forceNotInstaller: true };
    await expect(FileRule.approve(cb, hash, both)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await rulesOf(file)).toHaveLength(1);
  });

  it("lazy approvals are for servers from 8.0 on", async () => {
    const [file] = (await plain()) as [FileCatalog];
    const hash = file.sha256 ?? "";
    if (!has8) {
      const error = await errorOf(() => FileRule.approve(cb, hash, { lazyApproval: true }));
      expect(error).toMatchObject({ code: "SERVER_TOO_OLD", message: expect.stringContaining("7.2.3.1100") });
      await expect(FileRule.approveAll(cb, [hash], { lazyApproval: true }).plan()).rejects.toThrow("lazyApproval");
      expect(written()).toEqual([]);
      return;
    }
    const lazy = await FileRule.approve(cb, hash, { lazyApproval: true });
    expect(lazy.rule.lazyApproval).toBe(true);
    expect((await FileRule.approve(cb, hash)).outcome).toBe("held");
    // Agents have been told: the server says no longer that they are to be told late.
    await sandbox.clock.step(2);
    expect((await rulesOf(file))[0]?.lazyApproval).toBe(false);
    expect((await FileRule.approve(cb, hash, { lazyApproval: true })).outcome).toBe("held");
    // A ban is never lazy.
    await FileRule.clear(cb, hash);
    await FileRule.approve(cb, hash, { lazyApproval: true });
    expect((await FileRule.ban(cb, hash)).rule).toMatchObject({ fileState: 3, lazyApproval: false });
  });

  it("a file that nobody has seen is banned by its hash, once", async () => {
    const made = await FileRule.ban(cb, UNSEEN, { verify: true });
    expect(made.rule).toMatchObject({ hash: UNSEEN, fileCatalogId: 0, fileState: 3 });
    expect((await FileRule.ban(cb, UNSEEN)).outcome).toBe("held");
    expect((await FileRule.approve(cb, UNSEEN)).rule).toMatchObject({ id: made.rule.id, fileState: 2 });
    expect((await FileRule.rulesFor(cb, UNSEEN)).map(({ id }) => id)).toEqual([made.rule.id]);
  });

  it("rules that came to be for the same file are all changed", async () => {
    const [file] = (await plain()) as [FileCatalog];
    const rule = { fileCatalogId: file.id, fileState: 2, policyIds: has8 ? "" : "0", name: "old" };
    await sandbox.put("protection_fileRule", { id: 801, ...rule });
    await sandbox.put("protection_fileRule", { id: 802, ...rule, fileCatalogId: 0, hash: file.md5 ?? "" });
    expect((await file.approve()).outcome).toBe("held");
    const plan = await file.ban({ dryRun: true });
    expect(plan?.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "PUT /api/bit9platform/v1/fileRule/801",
      "PUT /api/bit9platform/v1/fileRule/802",
    ]);
    const refuse = { status: 400, body: { Message: "not now" } };
    sandbox.faults.add({ match: { pattern: "fileRule/802$", method: "PUT" }, do: refuse });
    const error = await errorOf(() => FileRule.ban(cb, file.sha256 ?? ""));
    expect(error.message).toContain("not now. Changed before it: rule 801 bans everywhere");
    sandbox.faults.clear();
    const done = await FileRule.ban(cb, file.sha256 ?? "");
    expect(done).toMatchObject({ outcome: "changed", rule: { id: 801, fileState: 3 } });
  });

  it.each(["object", "id", "empty"])("it does not matter what writes are answered with: %s", async (writeAnswers) => {
    const [file] = (await plain()) as [FileCatalog];
    sandbox.behaviour.writeAnswers = writeAnswers;
    try {
      const made = await FileRule.ban(cb, file.sha256 ?? "", { policies: 3 });
      expect(made).toMatchObject({ outcome: "created", rule: { fileState: 3, policyIds: "3" } });
      const turned = await FileRule.approve(cb, file.sha256 ?? "", { policies: 3 });
      expect(turned).toMatchObject({ outcome: "changed", rule: { id: made.rule.id, fileState: 2 } });
      const unseen = await FileRule.ban(cb, UNSEEN);
      expect(unseen.rule.hash).toBe(UNSEEN);
      const report = await FileRule.banAll(cb, [UNSEEN, file.sha256 ?? ""], { policies: [3] });
      expect(report.counts).toEqual({ done: 2, pending: 0, refused: 0, unknown: 0, unsent: 0 });
    } finally {
      sandbox.behaviour.writeAnswers = "object";
    }
  });

  it("rules are removed, all or those for some policies, and shown", async () => {
    const [file] = (await plain()) as [FileCatalog];
    const hash = file.sha1 ?? "";
    expect(await FileRule.clear(cb, hash)).toEqual({ removed: [], others: [] });
    expect(await FileRule.clear(cb, hash, { dryRun: true })).toBeUndefined();
    const everywhere = await FileRule.ban(cb, hash);
    const some = await FileRule.approve(cb, hash, { policies: [3, 4] });
    const more = await FileRule.approve(cb, hash, { policies: 5 });
    written();
    const cleared = await FileRule.clear(cb, file.md5 ?? "", { policies: [4, 3] });
    expect(cleared.removed.map(({ id }) => id)).toEqual([some.rule.id]);
    expect(cleared.others.map(({ id }) => id)).toEqual([everywhere.rule.id, more.rule.id]);
    const plan = await file.clearRules({ policies: "everywhere", dryRun: true });
    expect(plan?.requests.map(({ path }) => path.split("/").at(-1))).toEqual([String(everywhere.rule.id)]);
    const rest = await file.clearRules();
    expect(rest.removed.map(({ id }) => id)).toEqual([everywhere.rule.id, more.rule.id]);
    expect(written()).toEqual([some, everywhere, more].map(({ rule }) => `DELETE fileRule/${rule.id}`));
    expect(await stateOf(file)).toEqual(["Unapproved", 1]);
  });

  it("many hashes are planned together, and each has an outcome", async () => {
    const [held, turned, fresh, twice, kept] = (await plain(5)) as [FileCatalog, ...FileCatalog[]];
    const [a, b, c, d, e] = [held, turned, fresh, twice, kept] as Required<FileCatalog>[] as never as Record<
      "md5" | "sha1" | "sha256",
      string
    >[];
    await FileRule.ban(other, a?.md5 ?? "");
    const approved = await FileRule.approve(other, b?.md5 ?? "");
    await FileRule.approve(other, e?.md5 ?? "", { policies: 4 });
    asked();
    const hashes = [
      a?.sha256,
      b?.sha1,
      c?.md5,
      d?.md5,
      d?.sha256?.toUpperCase(),
      e?.sha256,
      UNSEEN,
      a?.sha256,
    ] as string[];
    const ban = FileRule.banAll(cb, hashes, { name: "IOCs", verify: true });
    const plan = await ban.plan();
    expect(asked().length).toBeLessThan(8);
    expect(plan.unchanged).toEqual([a?.sha256]);
    const made = (hash: unknown) => ["POST", { hash, fileState: 3, policyIds: "0", name: "IOCs" }];
    expect(plans(plan)).toEqual([
      ["PUT", { id: approved.rule.id, fileState: 3, name: "IOCs" }],
      ...[c?.md5, d?.md5, d?.sha256, e?.sha256, UNSEEN].map(made),
    ]);
    expect(plan.notes).toEqual([
      { note: expect.stringContaining("hashes of one file"), items: [d?.md5, d?.sha256] },
      { note: expect.stringMatching(/^left alone: rule \d+ approves in policy 4$/), items: [e?.sha256] },
    ]);
    const report = (await ban).throwIfIncomplete();
    expect(report.items()?.map(({ state }) => state)).toEqual(Array.from({ length: 7 }, () => "done"));
    expect(inspect(report)).toContain("ban of 7 hashes");
    // Five writes of six: the second hash of one file needs none.
    expect(written()).toEqual([`PUT fileRule/${approved.rule.id}`, ...Array(4).fill("POST fileRule")]);
    for (const file of [held, turned, fresh, twice] as FileCatalog[])
      expect(await stateOf(file)).toEqual(["Banned", 3]);
    expect((await FileRule.banAll(cb, hashes).plan()).batches).toEqual([]);
    const cleared = FileRule.clearAll(cb, hashes);
    expect((await cleared.plan()).notes.length).toBeGreaterThan(6);
    expect((await cleared).complete).toBe(true);
    for (const file of [held, turned, fresh, twice, kept] as FileCatalog[]) expect(await rulesOf(file)).toEqual([]);
    expect(await FileRule.rulesFor(other, UNSEEN)).toEqual([]);
  });

  it("of many, what the server refuses is refused, and what is lost on the way is tried again and not doubled", async () => {
    const files = await plain(4);
    const hashes = files.map(({ md5 }) => md5 ?? "");
    const lost = { reset: true, carriedOut: true } as const;
    sandbox.faults.add({ match: { pattern: "fileRule$", method: "POST", times: 1 }, do: lost });
    const report = await FileRule.approveAll(cb, hashes, { policies: 3 });
    expect(report.counts).toMatchObject({ done: 3, unknown: 1 });
    written();
    const again = await report.retry();
    expect([again.complete, written()]).toEqual([true, []]);
    const refused = await FileRule.banAll(cb, hashes, { policies: [3, 777] });
    expect(refused.counts).toMatchObject({ refused: 4 });
    expect(refused.reasons[0]?.error?.message).toContain("777");
  });

  it("what is no hash, or no policy, is refused before anything is sent", async () => {
    for (const text of ["", "abc", "z".repeat(32), `${"a".repeat(32)} `, undefined as never]) {
      await expect(FileRule.ban(cb, text)).rejects.toThrow(InvalidHashError);
      await expect(FileRule.approve(cb, text)).rejects.toThrow("MD5");
      await expect(FileRule.clear(cb, text)).rejects.toThrow(InvalidHashError);
    }
    expect(() => FileRule.banAll(cb, [UNSEEN, "junk"])).toThrow(/"junk" cannot be a hash/);
    for (const policies of [[], 0, [-1], [3, 1.5]]) {
      await expect(FileRule.ban(cb, UNSEEN, { policies })).rejects.toMatchObject({
        name: expect.stringMatching(/^(CbApiError|InvalidObjectError)$/),
      });
    }
    expect(asked()).toEqual([]);
    const unknown = await errorOf(() => FileRule.ban(cb, UNSEEN, { policies: 777 }));
    expect(unknown.message).toContain("there is no policy 777");
  });

  it("calls at the same time make one rule", async () => {
    const [file] = (await plain()) as [FileCatalog];
    const calls = Array.from({ length: 5 }, () => FileRule.ban(cb, file.sha256 ?? ""));
    const outcomes = (await Promise.all(calls)).map(({ outcome }) => outcome);
    expect(outcomes.sort()).toEqual(["created", "held", "held", "held", "held"]);
    expect(written()).toEqual(["POST fileRule"]);
  });
});

describe("a server that does not do as it says", () => {
  useProtection();
  beforeEach(() => void asked());

  it("has not banned what it answers for", async () => {
    const [file] = (await plain()) as [FileCatalog];
    const answer = { id: 77, fileCatalogId: file.id, fileState: 1, policyIds: "", hash: "" };
    sandbox.faults.add({ match: { pattern: "fileRule$", method: "POST" }, do: { status: 201, body: answer } });
    const error = (await errorOf(() => FileRule.ban(cb, file.sha256 ?? ""))) as ServerError;
    expect(error).toMatchObject({ code: "WRITE_NOT_APPLIED" });
    expect(error.message).toContain("does not hold afterwards: rule 77 neither bans nor approves everywhere");
    const report = await FileRule.banAll(cb, [file.sha256 ?? ""]);
    expect(report.counts).toMatchObject({ refused: 1 });
  });

  it("is waited for until its catalogue shows the rule, and no longer than that", async () => {
    const [file] = (await plain()) as [FileCatalog];
    const stale = { ...file.toJSON(), effectiveState: "Unapproved" };
    sandbox.faults.add({ match: { pattern: `fileCatalog.*q=id%3A${file.id}\\b` }, do: { status: 200, body: [stale] } });
    const error = await errorOf(() => FileRule.ban(cb, file.sha256 ?? "", { verify: true, timeout: 9000 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "NOT_SHOWN_YET" });
    expect(error.message).toContain("its effectiveState is Unapproved");
    const report = await FileRule.banAll(cb, [file.sha256 ?? ""], { verify: true, timeout: 4000 });
    expect(report.counts).toMatchObject({ pending: 1 });
    sandbox.faults.clear();
    expect((await report.retry()).complete).toBe(true);
    expect(written()).toEqual(["POST fileRule"]);
  });
});
