// What happens in a sandbox, as the SDK gets it off the real RabbitMQ and out of the file that a forwarder would write.
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { Sandbox } from "@cbapi/sandbox";
import { type AnyEvent, EventConsumer, type EventType, followEvents, isEvent } from "cbapi/events";
import { BannedHash, Feed, Sensor, Watchlist } from "cbapi/response";
import { describe, expect, it, vi } from "vitest";
import { addFeed, queryIoc, raiseAlerts } from "../support/feeds.js";
import { isThere, rabbitMq } from "../support/services.js";
import { SeverableLine } from "../support/severed.js";
import { amqpUrl, Told } from "./told.js";

const there = await isThere("RabbitMQ");
const MD5 = "c".repeat(32);

/** Sets up what finds the program that is launched after it, and launches it. */
async function happen({ sandbox, cb, feeds }: Told): Promise<void> {
  const url = await feeds.publish("lab", [
    { id: "bytes", score: 80, iocs: { md5: [MD5] } },
    { id: "names", score: 60, iocs: { dns: ["c2.example"] } },
    { id: "asks", score: 40, iocs: queryIoc("process_name:wicked.exe") },
    { id: "asks-files", score: 20, iocs: queryIoc("observed_filename:wicked.exe", "modules") },
  ]);
  await raiseAlerts(await addFeed(cb, url));
  for (const index_type of ["events", "modules"] as const) {
    const search_query = `cb.urlver=1&q=${index_type === "events" ? "process_name" : "observed_filename"}%3Awicked.exe`;
    const watchlist = await cb.create(Watchlist, { name: `Evil ${index_type}`, index_type, search_query }).save();
    const action = watchlist.createAction();
    action.type = "alert";
    await action.save();
  }
  const connection = { domain: "c2.example", port: 8443 };
  await sandbox.launch({
    ...{ sensor: 1, path: "c:\\temp\\wicked.exe", md5: MD5, cmdline: "wicked.exe é" },
    netconns: [connection, { ip: "2001:db8::7", port: 53 }],
    filemods: [{ path: "c:\\temp\\drop.dll", md5: "D".repeat(32), type: 1 }],
    regmods: [{ path: "\\registry\\machine\\software\\run" }],
    modloads: [{ path: "c:\\temp\\fresh.dll" }],
  });
  await sandbox.clock.step(31);
}

const KINDS = [
  ...["alert.watchlist.hit.ingress.binary", "alert.watchlist.hit.ingress.process"],
  ...["alert.watchlist.hit.query.binary", "alert.watchlist.hit.query.process"],
  ...["binaryinfo.group.observed", "binaryinfo.host.observed", "binaryinfo.observed", "binarystore.file.added"],
  ...["feed.ingress.hit.binary", "feed.ingress.hit.process", "feed.query.hit.binary", "feed.query.hit.process"],
  ...["feed.storage.hit.binary", "feed.storage.hit.process", "feed.synchronized"],
  ...["ingress.event.childproc", "ingress.event.filemod", "ingress.event.module", "ingress.event.moduleload"],
  ...["ingress.event.netconn", "ingress.event.procstart", "ingress.event.regmod"],
  ...["watchlist.hit.binary", "watchlist.hit.process", "watchlist.storage.hit.binary", "watchlist.storage.hit.process"],
];

/** What comes over the bus while something goes on, up to the event that is the last one. */
async function overBus(
  { exchange }: Told,
  work: () => Promise<unknown>,
  isLast: (event: AnyEvent) => boolean,
): Promise<AnyEvent[]> {
  const seen: AnyEvent[] = [];
  await using events = new EventConsumer(rabbitMq, { exchange });
  events.on("#", (event) => void seen.push(event));
  await events.start();
  await work();
  await vi.waitFor(() => expect(seen.some(isLast)).toBe(true), { timeout: 30_000 });
  return seen;
}

/** Which feed or watchlist of the test an event is of, if any. */
function nameIn(raw: AnyEvent["raw"]): string | undefined {
  const { watchlist_name: watchlist, feed_name: feed } = raw;
  return (feed === undefined || feed === "My Watchlists" ? watchlist : feed) as string | undefined;
}

/** The last of what {@link happen} brings about. */
const evilFileAlert = (event: AnyEvent): boolean =>
  isEvent(event, "alert.watchlist.hit.query.binary") && event.watchlist_name === "Evil modules";

async function inFile(path: string, count: number): Promise<AnyEvent[]> {
  const seen: AnyEvent[] = [];
  for await (const event of followEvents(path, { from: "start" })) if (seen.push(event) === count) break;
  return seen;
}

/**
 * An event without what tells the pipe that it came through: links and the name of the forwarder, moments cut to seconds, and
 * the fields that only one of the two has.
 */
function common(event: AnyEvent, forwarder: string): Record<string, unknown> {
  const {
    raw: _,
    pipe: _pipe,
    key: _key,
    highlights: _highlights,
    ...fields
  } = event as AnyEvent & { highlights?: unknown };
  const ofSensor = forwarder === "older" ? ["parent_sha256"] : ["parent_guid", "child_process_guid"];
  const onlyOne = ["cb_server", ...(event.type.startsWith("ingress.event.") ? ofSensor : [])];
  const clean = (value: unknown): unknown => {
    if (value instanceof Date) return Math.floor(value.getTime() / 1000);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([name]) => !name.startsWith("link_") && !onlyOne.includes(name));
    return Object.fromEntries(entries.map(([name, each]) => [name, clean(each)]));
  };
  return clean(fields) as Record<string, unknown>;
}

describe.skipIf(!there)("a sandbox that tells events", () => {
  it("tells each kind of what happens, in the order of its happening", async () => {
    await using told = await Told.start({ rawEvents: true });
    const events = await overBus(told, () => happen(told), evilFileAlert);
    expect([...new Set(events.map(({ type }) => type))].sort()).toEqual(KINDS);
    // Feeds follow each other: each has its own order.
    const types = events
      .filter(({ raw }) => !("feed_name" in raw) || ["lab", "My Watchlists"].includes(String(raw["feed_name"])))
      .map(({ type }) => type);
    const first = (type: string) => types.indexOf(type);
    expect(first("ingress.event.procstart")).toBeLessThan(first("feed.ingress.hit.process"));
    expect(types.lastIndexOf("feed.ingress.hit.process")).toBeLessThan(first("feed.storage.hit.process"));
    expect(first("feed.storage.hit.process")).toBeLessThan(first("alert.watchlist.hit.ingress.process"));
    expect(types.lastIndexOf("watchlist.hit.process")).toBeLessThan(first("watchlist.storage.hit.process"));
    expect(first("watchlist.storage.hit.process")).toBeLessThan(types.lastIndexOf("alert.watchlist.hit.query.process"));
    expect(told.sandbox.requests.failures()).toEqual([]);
  });

  it("tells the same through the bus and the file of a newer and of an older forwarder", async () => {
    for (const forwarder of ["newer", "older"] as const) {
      await using told = await Told.start({ rawEvents: true, forwarder }, "7.8.0.230101.1200");
      const events = await overBus(told, () => happen(told), evilFileAlert);
      const lines = await inFile(told.file, events.length);
      expect(events.some(({ key }) => /^feed\.\d+\./.test(key))).toBe(true);
      for (const [index, event] of events.entries()) {
        expect(common(lines[index] as AnyEvent, forwarder), `${forwarder}: ${event.type}`).toEqual(
          common(event, forwarder),
        );
      }
    }
  });

  it("has in events what the server answers", async () => {
    await using told = await Told.start({ rawEvents: true });
    const events = await overBus(told, () => happen(told), evilFileAlert);
    const mine = events.filter(({ raw }) => ["lab", "Evil events", "Evil modules", undefined].includes(nameIn(raw)));
    const of = (type: EventType) => mine.find((event) => isEvent(event, type));
    const watchlist = (await told.cb.select(Watchlist).all()).find(({ name }) => name === "Evil events");
    const feed = (await told.cb.select(Feed).all()).find(({ name }) => name === "lab");
    expect(of("watchlist.hit.process")).toMatchObject({
      ...{
        watchlist_id: Number(watchlist?.id),
        watchlist_name: "Evil events",
        timestamp: new Date("2026-01-05T09:00:30Z"),
      },
      docs: [{ process_name: "wicked.exe", process_md5: MD5.toUpperCase(), cmdline: "wicked.exe é", sensor_id: 1 }],
      highlights: [{ name: expect.stringContaining("PREPREPREwicked.exePOSTPOSTPOST") }],
    });
    expect(of("feed.ingress.hit.process")).toMatchObject({ feed_id: feed?.id, feed_name: "lab" });
    expect(mine.find((event) => isEvent(event, "feed.ingress.hit.process") && event.ioc_type === "dns")).toMatchObject({
      ...{ ioc_value: "c2.example", report_id: "names", report_score: 60 },
      ioc_attr: { direction: "Outbound", protocol: "TCP", remote_port: 8443, dns_name: "c2.example" },
    });
    expect(of("feed.query.hit.process")).toMatchObject({
      ...{ ioc_query_index: "events", ioc_query_string: "process_name:wicked.exe" },
    });
    expect(of("alert.watchlist.hit.ingress.process")).toMatchObject({ report_id: "bytes", ioc_value: MD5 });
    expect(of("ingress.event.netconn")).toMatchObject({ domain: "c2.example", remote_port: 8443, protocol: 6 });
    expect(of("ingress.event.filemod")).toMatchObject({ action: "create", file_md5: "D".repeat(32) });
    expect(of("binarystore.file.added")).toMatchObject({
      file_path: expect.stringMatching(/modulestore\/.{3}\/.{3}\//),
    });
  });

  it("tells of blocked programs and of processes that end, and no raw events unless told to", async () => {
    await using told = await Told.start({ rawEvents: true });
    const { sandbox, cb } = told;
    const events = await overBus(
      told,
      async () => {
        await cb.create(BannedHash, { md5hash: MD5, text: "evil" }).save();
        await sandbox.launch({ sensor: 1, path: "c:\\temp\\banned.exe", md5: MD5 });
        const started = await sandbox.launch({ sensor: 1, path: "c:\\temp\\long.exe" });
        if (started.outcome !== "started") throw new Error(started.outcome);
        await sandbox.clock.step(2);
        await killed(started.pid);
      },
      (event) => isEvent(event, "ingress.event.procend"),
    );
    expect(events.find((event) => isEvent(event, "ingress.event.processblock"))).toMatchObject({
      ...{ md5: MD5.toUpperCase(), path: "c:\\temp\\banned.exe", blocked_result: "ProcessTerminated" },
    });
    expect(events.find((event) => isEvent(event, "ingress.event.procend"))).toMatchObject({
      ...{ created: false, path: "c:\\temp\\long.exe" },
    });
    await using quiet = await Told.start();
    const few = await overBus(quiet, () => happen(quiet), evilFileAlert);
    expect([...new Set(few.map(({ type }) => type))].sort()).toEqual(
      KINDS.filter((kind) => !kind.startsWith("ingress.event.")),
    );

    async function killed(pid: number): Promise<void> {
      const ticking = setInterval(() => void sandbox.clock.step(1), 20);
      try {
        await using session = await (await cb.select(Sensor, 1)).lrSession();
        await session.killProcess(pid);
      } finally {
        clearInterval(ticking);
      }
    }
  });

  it("waits for a broker that is lost, and sends what has happened when it is back", async () => {
    await using line = await SeverableLine.to("127.0.0.1", Number(new URL(amqpUrl()).port));
    await using told = await Told.start({ amqp: amqpUrl(line.port) });
    const events = await overBus(
      told,
      async () => {
        line.cut({ stayCut: true });
        await happen(told);
        await vi.waitFor(() => expect(told.sandbox.requests.failures()).not.toEqual([]), { timeout: 30_000 });
        line.mend();
      },
      evilFileAlert,
    );
    expect([...new Set(events.map(({ type }) => type))].sort()).toEqual(
      KINDS.filter((kind) => !kind.startsWith("ingress.event.")),
    );
    expect(inspect(told.sandbox.requests.failures())).toMatch(/No message broker answers/);
  });

  it("sends what waits before it stops, and begins anew after a reset", async () => {
    await using told = await Told.start({ rawEvents: true });
    const seen: AnyEvent[] = [];
    await using events = told.cb.eventConsumer({ exchange: told.exchange });
    events.on("ingress.event.procstart", (event) => void seen.push(event));
    await events.start();
    await told.sandbox.reset();
    for (let n = 0; n < 50; n++) await told.sandbox.launch({ sensor: 1, path: `c:\\temp\\n${n}.exe` });
    await told.sandbox.stop();
    await vi.waitFor(() => expect(seen.length).toBe(50), { timeout: 30_000 });
    const lines = (await readFile(told.file, "utf8"))
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text) as AnyEvent);
    expect(lines.filter(({ type }) => type === "ingress.event.procstart").length).toBe(50);
  });

  it("does not start without its broker, and says why without the password", async () => {
    const start = (amqp: string, exchange = `cbapi-test-${randomBytes(6).toString("hex")}`) =>
      Sandbox.start({ organisation: "small", events: { amqp, exchange } }).then(
        () => undefined,
        (error: unknown) => error,
      );
    const absent = await start("amqp://guest:wr0ng-secret@127.0.0.1:1");
    expect(absent).toMatchObject({ message: expect.stringMatching(/No message broker answers at 127.0.0.1:1/) });
    const refused = await start(amqpUrl().replace(/:[^:@/]*@/, ":wr0ng-secret@"));
    expect(refused).toMatchObject({ message: expect.stringMatching(/does not let guest in/) });
    const taken = await start(amqpUrl(), "amq.fanout");
    expect(taken).toMatchObject({ message: expect.stringMatching(/exchange amq.fanout of another kind/) });
    for (const error of [absent, refused, taken]) expect(inspect(error, { depth: 8 })).not.toContain("wr0ng-secret");
  });
});

describe("a sandbox that writes events to a file", () => {
  it("puts the file aside by method and by control route", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cbapi-told-"));
    try {
      await using sandbox = await Sandbox.start({
        organisation: "small",
        events: { file: join(folder, "events.json") },
      });
      await sandbox.launch({ sensor: 1, path: "c:\\temp\\a.exe" });
      expect(await readFile(await sandbox.rotateEvents(), "utf8")).toContain('"type":"binaryinfo.observed"');
      const { token, url } = sandbox;
      const answer = await sandbox.handle(
        new Request(`${url}/_sandbox/events/rotate`, { method: "POST", headers: { "X-Auth-Token": token } }),
      );
      expect(await answer.json()).toEqual({ file: expect.stringContaining("events.json.") });
    } finally {
      await rm(folder, { recursive: true });
    }
    await using without = await Sandbox.start({ organisation: "small" });
    await expect(without.rotateEvents()).rejects.toThrow(/tells no events/);
  });
});
