// What only those may change who may "Change advanced options": tamper protection, diagnostics, templates.
import {
  addFlags,
  type BulkReport,
  CacheCheckLevel,
  CloneCleanupMode,
  Computer,
  DebugFlag,
  InvalidObjectError,
  TimeoutError,
} from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, sandbox, useProtection, written } from "../support/given-protection.js";

const states = (report: BulkReport<number>) => report.items().map(({ item, state }) => `${item} ${state}`);
const read = (id: number) => other.select(Computer, id, { refresh: true });

useProtection();

describe("tamper protection", () => {
  it("is switched off and on, and waited for until the agent has reported it", async () => {
    const computer = await cb.select(Computer, 2);
    asked();
    await computer.setTamperProtection(false, { verify: true });
    expect(computer.tamperProtectionActive).toBe(false);
    expect(written()).toEqual(["PUT computer/2?newTamperProtectionActive=false"]);
    // It reads as off, and may be about to be on: somebody has just asked for that.
    await other.select(Computer, 2).setTamperProtection(true);
    asked();
    await computer.setTamperProtection(false);
    expect(written()).toEqual(["PUT computer/2?newTamperProtectionActive=false"]);
    await sandbox.clock.step(4);
    expect((await read(2)).tamperProtectionActive).toBe(false);
    const plan = await computer.setTamperProtection(true, { dryRun: true });
    expect(plan?.requests).toMatchObject([{ method: "PUT", body: { id: 2 } }]);
    expect(plan?.requests[0]?.path).toMatch(/\/computer\/2\?newTamperProtectionActive=true$/);
    await sandbox.setOnline(1, false);
    const late = await errorOf(() => computer.setTamperProtection(true, { verify: true, timeout: 10_000 }));
    expect(late).toBeInstanceOf(TimeoutError);
    expect(late.message).toContain("its agent has not reported tamper protection as on yet: it is offline");
    expect(await errorOf(() => computer.setTamperProtection("on" as never))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("of many is verified in one look at all of them", async () => {
    await sandbox.setOnline(3, false);
    const change = cb
      .select(Computer)
      .where({ id: [1, 2, 4] })
      .setTamperProtection(false, { verify: true });
    const plan = await change.plan();
    expect(plan.batches.map(({ path }) => path.split("/v1/")[1])).toEqual(
      [1, 2, 4].map((id) => `computer/${id}?newTamperProtectionActive=false`),
    );
    const report = await change;
    expect(states(report)).toEqual(["1 done", "2 done", "4 pending"]);
    expect(asked().filter((request) => request.includes("q=id:"))).toContain("computer?limit=3&offset=0&q=id:1|2|4");
    await sandbox.setOnline(3, true);
    expect((await report.retry()).complete).toBe(true);
    expect([(await read(1)).tamperProtectionActive, (await read(4)).tamperProtectionActive]).toEqual([false, false]);
    const again = await cb.select(Computer).where({ id: 1 }).setTamperProtection(false).plan();
    expect(again).toMatchObject({ total: 1, notes: [{ note: "reads as off already", items: [1] }] });
  });
});

describe("diagnostics", () => {
  const values = { debugLevel: 5, debugFlags: addFlags(0, DebugFlag.HealthCheck), debugDuration: 60 };

  it("are asked for in the address, and waited for until the agent reports them", async () => {
    const computer = await cb.select(Computer, 2);
    asked();
    await computer.setDiagnostics(values, { verify: true });
    expect(computer).toMatchObject({ ...values, activeDebugLevel: 5, activeDebugFlags: DebugFlag.HealthCheck });
    expect(written()).toEqual(["PUT computer/2?changeDiagnostics=true"]);
    // To ask again begins them anew.
    await computer.setDiagnostics({ ccLevel: CacheCheckLevel.QuickVerification });
    await computer.setDiagnostics({ ccLevel: CacheCheckLevel.QuickVerification });
    expect(written()).toHaveLength(2);
    expect(await computer.setDiagnostics({ debugLevel: 0 }, { dryRun: true })).toMatchObject({
      changes: { debugLevel: { from: 5, to: 0 } },
    });
  });

  it("of many count as set once their agents report them", async () => {
    const report = await cb
      .select(Computer)
      .where({ id: [1, 2] })
      .setDiagnostics(values, { verify: true });
    expect(states(report)).toEqual(["1 done", "2 done"]);
    expect(await read(1)).toMatchObject({ activeDebugLevel: 5 });
  });

  it("that are none are refused", async () => {
    const query = () => cb.select(Computer).where({ id: 2 });
    expect(() => query().setDiagnostics({ debugLevl: 3 } as never)).toThrow("cannot set debugLevl: it sets debugLevel");
    expect(() => query().setDiagnostics({ template: true } as never)).toThrow("cannot set template");
    expect(() => query().setDiagnostics({ debugLevel: 9 })).toThrow("expected a whole number from 0 to 8, got 9");
    expect(() => query().setDiagnostics({})).toThrow("takes what is to be set");
    expect(() => query().setDiagnostics(undefined as never)).toThrow("takes values by their names");
    expect((await errorOf(() => cb.select(Computer, 2).setDiagnostics({ debugLevel: -1 }))).message).toContain(
      "got -1",
    );
    expect(written()).toEqual([]);
  });
});

describe("a template", () => {
  it("is made of a computer that is offline, with its name and its clones' clean-up, and unmade", async () => {
    const computer = await cb.select(Computer, 2);
    for (const dryRun of [true, false]) {
      const error = await errorOf(() => computer.becomeTemplate({}, { dryRun }));
      expect(error).toBeInstanceOf(InvalidObjectError);
      expect(error.message).toContain("only one that is offline and initialised can be made a template");
    }
    await sandbox.setOnline(1, false);
    asked();
    const settings = { name: "DOMAIN\\IMAGE", templateCloneCleanupMode: CloneCleanupMode.Offline } as const;
    const plan = await computer.becomeTemplate(settings, { dryRun: true });
    expect(plan?.changes).toMatchObject({ template: { from: false, to: true }, name: { to: "DOMAIN\\IMAGE" } });
    expect(written()).toEqual([]);
    await computer.becomeTemplate(settings, { verify: true });
    expect(computer).toMatchObject({ template: true, ...settings });
    expect(written()).toEqual(["PUT computer/2?changeTemplate=true"]);
    await computer.becomeTemplate(settings);
    expect(written()).toEqual([]);
    await sandbox.setOnline(1, true);
    await computer.becomeTemplate({ templateTrackModsOnly: true });
    await cb.select(Computer, 2).endTemplate({ verify: true });
    expect(await read(2)).toMatchObject({ template: false, templateTrackModsOnly: true });
    expect((await errorOf(() => computer.becomeTemplate({ template: false } as never))).message).toContain(
      "cannot set template",
    );
  });
});

describe("on a server before 8.0", () => {
  useProtection({ versions: { protection: "7.2.3.1100" } });

  it("diagnostics are verified as far as the server tells: agents report none", async () => {
    const report = await cb.select(Computer).where({ id: 2 }).setDiagnostics({ debugLevel: 3 }, { verify: true });
    expect(states(report)).toEqual(["2 done"]);
    await cb.select(Computer, 2).setDiagnostics({ kernelDebugLevel: 4 }, { verify: true });
    expect(await read(2)).toMatchObject({ debugLevel: 3, kernelDebugLevel: 4, activeDebugLevel: undefined });
  });
});
