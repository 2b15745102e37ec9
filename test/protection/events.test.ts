// Events: searched by time and kind, counted, and followed without a gap and without a repetition.
import { inspect } from "node:util";
import { Event, type EventPosition, EventType, InternalEvent, Severity } from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, protectionClient, sandbox, useProtection } from "../support/given-protection.js";

useProtection();

const HOUR = 3_600_000;
const FIRST = 100_000;

/** Has the server receive an event. */
async function received(id: number, more: object = {}): Promise<void> {
  const now = sandbox.clock.now();
  await sandbox.put("protection_event", {
    ...{ id, timestamp: now, receivedTimestamp: now, type: 4, subtype: 801, severity: 5, description: `event ${id}` },
    ...more,
  });
}

/** The ids of so many events. */
async function take(tail: AsyncIterator<Event, undefined>, count: number): Promise<number[]> {
  const ids: number[] = [];
  for (; ids.length < count; ) {
    const { value } = await tail.next();
    if (value === undefined) break;
    ids.push(value.id);
  }
  return ids;
}

/** What a tail gives until it has to wait. */
async function rest(options: Parameters<ReturnType<typeof query>["tail"]>[0] = {}) {
  const ids: number[] = [];
  const stop = new AbortController();
  const tail = query().tail({ ...options, signal: stop.signal, onWait: () => stop.abort(new Error("caught up")) });
  let position: EventPosition | undefined;
  try {
    for await (const { id } of tail) {
      ids.push(id);
      position = tail.position;
    }
  } catch (error) {
    expect((error as Error).message).toBe("caught up");
  }
  return { ids, position: position ?? tail.position };
}

const query = () => cb.select(Event);
const latest = async () => (await other.select(Event).sort("id DESC").first())?.id ?? 0;

describe("a search for events", () => {
  it("is narrowed by time, kind and severity, and counted", async () => {
    const all = await other.select(Event).all();
    const times = all.map(({ timestamp }) => timestamp?.getTime() ?? 0).sort((a, b) => a - b);
    const [from = 0, to = 0] = [times[Math.floor(times.length / 4)], times[Math.floor(times.length / 2)]];
    const within = await query().since(new Date(from)).until(new Date(to).toISOString()).all();
    const isWithin = ({ timestamp }: Event) => Number(timestamp) >= from && Number(timestamp) <= to;
    expect(within.map(({ id }) => id).sort()).toEqual(
      all
        .filter(isWithin)
        .map(({ id }) => id)
        .sort(),
    );
    const now = sandbox.clock.now();
    const recent = all.filter(({ timestamp }) => Number(timestamp) > now - 72 * HOUR);
    expect(await query().since("-72h").count()).toBe(recent.length);
    expect(await query().until("-72h").count()).toBe(all.length - recent.length);
    const terms = { type: EventType.PolicyEnforcement, subtype: 801, severity: [Severity.Notice, Severity.Warning] };
    const blocks = all.filter(({ type, subtype }) => type === 4 && subtype === 801);
    expect(blocks.length).toBeGreaterThan(0);
    expect(await query().where(terms).count()).toBe(blocks.length);
    const groups = await query().where(terms).groupBy("computerName", { by: "count", descending: true });
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(blocks.length);
    const [top] = groups;
    expect(blocks.filter(({ computerName }) => computerName === top?.value).length).toBe(top?.count);
    expect(() => query().since("yesterday")).toThrow('"yesterday" is none');
    expect(() => query().until(5 as never)).toThrow("5 is none");
  });
});

describe("a tail of events", () => {
  it("begins now, waits, and gives what comes, however it is dated", async () => {
    await latest();
    const tail = query().tail();
    const first = take(tail, 4);
    await sandbox.clock.step(30);
    const now = sandbox.clock.now();
    // Two at the very same time, and one of a computer that was offline.
    await received(FIRST, { timestamp: now });
    await received(FIRST + 1, { timestamp: now });
    await received(FIRST + 2, { timestamp: now - 48 * HOUR });
    await received(FIRST + 3, { type: 8 });
    await received(FIRST + 4);
    expect(await first).toEqual([FIRST, FIRST + 1, FIRST + 2, FIRST + 4]);
    expect(tail.position?.seen).toEqual([FIRST, FIRST + 1, FIRST + 2, FIRST + 4]);
    expect(inspect(tail)).toContain("EventTail { after:");
    await tail.return();
    expect(await tail.next()).toEqual({ value: undefined, done: true });
  });

  it("gives an event once that shows after others with higher ids", async () => {
    const start = await latest();
    await received(FIRST);
    await received(FIRST + 5);
    const one = await rest({ after: start });
    expect(one.ids).toEqual([FIRST, FIRST + 5]);
    await received(FIRST + 2);
    await received(FIRST + 6);
    const two = await rest({ after: JSON.parse(JSON.stringify(one.position)) });
    expect(two.ids).toEqual([FIRST + 2, FIRST + 6]);
    expect((await rest({ after: two.position })).ids).toEqual([]);
    // The same in one go.
    const tail = query().tail({ after: start });
    expect(await take(tail, 4)).toEqual([FIRST, FIRST + 2, FIRST + 5, FIRST + 6]);
    const next = take(tail, 2);
    await received(FIRST + 4);
    await received(FIRST + 7);
    expect(await next).toEqual([FIRST + 4, FIRST + 7]);
    await tail.return();
  });

  it("goes on from any place at which it was left, page by page, and keeps little", async () => {
    const start = await latest();
    const wanted: number[] = [];
    for (let n = 0; n < 260; n++) {
      await received(FIRST + 3 * n, { severity: n % 2 === 0 ? 4 : 6 });
      if (n % 2 === 0) wanted.push(FIRST + 3 * n);
    }
    asked();
    const ids: number[] = [];
    let after: number | EventPosition = start;
    for (const size of [1, 7, 50, 72]) {
      const tail = query().where({ severity: 4 }).batchSize(20).tail({ after });
      ids.push(...(await take(tail, size)));
      expect(tail.position?.seen.length).toBeLessThan(101);
      after = JSON.parse(JSON.stringify(tail.position));
      await tail.return();
    }
    expect(ids).toEqual(wanted);
    for (const request of asked())
      expect(request).toMatch(/limit=20&offset=0&q=id>\d+&q=severity:4&sort=id ASC|serverConfig/);
    expect((await rest({ after: wanted.at(-1) ?? 0 })).ids).toEqual([FIRST + 3 * 259]);
  });

  it("begins with what the server received since a moment", async () => {
    await latest();
    await sandbox.clock.step(10);
    const since = new Date(sandbox.clock.now());
    expect((await rest({ since })).ids).toEqual([]);
    await received(FIRST, { timestamp: since.getTime() - 48 * HOUR });
    await received(FIRST + 1, { receivedTimestamp: since.getTime() });
    expect((await rest({ since })).ids).toEqual([FIRST, FIRST + 1]);
    expect((await rest({ since: since.toISOString() })).ids).toEqual([FIRST, FIRST + 1]);
    const all = (await other.select(Event).all()).map(({ id }) => id).sort((a, b) => a - b);
    expect((await rest({ since: "-9999d" })).ids).toEqual(all);
  });

  it("waits as long as it is told, and while the server is out of order", async () => {
    await latest();
    const waits: [number, string | undefined][] = [];
    const onWait = ({ pause, error }: { pause: number; error?: Error }) => {
      waits.push([pause, error?.name]);
      if (waits.length === 1) sandbox.faults.add({ match: { pattern: "/event", times: 1 }, do: { status: 500 } });
      if (waits.length === 3) return received(FIRST);
      return undefined;
    };
    const before = sandbox.clock.now();
    const tail = query().tail({ interval: 15_000, onWait });
    expect(await take(tail, 1)).toEqual([FIRST]);
    expect(waits).toEqual([
      [15_000, undefined],
      [15_000, "ServerError"],
      [15_000, undefined],
    ]);
    expect(sandbox.clock.now() - before).toBe(45_000);
    await tail.return();
  });

  it("ends with its signal, with what onWait throws, with the loop, and with what no waiting mends", async () => {
    const stop = new AbortController();
    const tail = query().tail({ signal: stop.signal });
    const next = tail.next();
    const waiting = errorOf(() => next);
    stop.abort(new Error("enough"));
    expect((await waiting).message).toBe("enough");
    expect(await tail.next()).toEqual({ value: undefined, done: true });
    const thrown = query().tail({
      onWait: () => {
        throw new RangeError("from onWait");
      },
    });
    await expect(thrown.next()).rejects.toThrow("from onWait");
    for await (const event of query().tail({ after: 0 })) {
      expect(event.id).toBeGreaterThan(0);
      break;
    }
    const stranger = protectionClient({ token: "nobody-0123456789abcdef" });
    await expect(stranger.select(Event).tail().next()).rejects.toThrow("token");
    await stranger.close();
    sandbox.faults.add({ match: { pattern: "/event", times: 5 }, do: { status: 500 } });
    await expect(query().tail().next()).rejects.toThrow("500");
  });

  it("of internal events gives these only", async () => {
    const last = (await other.select(InternalEvent).sort("id DESC").first())?.id ?? 0;
    await received(FIRST, { type: 8 });
    await received(FIRST + 1);
    const tail = cb.select(InternalEvent).tail({ after: last });
    expect((await tail.next()).value?.id).toBe(FIRST);
    await tail.return();
  });

  it("takes no options that have no meaning", () => {
    const wrong = [
      { interval: 0 },
      { interval: Number.NaN },
      { since: "-1h", after: 5 },
      { since: "soon" },
      { after: -1 },
      { after: { after: 5, seen: ["6"] } as never },
      { form: 5 } as never,
    ];
    for (const options of wrong) expect(() => query().tail(options), inspect(options)).toThrow();
    expect(() => query().sort("timestamp").tail()).toThrow("leave sort");
    expect(asked()).toEqual([]);
  });
});
