import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { InvalidObjectError, TimeoutError } from "../../../core/errors.js";
import { JumpClock } from "../../../test-support/jump-clock.js";
import { protectionServer } from "../../../test-support/protection-server.js";
import { addFlags, RefreshFlag } from "../flags.js";
import { Computer } from "./computer.js";

const document = {
  id: 7,
  name: "CORP\\PC-0007",
  policyId: 6,
  automaticPolicy: false,
  localApproval: false,
  CLIPassword: "HUNTER2",
  debugLevel: 0,
  ccFlags: 0,
  refreshFlags: 0,
  template: false,
  tamperProtectionActive: true,
};

/** A server that takes what it is told. */
async function computerServer(own: object = {}) {
  const server = await protectionServer({
    "computer/7": ({ method, body }) =>
      method === "DELETE" ? { status: 204, text: "" } : { ...document, ...own, ...(body as object) },
  });
  return { ...server, computer: await server.cb.select(Computer, 7) };
}

describe("a change of a computer", () => {
  it.each<[string, Parameters<Computer["set"]>[0], string, object]>([
    ["plain fields", { computerTag: "x", prioritized: true }, "", { computerTag: "x", prioritized: true }],
    ["diagnostics", { debugLevel: 3, ccFlags: 1 }, "?changeDiagnostics=true", { debugLevel: 3, ccFlags: 1 }],
    ["a template", { template: true, name: "GOLD" }, "?changeTemplate=true", { template: true, name: "GOLD" }],
    ["tamper protection", { tamperProtectionActive: false }, "?newTamperProtectionActive=false", {}],
    [
      "all of it",
      { tamperProtectionActive: false, templateCloneCleanupMode: 2, ccLevel: 3, policyId: 9 },
      "?changeDiagnostics=true&changeTemplate=true&newTamperProtectionActive=false",
      { templateCloneCleanupMode: 2, ccLevel: 3, policyId: 9 },
    ],
  ])("names in the address what else the server has to be told: %s", async (_, values, query, body) => {
    const { computer, writes } = await computerServer();
    const plan = await computer.set(values).save({ dryRun: true });
    expect(plan?.requests[0]?.path.endsWith(`/computer/7${query}`)).toBe(true);
    await computer.save();
    expect(writes).toEqual([{ method: "PUT", path: `computer/7${query}`, body: { id: 7, ...body } }]);
    expect(computer.isDirty()).toBe(false);
  });

  it("of tamper protection shows once the agent has reported it", async () => {
    const { computer } = await computerServer();
    await computer.set({ tamperProtectionActive: false }).save();
    expect(computer.tamperProtectionActive).toBe(true);
  });

  it("of what the agent has to do is verified once it has reported that", async () => {
    const clock = new JumpClock();
    let reads = 0;
    const { cb } = await protectionServer(
      { "computer/7": () => ({ ...document, tamperProtectionActive: ++reads < 6 }) },
      { clock },
    );
    const computer = await cb.select(Computer, 7);
    await computer.set({ tamperProtectionActive: false }).save({ verify: true });
    expect([computer.tamperProtectionActive, reads]).toEqual([false, 6]);
    expect(clock.pauses).toEqual([1000, 2000, 4000]);
    reads = -100;
    const late = await computer
      .set({ tamperProtectionActive: true })
      .set({ policyId: 9 })
      .save({ verify: true, timeout: 10_000 })
      .catch((error: unknown) => error);
    expect(late).toBeInstanceOf(TimeoutError);
    expect(late).toMatchObject({ code: "NOT_SHOWN_YET" });
    expect((late as Error).cause).toMatchObject({ code: "WRITE_NOT_APPLIED" });
    expect(((late as Error).cause as Error).message).toContain("policyId");
    expect(computer.isDirty()).toBe(false);
  });

  it("adds to the bits that are there", async () => {
    const { computer, writes } = await computerServer({ refreshFlags: 2 });
    computer.refreshFlags = addFlags(computer.refreshFlags, RefreshFlag.Reboot);
    await computer.save();
    expect(writes[0]?.body).toEqual({ id: 7, refreshFlags: 0x202 });
  });

  it.each<[string, object, Parameters<Computer["set"]>[0], string]>([
    ["both ways to a policy", {}, { automaticPolicy: true, localApproval: true }, "exclude each other"],
    ["one while the other is on", { automaticPolicy: true }, { localApproval: true }, "exclude each other"],
    ["a policy that is assigned by Active Directory", { automaticPolicy: true }, { policyId: 9 }, "overlooks policyId"],
    ["a policy during local approval", {}, { localApproval: true, policyId: 9 }, "is with this change"],
    ["a name of its own", {}, { name: "PC-8" }, "only templates can be given a name"],
  ])("that the server would refuse or overlook is refused: %s", async (_, own, values, message) => {
    const { computer, writes } = await computerServer(own);
    const failure = await computer
      .set(values)
      .save()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InvalidObjectError);
    expect((failure as Error).message).toContain(message);
    expect(writes).toEqual([]);
  });

  it("leaves alone what others have set so", async () => {
    const { computer, writes } = await computerServer({ automaticPolicy: true, localApproval: true, template: true });
    await computer.set({ description: "odd", name: "GOLD" }).save();
    await computer.set({ policyId: 9, automaticPolicy: false, localApproval: false }).save();
    expect(writes.map(({ body }) => body)).toEqual([
      { id: 7, description: "odd", name: "GOLD" },
      { id: 7, policyId: 9, automaticPolicy: false, localApproval: false },
    ]);
  });

  it("deletes it by its id alone", async () => {
    const { cb, requests } = await computerServer();
    requests.length = 0;
    await cb.select(Computer, 7).delete();
    expect(requests).toEqual(["DELETE computer/7"]);
  });
});

describe("the password of the agent's command line", () => {
  it("is never printed", async () => {
    const { computer } = await computerServer();
    expect(computer.CLIPassword).toBe("HUNTER2");
    expect(inspect(computer)).toContain("CLIPassword");
    expect(inspect(computer)).not.toContain("HUNTER2");
  });

  it("is reset by the id alone, and waited for until the computer has registered again", async () => {
    const clock = new JumpClock();
    let looks = 0;
    const { cb, requests, writes } = await protectionServer(
      {
        "computer/7": ({ method }) => ({
          ...document,
          CLIPassword: method === "GET" && ++looks === 4 ? "CORRECT HORSE" : "",
        }),
      },
      { clock },
    );
    const computer = cb.select(Computer, 7);
    await computer.resetCLIPassword();
    expect(writes).toEqual([{ method: "PUT", path: "computer/7?resetCLIPassword=true", body: { id: 7 } }]);
    expect(requests.length).toBe(1);
    expect(await computer.waitForCLIPassword({ timeout: 60_000 })).toBe("CORRECT HORSE");
    expect(clock.pauses).toEqual([1000, 2000, 4000]);
  });

  it("is cleared on an object that had it, and what was assigned to others stays", async () => {
    const { computer } = await computerServer({});
    computer.set({ description: "Lab" });
    await computer.resetCLIPassword();
    expect([computer.CLIPassword, computer.description, computer.isDirty()]).toEqual(["", "Lab", true]);
  });

  it("is waited for no longer than it is allowed to", async () => {
    const clock = new JumpClock();
    const { cb } = await protectionServer({ "computer/7": { ...document, CLIPassword: "" } }, { clock });
    const computer = await cb.select(Computer, 7);
    const late = await computer.waitForCLIPassword({ timeout: 5000 }).catch((error: unknown) => error);
    expect(late).toBeInstanceOf(TimeoutError);
    expect(late).toMatchObject({ code: "NO_PASSWORD_YET", timeout: 5000 });
    expect(clock.pauses).toEqual([1000, 2000, 2000]);
  });

  it("is waited for no longer when the caller gives up, not even for an answer", async () => {
    const giveUp = new AbortController();
    let reads = 0;
    const { cb } = await protectionServer({
      "computer/7": () => {
        if (++reads === 2) giveUp.abort(new Error("enough"));
        return document;
      },
    });
    const computer = await cb.select(Computer, 7);
    await expect(computer.waitForCLIPassword({ signal: giveUp.signal })).rejects.toThrow("enough");
  });
});
