import { describe, expect, it } from "vitest";
import { ODD_VALUES, startSmall } from "./samples.js";

const PATH = "/api/v1/banning/blacklist";
const HASH = "A1B2C3D4E5F60718293A4B5C6D7E8F90";
const md5 = HASH.toLowerCase();

describe("bans", () => {
  it("are made, lifted, given a text and made again, and tell who did what", async () => {
    await using server = await startSmall();
    const { sandbox, ask, reader } = server;
    expect(await ask("GET", PATH)).toEqual({ status: 200, body: [] });
    expect((await ask("GET", `${PATH}/${md5}`)).status).toBe(404);

    const banned = await reader("POST", PATH, { md5hash: HASH, text: "ransomware", enabled: true, block_count: 7 });
    expect(banned).toEqual({ status: 200, body: { result: "success" } });
    const readerId = (await ask("GET", `${PATH}/${HASH}`)).body.user_id;
    expect((await ask("GET", `${PATH}/${HASH}`)).body).toEqual({
      ...{ md5hash: md5, text: "ransomware", enabled: true, username: "reader", user_id: readerId },
      ...{ timestamp: "2026-01-05 09:00:00.000000+00:00", block_count: 0 },
      ...{ last_block_time: null, last_block_sensor_id: null, last_block_hostname: null },
      audit: [
        {
          ...{ username: "reader", user_id: readerId, text: "ransomware", enabled: true },
          timestamp: "2026-01-05 09:00:00.000000+00:00",
        },
      ],
    });
    expect(await ask("POST", PATH, { md5hash: md5 })).toEqual({
      status: 409,
      body: `Banned hash already exists: ${md5}`,
    });

    await sandbox.clock.step();
    expect(await ask("DELETE", `${PATH}/${md5}`)).toEqual(banned);
    expect(await ask("DELETE", `${PATH}/${HASH}`)).toEqual(banned);
    expect((await ask("GET", `${PATH}/${md5}`)).body).toMatchObject({ enabled: false, text: null, username: "admin" });
    expect(await ask("PUT", `${PATH}/${md5}`, { md5hash: md5, text: "was a mistake", enabled: false })).toEqual(banned);
    expect(await ask("POST", PATH, { md5hash: md5, text: "no, it was not" })).toEqual(banned);
    // PUT changes the text and nothing else; what it is sent besides has to be as it is.
    for (const wrong of [
      { enabled: false },
      { enabled: 1 },
      { text: 7 },
      { md5hash: "0".repeat(32) },
      { md5hash: 1 },
    ]) {
      const reply = await ask("PUT", `${PATH}/${md5}`, wrong);
      expect([reply.status, reply.body]).toEqual([400, expect.stringMatching(/^(enabled|text|md5hash) /)]);
    }
    const { body } = await ask("GET", `${PATH}/${md5}`);
    expect(body).toMatchObject({ enabled: true, text: "no, it was not", user_id: 1 });
    expect(await ask("PUT", `${PATH}/${md5}`, body)).toEqual(banned);
    expect(body.audit.map((each: { text: unknown; enabled: unknown }) => [each.text, each.enabled])).toEqual([
      ["no, it was not", true],
      ["was a mistake", false],
      [null, false],
      ["ransomware", true],
    ]);
    expect((await ask("GET", PATH)).body).toEqual([body]);

    await sandbox.reset();
    expect((await ask("GET", PATH)).body).toEqual([]);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("are cut to 500 unless more are asked for", async () => {
    await using server = await startSmall();
    const { sandbox, ask } = server;
    const hash = (n: number): string => n.toString(16).padStart(32, "0");
    for (let n = 0; n < 503; n++) {
      if (n % 250 === 0) await sandbox.clock.step();
      await ask("POST", PATH, { md5hash: hash(n), text: null });
    }
    const list = async (query: string): Promise<string[]> =>
      (await ask("GET", `${PATH}${query}`)).body.map((each: { md5hash: string }) => each.md5hash);
    expect(await list("")).toHaveLength(500);
    expect(await list("?count=10000")).toHaveLength(503);
    expect(await list("?count=4")).toEqual([hash(500), hash(501), hash(502), hash(250)]);
    expect((await ask("GET", `${PATH}?count=-1`)).status).toBe(400);
    expect((await ask("GET", `${PATH}?count=many`)).status).toBe(400);
  });

  it("refuse what is no hash, and say which field is wrong", async () => {
    await using server = await startSmall();
    const { sandbox, ask } = server;
    for (const value of [...ODD_VALUES, md5.slice(1), `${md5}0`, `${md5}\n`, `g${md5.slice(1)}`, "' OR 1=1 --"]) {
      const { status, body } = await ask("POST", PATH, { md5hash: value });
      expect([status, body], JSON.stringify(value)).toEqual([400, expect.stringContaining("md5hash")]);
    }
    expect(await ask("POST", PATH, {})).toEqual({ status: 400, body: "Missing fields: md5hash" });
    for (const body of ["", "null", "[]", '"x"', "{", "17"]) expect((await ask("POST", PATH, body)).status).toBe(400);
    expect(await ask("POST", PATH, { md5hash: md5, enabled: "yes" })).toMatchObject({
      status: 400,
      body: "enabled must be true or false",
    });
    expect((await ask("POST", PATH, { md5hash: md5, text: 5 })).body).toBe("text must be a text");
    expect((await ask("PUT", `${PATH}/${md5}`, { text: "x" })).status).toBe(404);
    expect((await ask("DELETE", `${PATH}/${md5}`)).status).toBe(404);
    expect((await ask("GET", `${PATH}/..%2f${md5.slice(3)}`)).status).toBe(400);
    expect((await ask("PATCH", `${PATH}/${md5}`, {})).status).toBe(405);
    expect((await ask("GET", PATH)).body).toEqual([]);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("of the default organisation agree with what was blocked there; old and new servers have the same routes", async () => {
    const organisation = { hosts: 26, processes: 4000, binaries: 300 };
    await using server = await startSmall({ organisation, version: "7.8.0.230101.1200" });
    const { ask } = server;
    const { body } = await ask("GET", PATH);
    expect(body.length).toBeGreaterThan(4);
    expect(body.some((each: { enabled: boolean }) => !each.enabled)).toBe(true);
    for (const ban of body) {
      expect(ban).toMatchObject({ enabled: ban.audit[0].enabled, text: ban.audit[0].text });
      const found = await ask("GET", `/api/v1/process?rows=1000&q=blocked_md5:${ban.md5hash}`);
      const blocks = found.body.results.reduce(
        (total: number, row: { processblock_count: number }) => total + row.processblock_count,
        0,
      );
      expect(ban.block_count, ban.text).toBe(blocks);
      if (blocks === 0) continue;
      const hosts = found.body.results.map((row: { sensor_id: number; hostname: string }) => [
        ...[row.sensor_id, row.hostname.toUpperCase()],
      ]);
      expect(hosts).toContainEqual([ban.last_block_sensor_id, ban.last_block_hostname]);
    }
    expect(body.some((each: { block_count: number }) => each.block_count > 0)).toBe(true);
    expect((await ask("GET", "/api/v1/banning/whitelist")).body).toEqual({ whitelist: [] });
    expect((await ask("GET", "/api/v1/banning/restrictions")).body).toEqual({ patterns: [] });
    await using old = await startSmall({ organisation: "empty", version: "5.2.0.161004.1206" });
    expect((await old.ask("POST", PATH, { md5hash: md5 })).status).toBe(200);
    expect((await old.ask("GET", `${PATH}/${md5}`)).body).toMatchObject({ user_id: 1, username: "admin" });
  });
});
