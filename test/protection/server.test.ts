// What administrators read of the server itself: its settings and how busy it is.
import { inspect } from "node:util";
import { ServerConfig, ServerPerformance } from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, protectionClient, sandbox, useProtection } from "../support/given-protection.js";

useProtection();

const HOUR = 3_600_000;

describe("the server's settings", () => {
  it("are read one at a time, by their names", async () => {
    expect(await ServerConfig.value(cb, "parityserverversion")).toBe("8.1.4.134");
    expect(asked()).toEqual(["serverConfig?limit=1000&offset=0&q=name:parityserverversion&sort=id ASC"]);
    expect(await ServerConfig.number(cb, "EventRetentionDays")).toBe(180);
    expect(await ServerConfig.flag(cb, "SyslogEnabled")).toBe(false);
    expect(await ServerConfig.flag(cb, "AgentRegistrationEnabled")).toBe(true);
    for (const none of ["NoSuchSetting", "Parity*", "a|b"]) expect(await ServerConfig.value(cb, none)).toBeUndefined();
    expect(await ServerConfig.number(cb, "NoSuchSetting")).toBeUndefined();
    expect(await errorOf(() => ServerConfig.number(cb, "LicenseType"))).toMatchObject({ code: "NOT_A_NUMBER" });
    expect(await errorOf(() => ServerConfig.flag(cb, "LicenseType"))).toMatchObject({ code: "NOT_A_FLAG" });
    for (const name of ["", undefined as never]) {
      await expect(ServerConfig.value(cb, name)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });

  it("are read all, more than a page of them, and print without their values", async () => {
    await other.select(ServerConfig).count();
    for (let n = 0; n < 1020; n++) {
      await sandbox.put("protection_serverConfig", {
        id: 1000 + n,
        name: `Own${n}`,
        value: n === 7 ? "" : `text-${n}`,
      });
    }
    await sandbox.put("protection_serverConfig", { id: 5000, name: "LastBackup", value: "2026-01-04T22:00:00Z" });
    const settings = await ServerConfig.values(cb);
    expect(settings.reasons).toEqual([]);
    expect(settings.size).toBe(await other.select(ServerConfig).count());
    expect([...settings].length).toBe(settings.size);
    expect(settings.text("OWN1019")).toBe("text-1019");
    expect(settings.number("EventRetentionDays")).toBe(180);
    expect(settings.flag("ReputationEnabled")).toBe(true);
    expect(settings.date("lastbackup")).toEqual(new Date("2026-01-04T22:00:00Z"));
    expect([settings.number("Own7"), settings.flag("Own7"), settings.date("Own7"), settings.text("none")]).toEqual(
      Array(4).fill(undefined),
    );
    expect(() => settings.date("Own8")).toThrow("Own8 is no date");
    expect(() => settings.number("Own8")).toThrow("Own8 is no number");
    expect(settings.get("ParityServerVersion")).toMatchObject({ name: "ParityServerVersion", modifiedBy: "System" });
    expect(inspect({ settings })).toBe(`{ settings: ServerSettings (${settings.size} settings) }`);
    expect(JSON.parse(JSON.stringify(settings))).toMatchObject({ Own3: "text-3" });
  });

  it("need a permission, which is named", async () => {
    const token = "no-settings-0123456789";
    sandbox.tokens.add({ username: "plain", token, globalAdmin: false, rights: ["View files"] });
    const reader = protectionClient({ token });
    const error = await errorOf(() => ServerConfig.values(reader));
    expect(error).toMatchObject({
      code: "MISSING_PERMISSION",
      message: expect.stringContaining("View system configuration"),
    });
    await reader.close();
  });
});

describe("the server's performance", () => {
  it("is read as it is now, and over a period", async () => {
    const now = sandbox.clock.now();
    const latest = await cb.select(ServerPerformance).latest();
    expect(now - Number(latest?.dateCreated)).toBeLessThan(HOUR);
    expect(latest?.connectedAgents).toBeGreaterThan(0);
    expect(asked()).toHaveLength(1);
    const day = await cb.select(ServerPerformance).all();
    const week = await cb.select(ServerPerformance).period(168).all();
    expect([day.length, week.length]).toEqual([24, 168]);
    expect(Math.max(...day.map(({ dateCreated }) => Number(dateCreated)))).toBe(Number(latest?.dateCreated));
    const since = now - 168 * HOUR;
    expect(week.every(({ dateCreated }) => Number(dateCreated) > since)).toBe(true);
    await sandbox.clock.step(3600);
    const next = await cb.select(ServerPerformance).period(2).latest();
    expect(Number(next?.dateCreated) - Number(latest?.dateCreated)).toBe(HOUR);
  });
});
