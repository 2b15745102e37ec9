import { describe, expect, it } from "vitest";
import { startSmall, where } from "../samples.js";

describe("a computer", () => {
  it("has its new policy at once, and enforces it from its next check-in", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    const before = (await ask("GET", "computer/2")).body;
    const target = before.policyId === 3 ? 4 : 3;
    const { enforcementLevel } = (await ask("GET", `policy/${target}`)).body;
    const moved = (await ask("PUT", "computer/2", { policyId: target })).body;
    expect(moved).toMatchObject({ policyId: target, previousPolicyId: before.policyId });
    expect([moved.enforcementLevel, moved.policyStatusDetails]).toEqual([
      before.enforcementLevel,
      "Policy change pending",
    ]);
    await sandbox.clock.step(2);
    expect((await ask("GET", "computer/2")).body).toMatchObject({
      enforcementLevel,
      policyStatusDetails: "Up to date",
    });
    const [event] = (await ask("GET", where("event", ["subtype:406", "computerId:2"], { sort: "id desc" }))).body;
    expect(event).toMatchObject({ userName: "admin", policyId: target });
  });

  it("that is switched off learns it when it is back", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    const { cbSensorId } = (await ask("GET", "computer/2")).body;
    await sandbox.setOnline(cbSensorId, false);
    const level = async (): Promise<number> => (await ask("GET", "computer/2")).body.enforcementLevel;
    const before = await level();
    await ask("PUT", "computer/2", { policyId: before === 20 ? 4 : 3 });
    await sandbox.clock.step(4);
    expect(await level()).toBe(before);
    await sandbox.setOnline(cbSensorId, true);
    await sandbox.clock.step(2);
    expect(await level()).toBe(before === 20 ? 30 : 20);
  });

  it("approves on the spot what is new there while it is told to, outside of its policy", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    const { policyId } = (await ask("GET", "computer/2")).body;
    const both = await ask("PUT", "computer/2", { localApproval: true, automaticPolicy: true });
    expect([both.status, both.body.Message]).toEqual([400, expect.stringContaining("localApproval")]);
    const on = (await ask("PUT", "computer/2", { localApproval: true, policyId: policyId === 3 ? 4 : 3 })).body;
    expect([on.localApproval, on.policyId]).toEqual([true, policyId]);
    await sandbox.clock.step(2);
    expect((await ask("GET", "computer/2")).body.enforcementLevel).toBe(35);
    const { cbSensorId } = on;
    await sandbox.launch({ sensor: cbSensorId, path: "c:\\temp\\fresh.exe", cmdline: "fresh.exe" });
    await sandbox.clock.step(2);
    const fresh = (await ask("GET", where("fileInstance", ["fileName:fresh.exe"]))).body;
    expect(fresh).toMatchObject([{ computerId: 2, localState: 2, detailedLocalState: 7 }]);
    await ask("PUT", "computer/2", { localApproval: false });
    await sandbox.clock.step(2);
    expect((await ask("GET", "computer/2")).body.enforcementLevel).not.toBe(35);
  });

  it("approves a file when it is told to, and says so when it reports", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    const [instance] = (await ask("GET", where("fileInstance", ["localState:1"], { limit: 1 }))).body;
    for (const [method, path] of [
      ["POST", "fileInstance"],
      ["PUT", `fileInstance/${instance.id}`],
    ] as const) {
      const answer = await ask(method, path, { ...instance, localState: method === "POST" ? 2 : 1 });
      expect([answer.status, answer.body.localState]).toEqual([200, method === "POST" ? 1 : 2]);
      await sandbox.clock.step(2);
      expect((await ask("GET", `fileInstance/${instance.id}`)).body.localState).toBe(method === "POST" ? 2 : 1);
    }
  });

  it("is asked for nothing when a wish is taken back before it reports", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    const [instance] = (await ask("GET", where("fileInstance", ["localState:1"], { limit: 1 }))).body;
    for (const localState of [2, 1]) await ask("PUT", `fileInstance/${instance.id}`, { localState });
    await sandbox.clock.step(2);
    expect((await ask("GET", `fileInstance/${instance.id}`)).body).toEqual(instance);
  });

  it("changes its diagnostics and its template fields on demand only", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    expect((await ask("PUT", "computer/2", { debugLevel: 5, template: true })).body).toMatchObject({
      ...{ debugLevel: 0, template: false },
    });
    const changed = (await ask("PUT", "computer/2?changeDiagnostics=true", { debugLevel: 5, ccLevel: 2 })).body;
    expect(changed).toMatchObject({ debugLevel: 5, activeDebugLevel: 0, ccLevel: 2 });
    await sandbox.clock.step(2);
    expect((await ask("GET", "computer/2")).body.activeDebugLevel).toBe(5);
    const online = await ask("PUT", "computer/2?changeTemplate=true", { template: true });
    expect(online.status).toBe(400);
    await sandbox.setOnline(changed.cbSensorId, false);
    const made = await ask("PUT", "computer/2?changeTemplate=true", {
      ...{ template: true, name: "DOMAIN\\IMAGE", templateCloneCleanupMode: 4 },
    });
    expect(made.body).toMatchObject({ template: true, name: "DOMAIN\\IMAGE", templateCloneCleanupMode: 4 });
    expect(made.body.templateDate).toMatch(/^2026-01-05T/);
  });

  it("reports tamper protection at its check-in, and a new password when it registers again", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    const before = (await ask("GET", "computer/2")).body;
    const asked = await ask("PUT", "computer/2?newTamperProtectionActive=false", { tamperProtectionActive: false });
    expect(asked.body.tamperProtectionActive).toBe(true);
    await sandbox.clock.step(2);
    expect((await ask("GET", "computer/2")).body.tamperProtectionActive).toBe(false);
    expect((await ask("PUT", "computer/2?resetCLIPassword=true", { id: 2 })).body.CLIPassword).toBe("");
    await sandbox.clock.step(4);
    expect((await ask("GET", "computer/2")).body.CLIPassword).toBe("");
    await sandbox.clock.step(1);
    const after = (await ask("GET", "computer/2")).body;
    expect(after.CLIPassword).toMatch(/^[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}$/);
    expect(after.CLIPassword).not.toBe(before.CLIPassword);
    expect(after.lastRegisterDate).toBe("2026-01-05T09:00:07Z");
  });

  it("stays listed as deleted", async () => {
    await using small = await startSmall();
    const { ask } = small;
    expect((await ask("DELETE", "computer/2")).status).toBe(200);
    expect((await ask("GET", "computer/2")).body.deleted).toBe(true);
    expect((await ask("GET", where("computer", ["deleted:false", "id:2"]))).body).toEqual([]);
    expect((await ask("PUT", "computer/3?delete=true", {})).body.deleted).toBe(true);
  });
});
