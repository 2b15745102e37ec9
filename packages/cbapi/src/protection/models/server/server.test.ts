import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../../core/errors.js";
import { protectionServer } from "../../../test-support/protection-server.js";
import { ServerConfig } from "./server-config.js";
import { ServerPerformance } from "./server-performance.js";
import { User } from "./user.js";

describe("the server's performance", () => {
  it("is read anew each time, over the hours that are asked for, and its numbers are no ids", async () => {
    let reads = 0;
    const at = (id: number, hour: number, serverFileBacklog: number) => {
      return { id, dateCreated: `2026-01-05T0${hour}:00:00Z`, serverFileBacklog };
    };
    const { cb, requests } = await protectionServer({
      // A server that numbers the rows of each page from 1 on.
      serverPerformance: ({ query }) => {
        reads++;
        const rows = [at(1, 1, 10), at(2, 2, 20), at(1, 3, 30), at(2, 4, 40 + reads)];
        return rows.slice(Number(query.get("offset")), Number(query.get("offset")) + Number(query.get("limit")));
      },
    });
    const query = cb.select(ServerPerformance).period(48).batchSize(2);
    const backlogs = async () => (await query.all()).map((sample) => sample.serverFileBacklog);
    expect(await backlogs()).toEqual([10, 20, 30, 42]);
    expect(new Set(requests.map((path) => /period=(\d+)/.exec(path)?.[1]))).toEqual(new Set(["48"]));
    const before = reads;
    expect((await backlogs()).at(-1)).toBe(40 + before + 2);
    expect(cb.cacheStats.size).toBe(0);
    const first = await cb.select(ServerPerformance).first();
    expect([first?.id, first?.dateCreated]).toEqual([1, new Date("2026-01-05T01:00:00Z")]);
    expect(requests.at(-1)).not.toContain("period");
  });

  it("has no sample by a number, and no period of nothing", async () => {
    const { cb, requests } = await protectionServer({});
    await expect(Promise.resolve(cb.select(ServerPerformance, 1))).rejects.toThrow("has no id that lasts");
    for (const hours of [0, 1.5, Number.NaN]) {
      expect(() => cb.select(ServerPerformance).period(hours)).toThrow(ApiError);
    }
    expect(requests).toEqual([]);
  });
});

describe("the server's settings", () => {
  it("are objects with a name and a text", async () => {
    const { cb } = await protectionServer({});
    expect((await cb.select(ServerConfig).where("name:ParityServerVersion").one()).value).toBe("8.1.4.134");
  });
});

describe("a user of the console", () => {
  it("prints without secrets, wherever it is printed, and has them", async () => {
    const secrets = { passwordHash: "h4sh-of-it", passwordSalt: "s4lt-of-it", apiToken: "t0ken-of-it" };
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const logger = { debug: write, info: write, warn: write, error: write };
    const { cb, writes } = await protectionServer(
      { "user/3": ({ body }) => ({ id: 3, name: "joey", ...secrets, ...(body as object) }) },
      { logger },
    );
    const user = await cb.select(User, 3);
    expect(user.toJSON()).toMatchObject(secrets);
    user.set({ apiToken: "n3w-token-of-it", userGroupIds: [1, 2] });
    const plan = await user.save({ dryRun: true });
    const printed = inspect([user, plan], { depth: 9 }) + inspect(user);
    await user.save();
    expect(writes.at(-1)?.body).toEqual({ id: 3, apiToken: "n3w-token-of-it", userGroupIds: "1,2" });
    expect(lines.length).toBeGreaterThan(0);
    for (const text of [printed, ...lines]) expect(text).not.toMatch(/-of-it/);
    expect(() => user.set({ apiToken: 5 as never })).toThrow("User.apiToken: expected string");
  });
});
