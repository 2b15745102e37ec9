// Searches as jobs of the sandbox: what selects and orders rows, waiting, giving up, and results that are gone.
import { CbThreatHunterAPI, Process, QuerySyntaxError, range, TimeoutError, wildcard } from "cbapi/threathunter";
import { afterEach, describe, expect, it } from "vitest";
import { asked, cloudAccess, sandbox, useCloudAs } from "../support/given-cloud.js";

const given = useCloudAs(CbThreatHunterAPI, {}, false);
const JOBS = "/api/investigate/v2/orgs/{org}/processes/search_jobs";

afterEach(() => {
  Object.assign(sandbox.behaviour, { searchPolls: 4, searchersAway: false, retired: false, searchWindow: 10_000 });
});

/** The sandbox's time goes on by so much. */
const pass = (milliseconds: number) => sandbox.clock.step(Math.ceil(milliseconds / sandbox.clock.tickInterval));

describe("what is found", () => {
  it("has what criteria, exclusions and query ask for", async () => {
    const { cb } = given;
    const all = await cb.select(Process).all();
    const [device = 0] = [...new Set(all.map(({ device_id }) => device_id))];
    const mine = all.filter(({ device_id }) => device_id === device);
    expect(await cb.select(Process).addCriteria("device_id", [device]).count()).toBe(mine.length);
    expect(await cb.select(Process).addExclusions("device_id", [device]).count()).toBe(all.length - mine.length);
    expect(await cb.select(Process).where({ device_id: device }).count()).toBe(mine.length);
    expect(await cb.select(Process).not({ device_id: device }).count()).toBe(all.length - mine.length);
    expect(
      await cb
        .select(Process)
        .where({ device_id: [device, -5] })
        .count(),
    ).toBe(mine.length);
    const names = await cb
      .select(Process)
      .where({ process_name: wildcard("*host*.exe") })
      .all();
    expect(names.length).toBeGreaterThan(0);
    expect(names.every(({ process_name: name = "" }) => /host.*\.exe$/i.test(name))).toBe(true);
  });

  it("lies in a span of time", async () => {
    const { cb } = given;
    const all = await cb.select(Process).all();
    const times = all.map(({ process_start_time: time }) => time?.getTime() ?? 0).toSorted((a, b) => a - b);
    const from = new Date(times[10] ?? 0);
    const to = new Date(times[20] ?? 0);
    const expected = times.filter((time) => time >= from.getTime() && time <= to.getTime()).length;
    expect(
      await cb
        .select(Process)
        .where({ process_start_time: range(from, to) })
        .count(),
    ).toBe(expected);
    const seen = all.filter(({ device_timestamp: time }) => time !== undefined && time >= from && time <= to);
    const span = cb.select(Process).setTimeRange({ start: from, end: to });
    expect(await span.count()).toBe(seen.length);
  });

  it("comes in the order that is asked for, the newest first without one", async () => {
    const { cb } = given;
    const usual = (await cb.select(Process).all()).map(({ device_timestamp: time }) => time?.getTime() ?? 0);
    expect(usual).toEqual(usual.toSorted((a, b) => b - a));
    const rows = await cb.select(Process).sortBy("device_id", "DESC").sortBy("process_start_time").all();
    const keys = rows.map((row) => [row.device_id ?? 0, row.process_start_time?.getTime() ?? 0] as const);
    expect(keys).toEqual(keys.toSorted((a, b) => b[0] - a[0] || a[1] - b[1]));
    const [last] = await cb.select(Process).sortBy("process_start_time").slice(-1);
    expect((await cb.select(Process).sortBy("process_start_time", "DESC").first())?.process_start_time).toEqual(
      last?.process_start_time,
    );
  });

  it("is collapsed, cut down to some fields, and counted by values", async () => {
    const { cb } = given;
    const all = await cb.select(Process).all();
    const names = new Set(all.map(({ process_name }) => process_name));
    expect(await cb.select(Process).setCollapseField("process_name").count()).toBe(names.size);
    const [row] = await cb.select(Process).setFields(["process_guid", "process_name"]).all({ limit: 1 });
    expect(Object.keys(row?.toJSON() ?? {}).toSorted()).toEqual(["process_guid", "process_name"]);
    const { terms, found, complete } = await cb.select(Process).facets({ fields: ["device_id"], rows: 500 });
    expect([found, complete]).toEqual([all.length, true]);
    for (const { name, total } of terms.get("device_id") ?? []) {
      expect(total).toBe(all.filter(({ device_id }) => String(device_id) === name).length);
    }
  });

  it("is read by pages as well, of which the report tells", async () => {
    const { cb } = given;
    const all = await cb.select(Process).all({ limit: 120 });
    const query = cb.select(Process).batchSize(50);
    expect(query.report()).toBeUndefined();
    const guids: string[] = [];
    const sizes: number[] = [];
    for await (const { items } of query.pages()) {
      sizes.push(items.length);
      guids.push(...items.map(({ process_guid }) => process_guid));
    }
    expect(sizes.slice(0, -1).every((size) => size === 50)).toBe(true);
    expect(guids.slice(0, 120)).toEqual(all.map(({ process_guid }) => process_guid));
    expect(query.report()).toMatchObject({ complete: true, returned: guids.length, pages: sizes.length });
  });

  it("is told with its count from one job", async () => {
    const query = given.cb.select(Process).where({ process_name: "svchost.exe" });
    asked();
    const count = await query.count();
    expect(await query.all()).toHaveLength(count);
    expect(asked().filter((request) => request === `POST ${JOBS}`)).toHaveLength(1);
  });
});

describe("waiting", () => {
  it("fails when the time is up, by the client's clock", async () => {
    sandbox.behaviour.searchPolls = -1;
    const began = sandbox.clock.now();
    await expect(given.cb.select(Process).timeout(5000).all()).rejects.toThrow(TimeoutError);
    expect(sandbox.clock.now() - began).toBeGreaterThanOrEqual(5000);
    expect(sandbox.clock.now() - began).toBeLessThan(10_000);
  });

  it("gives a part on request, which the report says", async () => {
    const whole = await given.cb.select(Process).count();
    sandbox.behaviour.searchPolls = -1;
    const found = await given.cb.select(Process).timeout(5000).allowPartial().all();
    expect(found.length).toBeLessThan(whole);
    expect(found.report().complete).toBe(false);
    expect(found.report().reasons.join()).toMatch(/not over after 5000 ms: \d+ of \d+ searchers had answered/);
  });

  it("ends at once when the caller gives up after five seconds, and the server is told", async () => {
    sandbox.behaviour.searchPolls = -1;
    const giveUp = new AbortController();
    const { clock, ...access } = cloudAccess();
    const began = sandbox.clock.now();
    const counting = {
      now: () => sandbox.clock.now(),
      sleep: async (milliseconds: number, signal?: AbortSignal) => {
        await clock?.sleep(milliseconds, signal);
        if (sandbox.clock.now() - began >= 5000) giveUp.abort(new Error("enough"));
        signal?.throwIfAborted();
      },
    };
    const cb = new CbThreatHunterAPI({ ...access, clock: counting });
    const before = await cb.queries();
    asked();
    await expect(cb.select(Process).all({ signal: giveUp.signal })).rejects.toThrow("enough");
    await expect.poll(() => cb.queries()).toEqual(before);
    const sent = asked().filter((request) => request.includes(`${JOBS}`));
    const end = sent.findIndex((request) => request.startsWith("DELETE"));
    expect(sent.slice(0, end).length).toBeGreaterThan(5);
    expect(sent.slice(end + 1)).toEqual([]);
    await cb.close();
  });

  it("finds nothing where no searcher has data", async () => {
    sandbox.behaviour.searchersAway = true;
    const answer = given.cb.select(Process).timeout(3000).all();
    // Whether the service says so or only stays silent: it ends.
    await answer.then(
      (found) => expect(found).toHaveLength(0),
      (error: unknown) => expect(error).toBeInstanceOf(TimeoutError),
    );
  });
});

describe("results that are gone", () => {
  it("are searched for once more, and each row comes once", async () => {
    const { cb } = given;
    const all = await cb.select(Process).all();
    const rows = cb.select(Process).batchSize(50).iterate();
    const seen: string[] = [];
    for await (const row of rows) {
      seen.push(row.process_guid);
      if (seen.length === 10) await pass(200_000);
    }
    expect(seen).toEqual(all.map(({ process_guid }) => process_guid));
    expect(rows.report().complete).toBe(true);
    expect(rows.report().notes?.join()).toContain("the search was run once more");
  });
});

describe("limits of the server", () => {
  it("are told where it gives less than it has found", async () => {
    sandbox.behaviour.searchWindow = 100;
    const found = await given.cb.select(Process).all();
    expect(found).toHaveLength(100);
    expect(found.report().reasons.join()).toMatch(/the server found \d+ rows and gives 100 of them/);
  });

  it("are those of its routes: what it has switched off is named with what does the same", async () => {
    sandbox.behaviour.retired = true;
    expect(await given.cb.select(Process).count()).toBeGreaterThan(0);
    await using cb = new CbThreatHunterAPI({ ...cloudAccess(), routes: "classic" });
    for (const act of [() => cb.select(Process).where("process_name:a").all(), () => cb.limits(), () => cb.queries()]) {
      await expect(act()).rejects.toMatchObject({
        code: "ROUTE_RETIRED",
        message: expect.stringContaining("/api/investigate/") as unknown,
      });
    }
  });
});

describe("queries that the server cannot read", () => {
  it.each(["process_name:(", "a OR", 'process_name:"x', "process_start_time:[1 TO", "process_name:", ") a"])(
    "%s is refused with a place, and no job begins",
    async (text) => {
      asked();
      const error = await given.cb
        .select(Process)
        .where(text)
        .all()
        .then(undefined, (reason: unknown) => reason);
      expect(error).toBeInstanceOf(QuerySyntaxError);
      expect((error as Error).message).toContain(`Invalid query: ${text}`);
      expect(asked()).not.toContain(`POST ${JOBS}`);
    },
  );
});
