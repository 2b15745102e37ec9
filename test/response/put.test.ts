// Objects that a test puts into the sandbox by itself, and what a client then reads.
import { BannedHash, Team, ThrottleRule } from "cbapi/response";
import { describe, expect, it } from "vitest";
import { cb, sandbox, useSandbox } from "../support/given.js";

useSandbox({}, { fresh: true, connected: true });

const DAY = 24 * 3_600_000;
const md5 = "0123456789abcdef".repeat(2);

describe("what is put into a sandbox", () => {
  it("is read as if the server had it of itself, in states that no request leads to", async () => {
    const now = sandbox.clock.now();
    await sandbox.put("team", { id: 70, name: "Night shift", group_access: [] });
    await sandbox.put("throttle", {
      ...{ id: 70, site_id: 1, day_of_week: 2, from: 8, to: 17, bytes_per_second: 1024 },
    });
    const stopped = { last_block_time: now - DAY, last_block_sensor_id: 3, last_block_hostname: "WIN-3" };
    const change = { username: "admin", user_id: 1, timestamp: now - 2 * DAY, text: "dropper", enabled: true };
    await sandbox.put(
      "ban",
      { md5, text: "dropper", enabled: true, block_count: 12, ...stopped, audit: [change] },
      md5,
    );

    expect((await cb.select(Team, 70)).name).toBe("Night shift");
    const rules = await cb.select(ThrottleRule).all();
    expect(rules.find(({ id }) => id === 70)).toMatchObject({ site_id: 1, bytes_per_second: 1024 });
    const ban = await cb.select(BannedHash, md5);
    expect(ban).toMatchObject({ text: "dropper", block_count: 12, last_block_hostname: "WIN-3", username: "admin" });
    expect(ban.last_block_time).toEqual(new Date(now - DAY));
  });

  it("can be of a kind that a file of routes adds: a licence that has run out", async () => {
    await sandbox.put("license", { end: sandbox.clock.now() - DAY, sensors: 3 }, 1);
    const license = (await cb.getObject("/api/license")) as Record<string, unknown>;
    expect(license).toMatchObject({ licensed_sensor_count: 3 });
    expect(Date.parse(String(license["license_end_date"]))).toBeLessThan(sandbox.clock.now());
  });
});
