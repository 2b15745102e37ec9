// Alerts as they come in, followed by programs that are killed (-9) at any step and started again.
import { type AlertPosition, BaseAlert } from "cbapi/psc";
import { describe, expect, it } from "vitest";
import { Follower, numbersFrom } from "../support/followers.js";
import { cb, cloudClient, sandbox, useCloud } from "../support/given-cloud.js";

useCloud();

const LONG = 240_000;
const everyAlert = async () => (await cb.select(BaseAlert).setCreateTime({ range: "-2y" }).all()).map(({ id }) => id);

describe("alerts that are followed", () => {
  it.each([11, 12])(
    "are each written once, whatever step the programs die at (seed %d)",
    { timeout: LONG },
    async (seed) => {
      const random = numbersFrom(seed);
      const follower = new Follower(sandbox, "alerts");
      for (let runs = 0; runs < 8; runs++) {
        expect(await follower.run({ dieAt: 1 + Math.floor(random() * 60) })).toBe("SIGKILL");
      }
      await follower.run();
      const { written } = follower;
      expect(written).toHaveLength(new Set(written).size);
      expect([...written].sort()).toEqual((await everyAlert()).sort());
    },
  );

  it("are each written once, whenever the programs are killed", { timeout: LONG }, async () => {
    const random = numbersFrom(21);
    const follower = new Follower(sandbox, "alerts");
    for (let runs = 0; runs < 6; runs++) await follower.run({ killAfter: 300 + Math.floor(random() * 900) });
    await follower.run();
    const { written } = follower;
    expect(written).toHaveLength(new Set(written).size);
    expect([...written].sort()).toEqual((await everyAlert()).sort());
  });

  it("come as they are raised, and only those that are asked for", async () => {
    const waits: AlertPosition[] = [];
    const tail = cb
      .select(BaseAlert)
      .setTypes(["CB_ANALYTICS", "HOST_BASED_FIREWALL"])
      .tail({
        interval: 60_000,
        onWait: ({ position }) => void waits.push(position),
      });
    const known = new Set(await everyAlert());
    const got: BaseAlert[] = [];
    for await (const alert of tail) if (got.push(alert) === 3) break;
    expect(got.every(({ id, type }) => !known.has(id) && type !== "WATCHLIST")).toBe(true);
    expect(waits.length).toBeGreaterThan(0);
    const again = cb
      .select(BaseAlert)
      .setTypes(["CB_ANALYTICS", "HOST_BASED_FIREWALL"])
      .tail({ position: tail.position });
    const next = await again.next();
    expect(got.map(({ id }) => id)).not.toContain(next.value?.id);
  });

  it("are waited for while the service is out of order", async () => {
    const errors: (number | undefined)[] = [];
    await using client = cloudClient({ maxRetries: 0 });
    const tail = client.select(BaseAlert).tail({
      interval: 60_000,
      onWait: ({ error }) => {
        errors.push((error as { status?: number } | undefined)?.status);
        if (errors.length === 1)
          sandbox.faults.add({ match: { pattern: "/alerts/_search$", times: 1 }, do: { status: 503 } });
      },
    });
    expect((await tail.next()).done).toBe(false);
    expect(errors.slice(0, 2)).toEqual([undefined, 503]);
    await tail.return();
  });
});
