// What is approved on single computers: all that is new there for some minutes, and files one by one.
import {
  ApiError,
  type BulkReport,
  Computer,
  EnforcementLevel,
  FileInstance,
  type LocalApprovalProgress,
  LocalState,
  TimeoutError,
} from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, protectionClient, sandbox, useProtection, written } from "../support/given-protection.js";

const MINUTE = 60_000;
const states = (report: BulkReport<number>) => report.items().map(({ item, state }) => `${item} ${state}`);
/** What the server says of a computer, and what its agent does. */
const stateOf = async (id: number) => {
  const { localApproval, enforcementLevel } = await other.select(Computer, id, { refresh: true });
  return [localApproval, enforcementLevel];
};
const path = (id: number): string => `/api/bit9platform/v1/computer/${id}`;

useProtection();

describe("local approval of a computer for some minutes", () => {
  it("begins, approves what is new there, and ends, each with the agent", async () => {
    const computer = await cb.select(Computer, 2);
    asked();
    const before = sandbox.clock.now();
    const told: LocalApprovalProgress[] = [];
    await computer.approveLocally({
      minutes: 3,
      verify: true,
      onWait: async (progress) => {
        told.push(progress);
        if (told.length > 1) return;
        expect(await stateOf(2)).toEqual([true, EnforcementLevel.LocalApproval]);
        await sandbox.launch({ sensor: 1, path: "c:\\temp\\fresh.exe", cmdline: "fresh.exe" });
      },
    });
    const begun = 3 * MINUTE + before;
    expect(told.map(({ computerId, left }) => [computerId, left])).toEqual([
      [2, 3 * MINUTE],
      [2, 2 * MINUTE],
      [2, MINUTE],
    ]);
    expect(Number(told[0]?.until)).toBeGreaterThanOrEqual(begun);
    expect(written()).toEqual(["PUT computer/2", "PUT computer/2"]);
    expect(await stateOf(2)).toEqual([false, EnforcementLevel.Visibility]);
    expect([computer.localApproval, computer.enforcementLevel]).toEqual([false, EnforcementLevel.Visibility]);
    const fresh = await other.select(FileInstance).where({ fileName: "fresh.exe" }).one();
    expect([fresh.computerId, fresh.localState]).toEqual([2, LocalState.Approved]);
  });

  it("ends as soon as the caller gives up, and not with the request that is broken off", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const approval = cb.select(Computer, 2).approveLocally({
      minutes: 30,
      signal: stop.signal,
      onWait: ({ left }) => {
        if (left <= 28 * MINUTE) stop.abort(reason);
      },
    });
    expect(await errorOf(() => approval)).toBe(reason);
    expect((await stateOf(2))[0]).toBe(false);
    expect(written()).toEqual(["PUT computer/2", "PUT computer/2"]);
    // Nothing is begun for a caller who is gone, and so nothing ended.
    expect(await errorOf(() => cb.select(Computer, 2).approveLocally({ minutes: 1, signal: stop.signal }))).toBe(
      reason,
    );
    expect(written()).toEqual([]);
  });

  it("ends when the listener throws, and when the agent does not begin in time", async () => {
    const thrown = new Error("installer failed");
    const failing = () => {
      throw thrown;
    };
    expect(await errorOf(() => cb.select(Computer, 2).approveLocally({ minutes: 5, onWait: failing }))).toBe(thrown);
    expect((await stateOf(2))[0]).toBe(false);
    await sandbox.setOnline(1, false);
    const late = await errorOf(() =>
      cb.select(Computer, 2).approveLocally({ minutes: 5, verify: true, timeout: 20_000 }),
    );
    expect(late).toBeInstanceOf(TimeoutError);
    expect(late).toMatchObject({
      code: "NOT_SHOWN_YET",
      message: expect.stringContaining("not begun local approval yet"),
    });
    expect((await stateOf(2))[0]).toBe(false);
  });

  it("is ended also when nobody knows whether it began", async () => {
    sandbox.faults.add({ match: { method: "PUT", times: 1 }, do: { reset: true, carriedOut: true } });
    const error = await errorOf(() => cb.select(Computer, 2).approveLocally({ minutes: 5 }));
    expect(error.name).toBe("ConnectionError");
    expect(await stateOf(2)).toMatchObject([false, expect.anything()]);
    expect(written()).toEqual(["PUT computer/2", "PUT computer/2"]);
  });

  it("is ended at another try when the server is out of order, and what stays is said when it never is", async () => {
    const impatient = protectionClient({ maxRetries: 0 });
    const fail = (times?: number) => () => {
      const match = { path: path(2), ...(times === undefined ? {} : { times }) };
      sandbox.faults.add({ match, do: { status: 503 } });
    };
    await impatient.select(Computer, 2).approveLocally({ minutes: 1, onWait: fail(2) });
    expect((await stateOf(2))[0]).toBe(false);
    const error = await errorOf(() => impatient.select(Computer, 2).approveLocally({ minutes: 1, onWait: fail() }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: "STILL_LOCALLY_APPROVED", cause: { status: 503 } });
    expect(error.message).toMatch(/^Computer 2 may still be in local approval: it could not be switched off/);
    sandbox.faults.clear();
    expect((await stateOf(2))[0]).toBe(true);
    await impatient.select(Computer, 2).endLocalApproval({ verify: true });
    expect(await stateOf(2)).toEqual([false, EnforcementLevel.Visibility]);
    await impatient.close();
  });

  it("is not begun over that of somebody else, nor where Active Directory decides", async () => {
    await other.select(Computer, 2).approveLocally();
    asked();
    for (const dryRun of [true, false]) {
      const error = await errorOf(() => cb.select(Computer, 2).approveLocally({ minutes: 5, dryRun }));
      expect(error).toMatchObject({ code: "LOCAL_APPROVAL" });
    }
    expect((await stateOf(2))[0]).toBe(true);
    await other.select(Computer, 2).endLocalApproval();
    await other.object("computer").update(2, { automaticPolicy: true });
    asked();
    for (const minutes of [5, undefined]) {
      const error = await errorOf(() => cb.select(Computer, 2).approveLocally({ minutes }));
      expect(error).toMatchObject({ code: "AUTOMATIC_POLICY" });
    }
    expect(written()).toEqual([]);
  });

  it("shows both writes before, and takes no minutes that are none", async () => {
    const plan = await cb.select(Computer, 2).approveLocally({ minutes: 5, dryRun: true });
    expect(plan?.requests).toEqual([
      { method: "PUT", path: path(2), body: { id: 2, localApproval: true } },
      { method: "PUT", path: path(2), body: { id: 2, localApproval: false } },
    ]);
    for (const [options, message] of [
      [{ minutes: 0 }, "minutes is a number above 0"],
      [{ minutes: "5" }, "minutes is a number above 0"],
      [{ minute: 5 }, "Did you mean minutes?"],
      [{ onWait: () => {} }, "no minutes were named"],
    ] as const) {
      expect((await errorOf(() => cb.select(Computer, 2).approveLocally(options as never))).message).toContain(message);
    }
    expect(written()).toEqual([]);
  });
});

describe("local approval without an end", () => {
  it("is begun and ended for many", async () => {
    await other.object("computer").update(3, { automaticPolicy: true });
    await other.object("computer").update(5, { localApproval: true });
    asked();
    const begin = cb
      .select(Computer)
      .where({ id: [2, 3, 4, 5] })
      .approveLocally(true, { verify: true });
    expect(await begin.plan()).toMatchObject({
      items: [2, 4],
      unchanged: [5],
      refused: [{ items: [3], error: { code: "AUTOMATIC_POLICY" } }],
    });
    expect(states(await begin)).toEqual(["2 done", "3 refused", "4 done", "5 done"]);
    expect(written()).toEqual(["PUT computer/2", "PUT computer/4"]);
    expect([await stateOf(2), await stateOf(5)]).toEqual([
      [true, 35],
      [true, 35],
    ]);
    const end = await cb.select(Computer).where({ localApproval: true }).approveLocally(false, { verify: true });
    expect(states(end)).toEqual(["2 done", "4 done", "5 done"]);
    expect(await stateOf(5)).toEqual([false, 20]);
    expect(() => cb.select(Computer).approveLocally("no" as never)).toThrow("takes true or false");
  });

  it("of one is begun once", async () => {
    await cb.select(Computer, 2).approveLocally({ verify: true });
    asked();
    await cb.select(Computer, 2).approveLocally();
    expect(await cb.select(Computer, 2).approveLocally({ dryRun: true })).toBeUndefined();
    expect(written()).toEqual([]);
    expect(await cb.select(Computer, 2).endLocalApproval({ dryRun: true })).toMatchObject({
      changes: { localApproval: { from: true, to: false } },
    });
  });
});

describe("files", () => {
  const unapproved = (computerId: number) =>
    cb.select(FileInstance).where({ computerId, localState: LocalState.Unapproved });

  it("are approved as a whole, although each approval takes one out of the search", async () => {
    const query = unapproved(4);
    const total = await query.count();
    expect(total).toBeGreaterThan(5);
    asked();
    const approval = query.batchSize(3).approve({ verify: true });
    const plan = await approval.plan();
    expect([plan.total, plan.notes]).toEqual([total, []]);
    expect(plan.batches[0]).toMatchObject({ method: "POST", body: { id: plan.items[0], localState: 2 } });
    expect(written()).toEqual([]);
    const report = await approval;
    expect([report.complete, report.counts.done]).toEqual([true, total]);
    expect(written()).toEqual(Array.from({ length: total }, () => "POST fileInstance"));
    expect(await unapproved(4).count()).toBe(0);
    const [one] = plan.items;
    expect(await other.select(FileInstance, one as number).localState).toBe(LocalState.Approved);
  });

  it("are chosen by what belongs to them, on any server, and the others left alone", async () => {
    const onMany = async (file: FileInstance) => ((await file.fileCatalog)?.prevalence ?? 0) >= 3;
    const files = cb.select(FileInstance).where({ localState: LocalState.Unapproved }).include("fileCatalog");
    const prevalent: number[] = [];
    for (const file of await files.all()) if (await onMany(file)) prevalent.push(file.id);
    const approval = files.batchSize(4).approve({ only: onMany });
    expect((await approval.plan()).items).toEqual(prevalent);
    expect(prevalent.length).toBeGreaterThan(0);
    expect(prevalent.length).toBeLessThan(await files.count());
    expect((await approval).counts).toMatchObject({ done: prevalent.length });
    expect(() => files.approve({ only: true } as never)).toThrow("only is a function");
  });

  it("on computers that are offline are pending, with that reason", async () => {
    await sandbox.setOnline(3, false);
    const [away, here] = [await unapproved(4).count(), await unapproved(2).count()];
    const before = sandbox.clock.now();
    const report = await cb
      .select(FileInstance)
      .where({ computerId: [2, 4], localState: LocalState.Unapproved })
      .approve({ verify: true });
    expect(report.counts).toMatchObject({ done: here, pending: away });
    expect(report.reasons.map(({ error }) => error?.message)).toEqual([
      "its agent has not reported it as approved yet: its computer is offline, and does so when it is back",
    ]);
    expect(sandbox.clock.now() - before).toBeLessThan(MINUTE);
    await sandbox.setOnline(3, true);
    asked();
    expect((await report.retry()).complete).toBe(true);
    expect(written()).toEqual([]);
  });

  it("lose an approval that was asked for and not reported yet", async () => {
    const { id } = (await unapproved(2).first()) ?? {};
    const query = cb.select(FileInstance).where({ id: Number(id) });
    await query.approve();
    const withdrawal = query.unapprove({ verify: true });
    expect((await withdrawal.plan()).notes).toEqual([{ note: "reads as unapproved already", items: [id] }]);
    expect((await withdrawal).complete).toBe(true);
    await sandbox.clock.step(4);
    expect(await other.select(FileInstance, Number(id)).localState).toBe(LocalState.Unapproved);
  });

  it("are approved one by one, and waited for", async () => {
    const instance = await unapproved(2)
      .one()
      .then(undefined, () => unapproved(2).first());
    if (instance === undefined) throw new Error("there is no such file");
    asked();
    const plan = await instance.approve({ dryRun: true });
    expect(plan?.requests).toMatchObject([{ method: "POST", body: { id: instance.id, localState: 2 } }]);
    expect(written()).toEqual([]);
    expect(await instance.approve({ verify: true })).toBe(instance);
    expect(instance.localState).toBe(LocalState.Approved);
    expect(written()).toEqual(["POST fileInstance"]);
    await cb.select(FileInstance, instance.id).unapprove({ verify: true });
    expect(await other.select(FileInstance, instance.id).localState).toBe(LocalState.Unapproved);
    expect(await errorOf(() => instance.approve({ verifi: true } as never))).toMatchObject({ code: "UNKNOWN_OPTION" });
    expect(() => unapproved(2).approve({ dryRun: true } as never)).toThrow("unknown option dryRun");
  });
});
