import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { Sandbox } from "./sandbox.js";

const folder = mkdtempSync(join(tmpdir(), "lifecycle-"));
// A place of its own for temporary files: other tests make theirs at the same time.
const usualPlace = process.env["TMPDIR"];
process.env["TMPDIR"] = folder;
afterAll(() => {
  if (usualPlace === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = usualPlace;
  rmSync(folder, { recursive: true });
});

const temporaryFolders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("cbapi-sandbox-"));
const small = { hosts: 14, processes: 3000, binaries: 300 };
const reason = new Error("enough");

async function ask<T>(sandbox: Sandbox, path: string): Promise<T> {
  const response = await sandbox.handle(
    new Request(`${sandbox.url}${path}`, { headers: { "x-auth-token": sandbox.token } }),
  );
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
}

describe("starting", () => {
  it("lets the event loop turn while the organisation is generated", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await using _ = await Sandbox.start({ organisation: small, tls: false });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it("is given up in the middle, and leaves nothing behind", async () => {
    const before = temporaryFolders();
    const file = join(folder, "given-up.db");
    const stop = new AbortController();
    const starting = Sandbox.start({ signal: stop.signal, file, organisation: small });
    const givenUp = expect(starting).rejects.toBe(reason);
    // Written to, and far from done: some of the turns that the test before has counted.
    while (!existsSync(file)) await nextTurn();
    await nextTurn();
    stop.abort(reason);
    await givenUp;
    await expect(Sandbox.start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(temporaryFolders().filter((name) => !before.includes(name))).toEqual([]);
    // What had been written is gone: the next start generates it all.
    await using sandbox = await Sandbox.start({ file, organisation: "small", tls: false });
    expect(sandbox.info()).toMatchObject({ organisation: { sensors: 4 } });
  });

  it("that is given up anywhere on the way is made anew from the same file", { timeout: 120_000 }, async () => {
    const file = join(folder, "partial.db");
    const figures = async (sandbox: Sandbox): Promise<unknown[]> => [
      sandbox.info()["organisation"],
      (await ask<{ total_results: number }>(sandbox, "/api/v2/alert?rows=0")).total_results,
      (await ask<{ total_results: number }>(sandbox, "/api/v1/threat_report?rows=0")).total_results,
    ];
    const options = { file, organisation: "small", tls: false } as const;
    const whole = await Sandbox.start({ organisation: "small", tls: false });
    const expected = await figures(whole);
    await whole.stop();
    let givenUp = 0;
    for (let turns = 1; turns < 200; turns += 1) {
      // After so many turns of the event loop, wherever the start is then.
      const stop = new AbortController();
      let left = turns;
      const count = (): void => {
        left -= 1;
        if (left === 0) stop.abort(reason);
        else waiting = setImmediate(count);
      };
      let waiting = setImmediate(count);
      const started = await Sandbox.start({ ...options, signal: stop.signal }).catch(() => undefined);
      clearImmediate(waiting);
      await started?.stop();
      if (started !== undefined) break;
      givenUp += 1;
      const again = await Sandbox.start(options);
      expect(await figures(again), `given up after ${turns} turns`).toEqual(expected);
      await again.stop();
      rmSync(file);
    }
    expect(givenUp).toBeGreaterThan(0);
  });

  it("takes up again what was changed in a file, also of an organisation that began empty", async () => {
    const file = join(folder, "empty.db");
    const options = { file, organisation: "empty", tls: false } as const;
    const send = async (sandbox: Sandbox, path: string, body: unknown): Promise<void> => {
      const headers = { "x-auth-token": sandbox.token };
      const request = new Request(`${sandbox.url}${path}`, { method: "PUT", headers, body: JSON.stringify(body) });
      expect((await sandbox.handle(request)).status).toBe(200);
    };
    {
      await using sandbox = await Sandbox.start(options);
      await send(sandbox, "/api/v3/group/1", { name: "Renamed" });
      await send(sandbox, "/api/site/1", { name: "Elsewhere" });
    }
    await using sandbox = await Sandbox.start(options);
    expect(await ask(sandbox, "/api/v3/group/1")).toMatchObject([{ name: "Renamed" }]);
    expect(await ask(sandbox, "/api/site/1")).toEqual([{ id: 1, name: "Elsewhere" }]);
  });

  it("is of no concern to a signal once it is done", async () => {
    const stop = new AbortController();
    await using sandbox = await Sandbox.start({ organisation: "small", signal: stop.signal, tls: false });
    stop.abort(reason);
    await sandbox.reset(2);
    expect(await ask(sandbox, "/api/info")).toMatchObject({ cblrEnabled: true });
  });

  it("that fails leaves no folder behind, wherever it fails", async () => {
    const before = temporaryFolders();
    const failing: Parameters<typeof Sandbox.start>[0][] = [
      { organisation: { hosts: -1 } },
      { organisation: "empty", version: "new" },
      { organisation: "empty", clock: { start: "never" } },
      { organisation: "empty", host: "no.such.host.invalid" },
      { organisation: "empty", importFiles: [join(folder, "absent.json")] },
    ];
    for (const options of failing) await expect(Sandbox.start(options)).rejects.toThrow();
    expect(temporaryFolders().filter((name) => !before.includes(name))).toEqual([]);
  });

  it("refuses a file of another kind", async () => {
    const { Store } = await import("./store/index.js");
    const file = join(folder, "old.db");
    const store = Store.open({ file });
    store.database.exec("PRAGMA user_version = 999");
    store.close();
    await expect(Sandbox.start({ file })).rejects.toThrow(/this version/);
  });

  it("gives the same organisation in slices as at once", async () => {
    const [one, two] = await Promise.all([
      Sandbox.start({ organisation: small, tls: false }),
      Sandbox.start({ organisation: small, tls: false }),
    ]);
    const rows = async (sandbox: Sandbox): Promise<unknown> =>
      (await ask<{ results: unknown }>(sandbox, "/api/v1/process?rows=1000&sort=start%20asc")).results;
    expect(one.url).not.toBe(two.url);
    expect(await rows(one)).toEqual(await rows(two));
    await Promise.all([one.stop(), two.stop()]);
  });
});

describe("stopping", () => {
  it("twice is once", async () => {
    const sandbox = await Sandbox.start({ organisation: "small" });
    const { caFile = "" } = sandbox;
    expect(existsSync(caFile)).toBe(true);
    expect(sandbox.stop()).toBe(sandbox.stop());
    await sandbox.stop();
    await sandbox.stop();
    expect(existsSync(caFile)).toBe(false);
    await expect(sandbox.reset()).rejects.toThrow(/stopped/);
    await expect(sandbox.importFile("x")).rejects.toThrow(/stopped/);
  });

  it("does not wait for a reset to end", async () => {
    const sandbox = await Sandbox.start({ organisation: small, tls: false });
    const reset = sandbox.reset(2);
    const failed = expect(reset).rejects.toThrow(/stopped/);
    await nextTurn();
    await nextTurn();
    await sandbox.stop();
    // One that had come to its end would have resolved.
    await failed;
  });

  it("twenty in a row leave neither folders nor sockets nor timers", async () => {
    const before = temporaryFolders();
    const resources = (): string[] => process.getActiveResourcesInfo().filter((name) => /TCP|Server|FSReq/.test(name));
    const sockets = resources().length;
    const listeners = process.listenerCount("exit");
    for (let i = 0; i < 20; i++) {
      // Keys take most of the time; the rest is the same without them.
      const sandbox = await Sandbox.start({ organisation: "empty", tls: i % 5 === 0 });
      await ask(sandbox, "/api/info");
      await sandbox.stop();
    }
    expect(temporaryFolders().filter((name) => !before.includes(name))).toEqual([]);
    // The system takes a moment to let go of a closed port.
    await expect.poll(() => resources().length, { timeout: 20_000 }).toBeLessThanOrEqual(sockets);
    expect(process.listenerCount("exit") - listeners).toBeLessThanOrEqual(1);
  });
});

describe("what the organisation's server says of itself", () => {
  it("groups name the sandbox's own address", async () => {
    await using sandbox = await Sandbox.start({ organisation: "small" });
    const groups = await ask<{ sensorbackend_server: string }[]>(sandbox, "/api/v3/group");
    expect(groups.map((group) => group.sensorbackend_server)).toEqual([sandbox.url]);
  });

  it("partitions are hot, warm and cold, and add up; one can be made a legacy", async () => {
    await using sandbox = await Sandbox.start({ organisation: small, tls: false });
    interface Partition {
      status: string;
      info: { numDocs: number; isLegacy: boolean; startDate: string; endDate: string | null };
    }
    const list = (): Promise<Record<string, Partition>> => ask(sandbox, "/api/v1/storage/events/partition");
    const partitions = await list();
    const of = (status: string): Partition[] => Object.values(partitions).filter((each) => each.status === status);
    expect(partitions["writer"]).toMatchObject({ status: "hot", info: { endDate: null } });
    expect(of("warm").length).toBeGreaterThanOrEqual(1);
    expect(of("cold")).toHaveLength(1);
    const held = [...of("hot"), ...of("warm")].reduce((total, { info }) => total + info.numDocs, 0);
    expect(held).toBe((await ask<{ total_results: number }>(sandbox, "/api/v1/process?rows=0")).total_results);
    const { startDate = "", endDate } = of("cold")[0]?.info ?? {};
    const within = `cb.min_last_server_update=${startDate}&cb.max_last_server_update=${endDate}`;
    expect(await ask(sandbox, `/api/v1/process?rows=0&${within}`)).toMatchObject({ total_results: 0 });
    const legacies = (all: Record<string, Partition>): number =>
      Object.values(all).filter(({ info }) => info.isLegacy).length;
    expect(legacies(partitions)).toBe(0);
    sandbox.behaviour.legacyPartitions = true;
    expect(legacies(await list())).toBe(1);
  });

  it("a legacy partition is only known to servers of version 6", async () => {
    const behaviour = { legacyPartitions: true };
    for (const [version, count] of [
      ["6.1.0.170531.1416", 1],
      ["7.8.0.230101.1200", 0],
    ] as const) {
      await using sandbox = await Sandbox.start({ organisation: "empty", version, behaviour, tls: false });
      const partitions = await ask<Record<string, { info: { isLegacy: boolean } }>>(
        sandbox,
        "/api/v1/storage/events/partition",
      );
      expect(Object.values(partitions).filter(({ info }) => info.isLegacy)).toHaveLength(count);
    }
  });

  it("programs have an icon, libraries none", async () => {
    await using sandbox = await Sandbox.start({ organisation: "small", tls: false });
    const rows = async (query: string): Promise<{ md5: string }[]> =>
      (await ask<{ results: { md5: string }[] }>(sandbox, `/api/v1/binary?rows=1&q=${encodeURIComponent(query)}`))
        .results;
    const [program] = await rows("is_executable_image:true copied_mod_len:[1 TO *] os_type:windows");
    const summary = await ask<{ icon: string }>(sandbox, `/api/v1/binary/${program?.md5}/summary`);
    expect(Buffer.from(summary.icon, "base64").subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
    const [library] = await rows("is_executable_image:false");
    expect(await ask(sandbox, `/api/v1/binary/${library?.md5}/summary`)).not.toHaveProperty("icon");
  });
});
