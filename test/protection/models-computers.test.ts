// Computers, the policies that they are in, and how they drift.
import {
  Computer,
  DriftReport,
  DriftReportContents,
  EnforcementLevel,
  FileInstance,
  InvalidObjectError,
  ObjectNotFoundError,
  Policy,
  TimeoutError,
  wildcard,
} from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, protectionClient, sandbox, useProtection, written } from "../support/given-protection.js";

useProtection();

describe("a computer", () => {
  it("is put into a policy by the join or by its id, and enforces it from its next check-in on", async () => {
    const computer = await cb
      .select(Computer)
      .where({ name: wildcard("*HOSTNAME") })
      .sort("id DESC")
      .first();
    if (computer === undefined) throw new Error("there is no such computer");
    expect([computer.id, await computer.policy.name]).toEqual([5, "High Enforcement"]);
    const low = await cb.select(Policy, 5);
    asked();
    computer.policy = low;
    await computer.save();
    expect(written()).toEqual(["PUT computer/5"]);
    expect([computer.policyId, computer.previousPolicyId, await computer.policy.name]).toEqual([
      ...[5, 3, "Low Enforcement"],
    ]);
    expect(computer.enforcementLevel).toBe(EnforcementLevel.High);
    await sandbox.clock.step(2);
    expect((await other.select(Computer, 5)).enforcementLevel).toBe(EnforcementLevel.Low);
    computer.policy = 4;
    expect([computer.isDirty(), computer.policyId]).toEqual([true, 4]);
    computer.reset();
    expect([computer.isDirty(), computer.policyId]).toEqual([false, 5]);
  });

  it("has files, and is the clone of a template or of none", async () => {
    const computer = await cb.select(Computer, 2);
    const files = await computer.fileInstances.all();
    expect(files.length).toBe(await other.select(FileInstance).where({ computerId: 2 }).count());
    expect(new Set(files.map(({ computerId }) => computerId))).toEqual(new Set([2]));
    asked();
    expect(await computer.templateComputer).toBeUndefined();
    expect(asked()).toEqual([]);
    await sandbox.put("protection_computer", { id: 60, name: "VDI\\CLONE", policyId: 3, templateComputerId: 2 });
    const clone = await cb.select(Computer, 60);
    expect(await clone.templateComputer.name).toBe(computer.name);
  });

  it("gets a new password when it registers again", async () => {
    const computer = await cb.select(Computer, 3);
    const before = computer.CLIPassword;
    computer.description = "not saved";
    asked();
    await computer.resetCLIPassword();
    expect(asked()).toEqual(["PUT computer/3?resetCLIPassword=true"]);
    expect([computer.CLIPassword, computer.isDirty()]).toEqual(["", true]);
    const error = await errorOf(() => computer.waitForCLIPassword({ timeout: 1_000 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "NO_PASSWORD_YET" });
    const password = await computer.waitForCLIPassword();
    expect(password).toMatch(/^[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}$/);
    expect([password, computer.CLIPassword]).toEqual([(await other.select(Computer, 3)).CLIPassword, password]);
    expect(password).not.toBe(before);
    expect(computer.description).toBe("not saved");
  });

  it("that is deleted is listed as such", async () => {
    const computer = await cb.select(Computer, 3);
    await computer.delete();
    expect((await other.select(Computer, 3)).deleted).toBe(true);
    expect(await other.select(Computer).where({ deleted: false }).count()).toBe(4);
    await expect(computer.save()).rejects.toThrow("was deleted");
    // Nothing is known of it but its number.
    await cb.select(Computer, 4).delete();
    expect(await other.select(Computer).where({ deleted: true }).count()).toBe(2);
  });
});

describe("a policy", () => {
  it("is made, changed and deleted, and names who did it", async () => {
    const policy = cb.create(Policy, { name: "Kiosks", enforcementLevel: EnforcementLevel.High });
    await policy.save();
    expect([policy.id, policy.packageName, policy.totalComputers]).toEqual([8, "Kiosks.msi", 0]);
    expect(await policy.createdByUser.name).toBe("admin");
    policy.set({ description: "in the hall", disconnectedEnforcementLevel: EnforcementLevel.High });
    asked();
    await policy.save({ verify: true });
    expect(written()).toEqual(["PUT policy/8"]);
    expect((await other.select(Policy, 8)).description).toBe("in the hall");
    expect(await policy.modifiedByUser.id).toBe(1);
    await policy.delete();
    await expect(other.select(Policy, 8, { refresh: true })).rejects.toBeInstanceOf(ObjectNotFoundError);
  });

  it("has computers, which enforce its new level after their next check-in", async () => {
    const policy = await cb.select(Policy).where({ name: "High Enforcement" }).one();
    const computers = await policy.computers.sort("id").all();
    expect(computers.map(({ id }) => id)).toEqual([3, 5]);
    expect([policy.totalComputers, policy.connectedComputers, policy.atEnforcementComputers]).toEqual([2, 2, 2]);
    policy.enforcementLevel = EnforcementLevel.Medium;
    await policy.save();
    expect(policy.atEnforcementComputers).toBe(0);
    await sandbox.clock.step(2);
    expect((await policy.refresh()).atEnforcementComputers).toBe(2);
    for (const computer of computers) {
      expect((await computer.refresh()).enforcementLevel).toBe(EnforcementLevel.Medium);
    }
  });

  it("is of many computers at once when they are read together", async () => {
    await cb.connect();
    asked();
    const computers = await cb.select(Computer).include("policy").all();
    const names = await Promise.all(computers.map(({ policy }) => policy.name));
    expect(names).toEqual(computers.map(({ policyName }) => policyName));
    expect(asked().map((request) => request.split("?")[0])).toEqual(["computer", "policy"]);
  });
});

describe("a report of drift", () => {
  it("is read, with its rows, whatever fields they have", async () => {
    const report = await cb.select(DriftReport).one();
    expect([report.get("name"), report.createDate?.toISOString()]).toEqual([
      ...["Drift from the template", "2026-01-02T09:00:00.000Z"],
    ]);
    expect((await cb.select(DriftReport, report.id)).toJSON()).toEqual(report.toJSON());
    const rows = await cb.select(DriftReportContents).where({ driftReportId: report.id }).all();
    expect(rows.length).toBe(20);
    const [row] = rows;
    expect(await row?.computer.name).toBe("DOMAIN\\MYHOSTNAME");
    expect((await cb.select(DriftReportContents, row?.id ?? 0)).get("fileName")).toBe(row?.get("fileName"));
    expect(await cb.select(DriftReportContents).where({ driftReportId: 7 }).count()).toBe(0);
  });
});

describe("an object", () => {
  it("is known, loaded, read again and checked alike, whatever it is", async () => {
    const policy = await cb.select(Policy, 3);
    expect([policy.isLoaded, policy.get("name"), policy.get("nothing", "else")]).toEqual([
      ...[true, "High Enforcement", "else"],
    ]);
    const [fresh] = await other.select(Policy).where({ id: 3 }).all();
    fresh?.set({ description: "changed elsewhere" });
    await fresh?.save();
    expect([policy.description, (await policy.load()).description]).toEqual(["", ""]);
    expect((await policy.refresh()).description).toBe("changed elsewhere");
    expect(await policy.validate()).toBe(true);
    const nameless = cb.create(Policy, { description: "without a name" });
    await expect(nameless.validate()).rejects.toThrow("Missing fields: [name]");
    const wrong = await errorOf(() => policy.set({ description: "kept out", enforcementLevel: 35 as never }));
    expect(wrong).toBeInstanceOf(InvalidObjectError);
    expect([policy.isDirty(), policy.description]).toEqual([false, "changed elsewhere"]);
    // A copy that another client holds keeps what it had.
    const late = protectionClient();
    expect((await late.select(Policy, 3)).description).toBe("changed elsewhere");
    await late.close();
  });
});
