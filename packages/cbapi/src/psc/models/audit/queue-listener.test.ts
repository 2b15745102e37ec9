import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cloudServer } from "../../../test-support/cloud-server.js";
import { JumpClock } from "../../../test-support/jump-clock.js";
import { Spool } from "./spool.js";

const QUEUE = "GET /audit_log/v1/orgs/{org}/logs/_queue";
const spoolPath = async () => join(await mkdtemp(join(tmpdir(), "cbapi-spool-")), "audit.spool");

async function queueOf(batches: string[][], more: object = {}) {
  const given = () => ({ results: (batches.shift() ?? []).map((description) => ({ description })) });
  return cloudServer({ [QUEUE]: given }, { clock: new JumpClock(), ...more });
}

describe("a queue that is listened to", () => {
  test("gives each entry once, and asks again after a while", async () => {
    const { cb, requests } = await queueOf([["a", "b"], [], ["c"]]);
    const pauses: number[] = [];
    const listener = cb.auditLogListener({ interval: 5000, onWait: ({ pause }) => void pauses.push(pause) });
    const got: unknown[] = [];
    for await (const { description } of listener) {
      got.push(description);
      if (got.length === 3) break;
    }
    expect(got).toEqual(["a", "b", "c"]);
    expect(pauses).toEqual([5000]);
    expect(requests).toHaveLength(3);
    expect(listener.position).toBe(3);
  });

  test("keeps what nobody took for who stops without a spool", async () => {
    const { cb } = await queueOf([["a", "b", "c"]]);
    const listener = cb.auditLogListener();
    await listener.next();
    await listener.return();
    expect(listener.pending.map(({ description }) => description)).toEqual(["b", "c"]);
  });

  test("waits while the service is out of order, once it has answered", async () => {
    let asked = 0;
    const { cb } = await cloudServer(
      {
        [QUEUE]: () =>
          ++asked === 2 ? { status: 500, text: "{}" } : { results: asked === 3 ? [{ description: "a" }] : [] },
      },
      { clock: new JumpClock() },
    );
    const errors: (string | undefined)[] = [];
    const listener = cb.auditLogListener({ onWait: ({ error }) => void errors.push(error?.name) });
    expect((await listener.next()).value?.description).toBe("a");
    expect(errors).toEqual([undefined, "ServerError"]);
    const broken = await cloudServer({ [QUEUE]: { status: 401, text: "{}" } });
    await expect(broken.cb.auditLogListener().next()).rejects.toMatchObject({ status: 401 });
  });

  test.each<[object, RegExp]>([
    [{ interval: -1 }, /interval is a number/],
    [{ spool: "" }, /spool is the path/],
    [{ position: 3 }, /name that as well/],
    [{ spool: "x", position: -1 }, /position is what another listener gave/],
    [{ spool: "x", positon: 1 }, /Did you mean position/],
  ])("refuses %j", async (options, why) => {
    const { cb } = await cloudServer({});
    expect(() => cb.auditLogListener(options as never)).toThrow(why);
  });
});

describe("a spool", () => {
  test("has what was taken before any of it is given out", async () => {
    const spool = await spoolPath();
    const { cb } = await queueOf([["a", "b"]]);
    await cb.auditLogListener({ spool }).next();
    const lines = (await readFile(spool, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([{ taken: 0 }, { n: 1, item: { description: "a" } }, { n: 2, item: { description: "b" } }]);
    expect(await readdir(join(spool, ".."))).toEqual(["audit.spool"]);
  });

  test("gives the one again that was being worked on, where the listener keeps the account", async () => {
    const spool = await spoolPath();
    const { cb } = await queueOf([["a", "b", "c"], ["d"]]);
    const first = cb.auditLogListener({ spool });
    await first.next();
    await first.next();
    const second = cb.auditLogListener({ spool });
    const got = [await second.next(), await second.next(), await second.next()].map(({ value }) => value?.description);
    expect(got).toEqual(["b", "c", "d"]);
  });

  test("that is none is refused, and so is a place that was not given out", async () => {
    const spool = await spoolPath();
    await writeFile(spool, "hello\nworld\n");
    const { cb, requests } = await queueOf([]);
    await expect(cb.auditLogListener({ spool }).next()).rejects.toMatchObject({ code: "SPOOL_UNREADABLE" });
    expect(requests).toEqual([]);
    await expect(cb.auditLogListener().saved(1)).rejects.toThrow("a place that was given out, up to 0");
  });

  test("whose last note was cut short is read without it", async () => {
    const spool = await spoolPath();
    await writeFile(spool, '{"taken":1}\n{"n":2,"item":"b"}\n{"tak');
    const opened = await Spool.open<string>(spool);
    expect(opened.behind(0)).toEqual([{ n: 2, item: "b" }]);
    await opened.take(2);
    expect((await Spool.open<string>(spool)).behind(0)).toEqual([]);
  });

  test("loses and repeats nothing, wherever listeners stop that keep their own account", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.constant(0), { maxLength: 5 }), { maxLength: 8 }),
        fc.array(fc.record({ take: fc.integer({ min: 0, max: 6 }), tells: fc.boolean() }), {
          minLength: 1,
          maxLength: 6,
        }),
        async (sizes, runs) => {
          const spool = await spoolPath();
          let n = 0;
          const batches = sizes.map((batch) => batch.map(() => `e${n++}`));
          const all = batches.flat();
          const { cb } = await queueOf([...batches]);
          const done: { readonly item: unknown; readonly position: number }[] = [];
          for (const { take, tells } of [...runs, { take: 1000, tells: true }]) {
            const stop = new AbortController();
            let idle = 0;
            const listener = cb.auditLogListener({
              spool,
              position: done.at(-1)?.position ?? 0,
              signal: stop.signal,
              onWait: () => {
                if (++idle > 12) stop.abort();
              },
            });
            for (let taken = 0; taken < take; taken++) {
              const next = await listener.next().catch(() => undefined);
              if (next === undefined || next.done === true) break;
              done.push({ item: next.value.description, position: listener.position });
              if (tells) await listener.saved(listener.position);
            }
          }
          expect(done.map(({ item }) => item)).toEqual(all);
        },
      ),
      { numRuns: 25 },
    );
  });
});
