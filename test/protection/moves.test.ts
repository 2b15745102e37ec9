// Computers between policies: who is moved, who cannot be, and when an agent has taken the policy over.
import {
  type BulkPlan,
  type BulkProgress,
  type BulkReport,
  CbApiError,
  Computer,
  InvalidObjectError,
  ObjectNotFoundError,
  Policy,
  TimeoutError,
} from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, protectionClient, sandbox, useProtection, written } from "../support/given-protection.js";

/** Where a computer is, and what its agent enforces, as another client reads it. */
async function stateOf(id: number): Promise<unknown[]> {
  const { policyId, enforcementLevel, policyStatusDetails } = await other.select(Computer, id, { refresh: true });
  return [policyId, enforcementLevel, policyStatusDetails];
}

const states = (report: BulkReport<number>) => report.items().map(({ item, state }) => `${item} ${state}`);
const writesOf = ({ batches }: BulkPlan) =>
  batches.map(({ method, path, body }) => [method, path.split("/v1/")[1], body]);
/** The sensor of a computer, by which the sandbox switches it on and off. */
const sensorOf = (id: number): number => id - 1;
const HIGH = 3;
const LOW = 5;

useProtection();

describe("a search of computers", () => {
  const visible = () => cb.select(Computer).where({ policyName: "Visibility", deleted: false });

  it("is moved as a whole, after a look at the plan, although it finds fewer with each that is moved", async () => {
    const move = visible().batchSize(1).moveTo("high enforcement", { verify: true });
    const plan = await move.plan();
    expect([plan.total, plan.items, plan.unchanged, plan.refused, plan.notes]).toEqual([2, [1, 2], [], [], []]);
    expect(writesOf(plan)).toEqual([
      ["PUT", "computer/1", { id: 1, policyId: HIGH }],
      ["PUT", "computer/2", { id: 2, policyId: HIGH }],
    ]);
    expect(written()).toEqual([]);
    const told: BulkProgress<number>["counts"][] = [];
    const report = await move.run({ onProgress: ({ counts }) => void told.push(counts) });
    expect(report.complete).toBe(true);
    expect(states(report)).toEqual(["1 done", "2 done"]);
    // Two writes, then looks at both together until the agents have checked in.
    expect(told.map((counts) => [counts?.unsent, counts?.pending, counts?.done])).toEqual([
      [1, 1, 0],
      [0, 2, 0],
      [0, 2, 0],
      [0, 2, 0],
      [0, 0, 2],
    ]);
    const look = "computer?limit=2&offset=0&q=id:1|2";
    expect(asked()).toEqual(["PUT computer/1", "PUT computer/2", look, look, look]);
    expect([await stateOf(1), await stateOf(2)]).toEqual([
      [HIGH, 20, "Up to date"],
      [HIGH, 20, "Up to date"],
    ]);
    expect(await visible().count()).toBe(0);
  });

  it("counts as moved when the server has taken it, where nothing is to be verified", async () => {
    const report = await visible().moveTo(HIGH);
    expect(states(report)).toEqual(["1 done", "2 done"]);
    expect(await stateOf(2)).toEqual([HIGH, 60, "Policy change pending"]);
  });

  it("leaves alone who is there, and names those that the server would keep where they are", async () => {
    for (const [id, change] of [
      [2, { automaticPolicy: true }],
      [4, { localApproval: true }],
    ] as const) {
      await other.object("computer").update(id, change);
    }
    await sandbox.setOnline(sensorOf(5), false);
    asked();
    const move = cb.select(Computer).moveTo(cb.select(Policy, 4));
    const plan = await move.plan();
    expect(plan.items).toEqual([1, 3, 5]);
    expect(plan.refused.map(({ items, error }) => [items, (error as CbApiError).code])).toEqual([
      [[2], "AUTOMATIC_POLICY"],
      [[4], "LOCAL_APPROVAL"],
    ]);
    expect(plan.refused[0]?.error?.message).toBe(
      "the server overlooks policyId while automaticPolicy is on, which it is. Set automaticPolicy to false first",
    );
    expect(plan.notes).toEqual([{ note: "offline: takes policy 4 over when it is back", items: [5] }]);
    const report = await move;
    expect(written()).toEqual(["PUT computer/1", "PUT computer/3", "PUT computer/5"]);
    expect(states(report)).toEqual(["1 done", "2 refused", "3 done", "4 refused", "5 done"]);
    expect(report.complete).toBe(false);
    // What cannot be done is not tried again, neither by this operation nor on computers that are there by now.
    expect(states(await report.retry())).toEqual(states(report));
    const again = await cb
      .select(Computer)
      .where({ id: [1, 3, 5] })
      .moveTo(4)
      .plan();
    expect([again.total, again.unchanged]).toEqual([0, [1, 3, 5]]);
    expect(written()).toEqual([]);
  });

  it("has agents that are offline pending, waits no longer for them than for others, and looks again on retry", async () => {
    await sandbox.setOnline(sensorOf(2), false);
    const before = sandbox.clock.now();
    const report = await visible().moveTo(HIGH, { verify: true });
    expect(states(report)).toEqual(["1 done", "2 pending"]);
    expect(report.complete).toBe(false);
    expect(report.reasons[0]).toMatchObject({ state: "pending", items: [2], error: { code: "NOT_SHOWN_YET" } });
    expect(report.reasons[0]?.error?.message).toMatch(
      /^its agent has not taken policy 3 over yet: .*: it is offline, and does so when it is back$/,
    );
    expect(() => report.throwIfIncomplete()).toThrow("1 done, 1 pending");
    // One agent was waited for until it had checked in; nobody waited two minutes for the other.
    expect(sandbox.clock.now() - before).toBeLessThan(10_000);
    await sandbox.setOnline(sensorOf(2), true);
    asked();
    const later = await report.retry();
    expect(states(later)).toEqual(["1 done", "2 done"]);
    expect(written()).toEqual([]);
    expect(await stateOf(2)).toEqual([HIGH, 20, "Up to date"]);
  });

  it("waits as long as it is told to, for those that are offline as well", async () => {
    await sandbox.setOnline(sensorOf(2), false);
    const before = sandbox.clock.now();
    const report = await visible().moveTo(HIGH, { verify: true, timeout: 300_000 });
    expect(states(report)).toEqual(["1 done", "2 pending"]);
    expect(sandbox.clock.now() - before).toBeGreaterThanOrEqual(300_000);
    let looks = 0;
    const comes = await cb
      .select(Computer)
      .where({ id: 2 })
      .moveTo(HIGH, { verify: true, timeout: 300_000 })
      .run({
        onProgress: async () => {
          if (++looks === 3) await sandbox.setOnline(sensorOf(2), true);
        },
      });
    expect(states(comes)).toEqual(["2 done"]);
  });

  it("stops waiting when the caller gives up, and says what is known", async () => {
    await sandbox.setOnline(sensorOf(2), false);
    const stop = new AbortController();
    const move = visible().moveTo(HIGH, { verify: true, timeout: 0 });
    const reason = new Error("enough");
    const report = await move.run({
      signal: stop.signal,
      onProgress: ({ batch }) => {
        if (batch.state === "pending") stop.abort(reason);
      },
    });
    expect(states(report)).toEqual(["1 pending", "2 pending"]);
    expect(report.reasons).toMatchObject([{ state: "pending", items: [1, 2], error: reason }]);
    expect(await stateOf(2)).toEqual([HIGH, 60, "Policy change pending"]);
  });

  it("goes on waiting while the server is out of order, and not when it refuses to be asked", async () => {
    const path = "/api/bit9platform/v1/computer";
    const impatient = protectionClient({ maxRetries: 0 });
    const moveOf = (status: number, to: number) => {
      const move = impatient.select(Computer).where({ id: 1 }).moveTo(to, { verify: true });
      return move.plan().then(() => {
        sandbox.faults.add({ match: { method: "GET", path, times: 1 }, do: { status } });
        return { move };
      });
    };
    expect(states(await (await moveOf(503, HIGH)).move)).toEqual(["1 done"]);
    const refused = await (await moveOf(401, LOW)).move;
    expect(refused.reasons).toMatchObject([{ state: "pending", items: [1], error: { status: 401 } }]);
    expect(states(await refused.retry())).toEqual(["1 done"]);
    await impatient.close();
  });

  it("reports a server that accepts a policy and overlooks it", async () => {
    const move = visible().moveTo(HIGH);
    await move.plan();
    // Somebody has Active Directory decide in the meantime.
    await other.object("computer").update(2, { automaticPolicy: true });
    const report = await move;
    expect(states(report)).toEqual(["1 done", "2 refused"]);
    expect(report.failures[0]?.error).toMatchObject({
      code: "WRITE_NOT_APPLIED",
      message: "the server accepted the change and has policyId 6 and not 3",
    });
    await other.object("computer").update(2, { automaticPolicy: false });
    expect(states(await report.retry())).toEqual(["1 done", "2 done"]);
  });

  it.each(["id", "empty"])("is moved by a server that answers writes with %s as well", async (answer) => {
    sandbox.behaviour.writeAnswers = answer;
    expect((await visible().moveTo(HIGH, { verify: true })).complete).toBe(true);
    await cb.select(Computer, 4).moveTo(HIGH, { verify: true });
    await cb.select(Computer, 4).setTamperProtection(false, { verify: true });
    expect(await stateOf(4)).toEqual([HIGH, 20, "Up to date"]);
  });

  it("is not read when there is no such policy, nor with an option that there is not", async () => {
    const error = await errorOf(() => visible().moveTo("High Enforcment").run());
    expect(error).toBeInstanceOf(ObjectNotFoundError);
    expect(error.message).toBe('There is no policy with the name "High Enforcment". Did you mean "High Enforcement"?');
    const refused = await visible().moveTo(99);
    expect(refused.counts).toMatchObject({ refused: 2 });
    expect(() => visible().moveTo(HIGH, { dryRun: true } as never)).toThrow("unknown option dryRun");
    expect(() => visible().moveTo(HIGH, { verfy: true } as never)).toThrow("Did you mean verify?");
    expect(() => visible().moveTo(HIGH, { timeout: -1 })).toThrow("timeout cannot be -1");
  });
});

describe("computers in a policy", () => {
  it("return each to where it was before; who was nowhere stays", async () => {
    await cb
      .select(Computer)
      .where({ id: [1, 4] })
      .moveTo(HIGH, { verify: true });
    const high = await Policy.byName(cb, "High Enforcement");
    const back = high.computers.returnToPreviousPolicy({ verify: true });
    const plan = await back.plan();
    expect(writesOf(plan)).toEqual([
      ["PUT", "computer/1", { id: 1, policyId: 6 }],
      ["PUT", "computer/4", { id: 4, policyId: LOW }],
    ]);
    expect(plan.refused).toMatchObject([{ items: [3, 5], error: { code: "NO_PREVIOUS_POLICY" } }]);
    expect(states(await back)).toEqual(["1 done", "3 refused", "4 done", "5 refused"]);
    expect([await stateOf(1), await stateOf(4)]).toEqual([
      [6, 60, "Up to date"],
      [LOW, 40, "Up to date"],
    ]);
  });

  it("are moved as far as they are chosen", async () => {
    const chosen = new Set([1, 3]);
    const move = cb.select(Computer).moveTo("Low Enforcement", { only: ({ id }) => chosen.has(id) });
    expect(await move.plan()).toMatchObject({ items: [1, 3], unchanged: [], refused: [] });
    expect(states(await move)).toEqual(["1 done", "3 done"]);
    expect(
      await cb
        .select(Computer)
        .delete({ only: async () => false })
        .plan(),
    ).toMatchObject({ total: 0, unchanged: [] });
  });

  it("are deleted with their entries staying on the list", async () => {
    await cb.deleteObject("/api/bit9platform/v1/computer/3");
    const high = await Policy.byName(cb, "High Enforcement");
    const removal = high.computers.delete();
    expect(await removal.plan()).toMatchObject({ items: [5], unchanged: [3] });
    expect((await removal).complete).toBe(true);
    expect(await other.select(Computer).where({ deleted: false, policyId: HIGH }).count()).toBe(0);
  });
});

describe("one computer", () => {
  it("is moved, by a policy's name, and waited for until its agent enforces it", async () => {
    const computer = await cb.select(Computer, 4);
    computer.description = "not saved";
    expect(await computer.moveTo("High Enforcement", { verify: true })).toBe(computer);
    expect(computer).toMatchObject({ policyId: HIGH, enforcementLevel: 20, policyStatusDetails: "Up to date" });
    expect([computer.description, computer.isDirty()]).toEqual(["not saved", true]);
    asked();
    await computer.moveTo(HIGH);
    expect(asked()).toEqual(["computer/4"]);
    await cb.select(Computer, 4).returnToPreviousPolicy({ verify: true });
    expect(await stateOf(4)).toEqual([LOW, 40, "Up to date"]);
  });

  it("shows what it would be sent, and sends nothing", async () => {
    const plan = await cb.select(Computer, 4).moveTo(HIGH, { dryRun: true });
    expect(plan).toMatchObject({
      requests: [{ method: "PUT", body: { id: 4, policyId: HIGH } }],
      changes: { policyId: { from: LOW, to: HIGH } },
    });
    expect(await cb.select(Computer, 4).moveTo(LOW, { dryRun: true })).toBeUndefined();
    expect(written()).toEqual([]);
  });

  it("is refused, and its plan too, while something else decides about its policy", async () => {
    for (const field of ["automaticPolicy", "localApproval"] as const) {
      await other.object("computer").update(4, { [field]: true });
      for (const dryRun of [true, false]) {
        const error = await errorOf(() => cb.select(Computer, 4).moveTo(HIGH, { dryRun }));
        expect(error).toBeInstanceOf(InvalidObjectError);
        expect(error.message).toContain(`the server overlooks policyId while ${field} is on`);
      }
      await other.object("computer").update(4, { [field]: false });
    }
    expect((await stateOf(4))[0]).toBe(LOW);
  });

  it("that is offline keeps the policy for when it is back, and the caller is told", async () => {
    await sandbox.setOnline(sensorOf(4), false);
    const late = await errorOf(() => cb.select(Computer, 4).moveTo(HIGH, { verify: true, timeout: 20_000 }));
    expect(late).toBeInstanceOf(TimeoutError);
    expect(late).toMatchObject({ code: "NOT_SHOWN_YET" });
    expect(late.message).toMatch(
      /its agent has not reported it after \d+ ms: its agent has not taken policy 3 over yet/,
    );
    expect(late.message).toContain("it is offline, and does so when it is back");
    await sandbox.setOnline(sensorOf(4), true);
    // Nothing is sent again for one that is in the policy: its agent is waited for.
    asked();
    await cb.select(Computer, 4).moveTo(HIGH, { verify: true });
    expect(written()).toEqual([]);
    expect(await stateOf(4)).toEqual([HIGH, 20, "Up to date"]);
  });

  it("has no policy to return to where the server knows none", async () => {
    expect(await errorOf(() => cb.select(Computer, 4).returnToPreviousPolicy())).toMatchObject({
      code: "NO_PREVIOUS_POLICY",
    });
    expect(await errorOf(() => cb.select(Computer, 4).moveTo(HIGH, { verfy: true } as never))).toMatchObject({
      code: "UNKNOWN_OPTION",
    });
    expect(written()).toEqual([]);
  });

  it("is verified without the policy's level where the token may not read policies", async () => {
    const rights = ["View computers", "Manage computers"];
    sandbox.tokens.add({ username: "mover", token: "mover-token-0123456789ab", globalAdmin: false, rights });
    const mover = protectionClient({ token: "mover-token-0123456789ab" });
    await mover.select(Computer, 4).moveTo(HIGH, { verify: true });
    expect(await stateOf(4)).toEqual([HIGH, 20, "Up to date"]);
    const report = await mover.select(Computer).where({ id: 4 }).moveTo(LOW, { verify: true });
    expect(report.complete).toBe(true);
    await mover.close();
  });
});

describe("a policy", () => {
  it("is found by its name, whatever the case, and leads on before it is loaded", async () => {
    expect((await Policy.byName(cb, " visibility ")).id).toBe(6);
    expect(await Policy.byName(cb, "Visibility").enforcementLevel).toBe(60);
    expect(await errorOf(() => Policy.byName(cb, "Visib*"))).toBeInstanceOf(ObjectNotFoundError);
    expect(() => Policy.byName(cb, "")).toThrow("takes the name of a policy");
    expect(() => Policy.byName(cb, 6 as never)).toThrow(CbApiError);
  });
});

describe("on a server before 8.0", () => {
  useProtection({ versions: { protection: "7.2.3.1100" } });

  it("computers are moved, and not returned, as it does not keep where they were", async () => {
    const report = await cb.select(Computer).where({ policyId: 6 }).moveTo("High Enforcement", { verify: true });
    expect(report.complete).toBe(true);
    for (const call of [
      () => cb.select(Computer).where({ policyId: HIGH }).returnToPreviousPolicy().run(),
      () => cb.select(Computer, 1).returnToPreviousPolicy(),
    ]) {
      expect(await errorOf(call)).toMatchObject({ code: "SERVER_TOO_OLD" });
    }
  });
});
