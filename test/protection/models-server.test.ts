// The server itself: who may do what on it, how it is set up, how busy it is.
import {
  type CbProtectionAPI,
  Computer,
  FileCatalog,
  GrantedUserPolicyPermission,
  ObjectNotFoundError,
  ServerConfig,
  ServerPerformance,
  UnauthorizedError,
  User,
  UserGroup,
} from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, protectionClient, sandbox, useProtection, written } from "../support/given-protection.js";

useProtection();

const TOKEN = "0123456789ABCDEF-analyst";

describe("a user of the console", () => {
  it("is made, changed and deleted, and his token carries what his groups may do", async () => {
    const user = cb.create(User, {
      name: "analyst",
      userGroupIds: [3],
      apiToken: TOKEN,
      eMailAddress: "a@example.com",
    });
    await user.save();
    expect([user.userGroupIds, user.enabled, user.readOnly]).toEqual(["3", true, false]);
    const analyst = protectionClient({ token: TOKEN });
    try {
      expect(await analyst.select(Computer).count()).toBe(5);
      const computer = await analyst.select(Computer, 3);
      const refused = await errorOf(() => computer.set({ computerTag: "x" }).save());
      expect(refused).toBeInstanceOf(UnauthorizedError);
      expect(refused).toMatchObject({ code: "MISSING_PERMISSION" });
      expect(refused.message).toContain("Manage computers");
      user.set({ userGroupIds: [2, 3], title: "Dr" });
      asked();
      await user.save({ verify: true });
      expect(written()).toEqual([`PUT user/${user.id}`]);
      await computer.save();
      expect((await other.select(Computer, 3)).computerTag).toBe("x");
      await user.delete();
      await expect(other.select(User, user.id ?? 0)).rejects.toBeInstanceOf(ObjectNotFoundError);
      const gone = await errorOf(() => analyst.select(FileCatalog).count());
      expect(gone).toBeInstanceOf(UnauthorizedError);
      expect(gone).not.toMatchObject({ code: "MISSING_PERMISSION" });
    } finally {
      await analyst.close();
    }
    expect(JSON.stringify(sandbox.requests.entries())).not.toContain(TOKEN);
  });

  it("is found by what is known of him, and read by his number", async () => {
    const [admin] = await cb.select(User).where({ name: "ADMIN" }).all();
    expect([admin?.id, admin?.readOnly]).toEqual([1, true]);
    expect((await cb.select(User, 1)).lastName).toBe("Administrator");
  });
});

describe("a group of users", () => {
  it("is made, changed and deleted, and tells by whom", async () => {
    const group = await cb.create(UserGroup, { name: "Help desk", permissions: "3ff", policyIds: [3, 5] }).save();
    expect([group.policyIds, group.editable, await group.createdByUser.name]).toEqual(["3,5", true, "admin"]);
    group.set({ description: "first level", policyIds: [] });
    asked();
    await group.save({ verify: true });
    expect(written()).toEqual([`PUT userGroup/${group.id}`]);
    expect([group.policyIds, await group.modifiedByUser.id]).toEqual(["", 1]);
    expect((await other.select(UserGroup, group.id ?? 0)).description).toBe("first level");
    const names = (await other.select(UserGroup).sort("name").all()).map(({ name }) => name);
    expect(names).toEqual(["Administrators", "Help desk", "Power Users", "Read Only"]);
    await group.delete();
    expect(await other.select(UserGroup).where({ name: "Help desk" }).count()).toBe(0);
  });

  it("gives its users what is granted for policies", async () => {
    const rows = await cb.select(GrantedUserPolicyPermission).where({ userId: 1 }).all();
    expect(rows.map(({ permissions }) => permissions)).toEqual(["ffffffff"]);
    expect((await cb.select(GrantedUserPolicyPermission, rows[0]?.id ?? 0)).get("policyId")).toBe(1);
  });
});

describe("the settings of the server", () => {
  it("are read one by one, and are what the client has learnt when it connected", async () => {
    await cb.connect();
    expect(cb.cb_server_version?.toString()).toBe("8.1.4.134");
    const setting = await cb.select(ServerConfig).where({ name: "ParityServerVersion" }).one();
    expect(setting.value).toBe(cb.info["ParityServerVersion"]);
    expect((await cb.select(ServerConfig, setting.id)).name).toBe("ParityServerVersion");
    const all = await cb.select(ServerConfig).all();
    expect(Object.fromEntries(all.map(({ name, value }) => [name, value]))).toEqual(cb.info);
    expect(await cb.select(ServerConfig).where("value:true").count()).toBeGreaterThan(1);
  });
});

describe("the performance of the server", () => {
  it("is told hour by hour, as far back as is asked, by rows that have no lasting number", async () => {
    const day = await cb.select(ServerPerformance).sort("dateCreated").all();
    expect(day.length).toBe(24);
    expect(day.at(-1)?.dateCreated?.toISOString()).toBe("2026-01-05T09:00:00.000Z");
    const hours = await cb.select(ServerPerformance).period(48).sort("dateCreated").all();
    expect([hours.length, hours.at(-1)?.serverFiles]).toEqual([48, day.at(-1)?.serverFiles]);
    expect(hours.map(({ connectedAgents }) => connectedAgents)).toEqual(hours.map(() => 5));
    const busy = cb.select(ServerPerformance).period(48).where("serverFileBacklog>10");
    expect(await busy.count()).toBe(hours.filter(({ serverFileBacklog = 0 }) => serverFileBacklog > 10).length);
    expect(() => cb.select(ServerPerformance).period(0)).toThrow("whole hours from 1 on");
    await expect(cb.select(ServerPerformance, 5)).rejects.toThrow("no id that lasts");
  });

  it.each([false, true])(
    "comes whole in pages, though each numbers its rows anew (offsets from 1: %s)",
    async (one) => {
      sandbox.behaviour.oneBasedOffset = one;
      const client: CbProtectionAPI = protectionClient();
      try {
        const rows = await client.select(ServerPerformance).period(30).sort("dateCreated").batchSize(7).all();
        expect(rows.report()).toMatchObject({ complete: true });
        expect(new Set(rows.map(({ dateCreated }) => dateCreated?.getTime())).size).toBe(30);
        const plain = await client.object("serverPerformance").list({ batchSize: 7 });
        expect(plain.map(({ dateCreated }) => dateCreated)).toEqual(
          rows.slice(-24).map((row) => row.get("dateCreated")),
        );
        const slice = await client.select(ServerPerformance).period(30).sort("dateCreated").slice(9, 12);
        expect(slice.map((row) => row.get("dateCreated"))).toEqual(
          rows.slice(9, 12).map((row) => row.get("dateCreated")),
        );
      } finally {
        sandbox.behaviour.oneBasedOffset = false;
        await client.close();
      }
    },
  );
});
