// Programs that take events off a real RabbitMQ and are killed again and again: nothing is lost, and what comes twice is only
// what the broker had no word of. `EVENTS=200000` makes it longer. `RESTART='rabbitmqctl stop_app; rabbitmqctl start_app'` is
// run in the middle: only where nobody else uses that broker.
import { exec } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { Connection, type Publisher } from "rabbitmq-client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EventReaders, type Handled } from "../support/event-readers.js";
import { numbersFrom } from "../support/followers.js";
import { isThere, rabbitMq } from "../support/services.js";
import { SeverableLine } from "../support/severed.js";

const there = await isThere("RabbitMQ");
const EVENTS = Number(process.env["EVENTS"] ?? 5000);
const RESTART = process.env["RESTART"];
const PREFETCH = 50;
const KILLS = 5;
const TIMEOUT = 120_000 + EVENTS * 5;

let rabbit: Connection;
let publisher: Publisher;
let exchange: string;
let queue: string;
let line: SeverableLine;
/** What was published twice, perhaps, as the broker went away before it had said that it has it. */
let sentAgain: Set<number>;

beforeAll(() => {
  if (!there) return;
  const { host, port, user, password } = rabbitMq;
  rabbit = new Connection({ hostname: host, port, username: user, password, retryLow: 100 });
  rabbit.on("error", () => undefined);
});
afterAll(() => rabbit?.close());

beforeEach(async () => {
  if (!there) return;
  exchange = `cbapi-test-${randomBytes(6).toString("hex")}`;
  queue = `${exchange}-shared`;
  sentAgain = new Set();
  line = await SeverableLine.to(rabbitMq.host, rabbitMq.port);
  publisher = rabbit.createPublisher({ confirm: true, exchanges: [{ exchange, type: "topic", durable: true }] });
  await rabbit.exchangeDeclare({ exchange, type: "topic", durable: true });
  await rabbit.queueDeclare({ queue, durable: true });
  await rabbit.queueBind({ queue, exchange, routingKey: "watchlist.#" });
  return async () => {
    await line[Symbol.asyncDispose]();
    await publisher.close();
    await rabbit.queueDelete({ queue });
    await rabbit.exchangeDelete({ exchange });
  };
});

const readers = () => new EventReaders({ ...rabbitMq, port: line.port }, { exchange, queue, prefetch: PREFETCH });
const waiting = async () => (await rabbit.queueDeclare({ queue, passive: true })).messageCount;

/** Publishes all events, each until the broker says that it has it. */
async function publishAll(): Promise<void> {
  const envelope = { exchange, routingKey: "watchlist.hit.process", contentType: "application/json", durable: true };
  const publish = async (n: number) => {
    const event = {
      n,
      watchlist_id: 7,
      watchlist_name: "soak",
      docs: [{ process_name: "svchost.exe", process_pid: n }],
    };
    for (;;) {
      try {
        return await publisher.send({ ...envelope, messageId: `event-${n}` }, event);
      } catch {
        sentAgain.add(n);
        await pause(200);
      }
    }
  };
  const CHUNK = 200;
  for (let from = 0; from < EVENTS; from += CHUNK) {
    await Promise.all(Array.from({ length: Math.min(CHUNK, EVENTS - from) }, (_, i) => publish(from + i)));
  }
}

/** When something happens, in numbers of events: one moment in each of so many equal parts of the whole. */
function moments(seed: number, count: number): number[] {
  const random = numbersFrom(seed);
  return Array.from({ length: count }, (_, part) => Math.floor(((part + 0.1 + 0.8 * random()) * EVENTS) / (count + 1)));
}

interface Repeat {
  readonly first: Handled;
  readonly again: Handled;
  /** How many events the first run handled after it. */
  readonly before: number;
}

/** The events that were handled more than once, each time but the first. */
function repeatsOf(written: readonly Handled[]): Repeat[] {
  const byRun = new Map<number, number>();
  const firsts = new Map<number, { readonly handled: Handled; readonly at: number }>();
  const found: { readonly again: Handled; readonly n: number }[] = [];
  for (const handled of written) {
    const at = (byRun.get(handled.run) ?? 0) + 1;
    byRun.set(handled.run, at);
    if (firsts.has(handled.n)) found.push({ again: handled, n: handled.n });
    firsts.set(handled.n, firsts.get(handled.n) ?? { handled, at });
  }
  return found
    .filter(({ n }) => !sentAgain.has(n))
    .flatMap(({ again, n }) => {
      const first = firsts.get(n);
      if (first === undefined) return [];
      return [{ first: first.handled, again, before: (byRun.get(first.handled.run) ?? 0) - first.at }];
    });
}

function tell(what: string, written: readonly Handled[], repeats: readonly Repeat[], since: number): void {
  if (process.env["EVENTS"] === undefined) return;
  const seconds = (performance.now() - since) / 1000;
  const marked = written.filter(({ redelivered }) => redelivered).length;
  console.log(
    `${what}: ${EVENTS} events, ${written.length} handled in ${seconds.toFixed(1)} s; ${repeats.length} repeats, ${marked} had been sent before, ${sentAgain.size} published again`,
  );
}

describe.skipIf(!there)("programs that take events and are killed", () => {
  it(
    "handle every event, and twice only what was not acknowledged when a kill came",
    async () => {
      await using programs = readers();
      const start = performance.now();
      const publishing = publishAll();
      const killed = new Set<number>();
      let run = await programs.start();
      // In the middle all connections are cut instead, and the same program goes on.
      for (const [index, moment] of moments(20_161_111, KILLS + 1).entries()) {
        await programs.reach(moment);
        if (index === 3) {
          line.cut();
          if (RESTART !== undefined) await promisify(exec)(RESTART);
          continue;
        }
        expect(await programs.kill(run)).toBe("SIGKILL");
        killed.add(run);
        run = await programs.start();
      }
      await publishing;
      await programs.handleAll(EVENTS);
      const last = await programs.end(run);

      const { written } = programs;
      const repeats = repeatsOf(written);
      tell("one program", written, repeats, start);
      expect(killed.size).toBe(KILLS);
      expect(new Set(written.map(({ n }) => n)).size).toBe(EVENTS);
      expect(last.dead + last.failed).toBe(0);
      // A kill finds messages on their way, which come again and say so.
      expect(written.some(({ redelivered }) => redelivered)).toBe(true);
      for (const { first, again, before } of repeats) {
        expect(again.redelivered).toBe(true);
        expect(again.run).toBeGreaterThan(first.run);
        expect(killed).toContain(first.run);
        expect(before).toBeLessThan(PREFETCH);
      }
      expect(await waiting()).toBeLessThanOrEqual(sentAgain.size);
    },
    TIMEOUT,
  );

  it(
    "share a queue, three of them, and lose nothing either",
    async () => {
      await using programs = readers();
      const start = performance.now();
      const running = await Promise.all([programs.start(), programs.start(), programs.start()]);
      const runsOf = running.map((run) => [run]);
      const publishing = publishAll();
      for (const [index, moment] of moments(4031, KILLS + 1).entries()) {
        await programs.reach(moment);
        if (index === 3) {
          line.cut();
          continue;
        }
        const place = index % running.length;
        expect(await programs.kill(running[place] ?? 0)).toBe("SIGKILL");
        const run = await programs.start();
        running[place] = run;
        runsOf[place]?.push(run);
      }
      await publishing;
      await programs.handleAll(EVENTS);
      for (const run of running) await programs.end(run);

      const { written } = programs;
      const repeats = repeatsOf(written);
      tell("three programs", written, repeats, start);
      expect(new Set(written.map(({ n }) => n)).size).toBe(EVENTS);
      for (const runs of runsOf) expect(written.some(({ run }) => runs.includes(run))).toBe(true);
      for (const { first, again } of repeats) {
        expect(again.redelivered).toBe(true);
        // Whoever has handled an event knows that; another one cannot.
        expect(again.run).not.toBe(first.run);
      }
      // A kill loses the word of one program, a cut that of all three.
      expect(repeats.length).toBeLessThanOrEqual(PREFETCH * (KILLS + running.length));
      expect(await waiting()).toBeLessThanOrEqual(sentAgain.size);
    },
    TIMEOUT,
  );
});
