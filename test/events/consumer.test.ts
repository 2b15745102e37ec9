// The consumer of events on a real RabbitMQ.
import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import {
  type AnyEvent,
  type BrokerAddress,
  type DeadLetter,
  EventConsumer,
  type EventConsumerOptions,
} from "cbapi/events";
import { Connection, type Publisher } from "rabbitmq-client";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { isThere, rabbitMq } from "../support/services.js";
import { SeverableLine } from "../support/severed.js";

const there = await isThere("RabbitMQ");

let rabbit: Connection;
let publisher: Publisher;
let exchange: string;
let queues: string[];
let consumers: EventConsumer[];

beforeAll(() => {
  if (!there) return;
  const { host, port, user, password } = rabbitMq;
  rabbit = new Connection({ hostname: host, port, username: user, password });
  rabbit.on("error", () => undefined);
});
afterAll(() => rabbit?.close());

beforeEach(async () => {
  exchange = `cbapi-test-${randomBytes(6).toString("hex")}`;
  queues = [];
  consumers = [];
  if (!there) return;
  publisher = rabbit.createPublisher({ confirm: true, exchanges: [{ exchange, type: "topic", durable: true }] });
  return async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop({ timeout: 1000 })));
    await publisher.close();
    await Promise.all(queues.map((queue) => rabbit.queueDelete({ queue })));
    await rabbit.exchangeDelete({ exchange });
  };
});

function consumer(options: EventConsumerOptions = {}, address: Partial<BrokerAddress> = {}): EventConsumer {
  const made = new EventConsumer({ ...rabbitMq, ...address }, { exchange, retryPause: 1, ...options });
  consumers.push(made);
  if (options.queue !== undefined) queues.push(options.queue);
  return made;
}

const sharedQueue = () => `cbapi-test-${randomBytes(6).toString("hex")}`;

function publish(n: number, key = "watchlist.hit.process", messageId = `${key}-${n}`): Promise<void> {
  const contentType = "application/json";
  return publisher.send({ exchange, routingKey: key, contentType, messageId, durable: true }, { n, docs: [{ n }] });
}

const numberOf = (event: AnyEvent) => event.raw["n"] as number;
const until = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true), { timeout: 30_000 });

describe.skipIf(!there)("a consumer of events", () => {
  it("hands each event to those who want it, in the order in which they come", async () => {
    const events = consumer();
    const seen: string[] = [];
    events.on("watchlist.hit.process", ({ docs: [document], type }) => seen.push(`${type} ${String(document["n"])}`));
    events.on("#", ({ key }) => seen.push(`any ${key}`));
    await events.start();
    await publish(1);
    await publish(2, "feed.24.ingress.hit.binary");
    await until(() => events.statistics.handled === 2);
    expect(seen).toEqual(["watchlist.hit.process 1", "any watchlist.hit.process", "any feed.24.ingress.hit.binary"]);
    expect(events.statistics).toMatchObject({ received: 2, handled: 2, failed: 0, dead: 0, inHand: 0 });
  });

  it("gets what somebody begins to want after the start, by the type without the feed's number too", async () => {
    const events = consumer();
    await events.start();
    await publish(1);
    const seen: number[] = [];
    events.on("feed.ingress.hit.process", (event) => seen.push(numberOf(event)));
    await vi.waitFor(async () => {
      await publish(2, "feed.7.ingress.hit.process");
      expect(seen).toContain(2);
    });
    expect(seen).not.toContain(1);
  });

  it("can be looped over, and has an event again that was in hand when the loop was left", async () => {
    const queue = sharedQueue();
    const first = consumer({ queue });
    await first.start();
    for await (const event of emitted(first)) if (numberOf(event) === 3) break;
    await first.stop();
    const second = consumer({ queue });
    const rest: number[] = [];
    for await (const event of second.events("watchlist.#")) {
      rest.push(numberOf(event));
      if (rest.length === 3) break;
    }
    expect(rest).toEqual([3, 4, 5]);

    async function* emitted(events: EventConsumer) {
      const loop = events.events("watchlist.#");
      // Bound by the loop, so that nothing is lost: the queue is there from here on.
      await vi.waitFor(() => rabbit.queueDeclare({ queue, passive: true }));
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (const n of [1, 2, 3, 4, 5]) await publish(n);
      yield* loop;
    }
  });

  it("acknowledges when handlers are through, and not before", async () => {
    const queue = sharedQueue();
    const events = consumer({ queue, prefetch: 5 });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    events.on("#", () => held);
    await events.start();
    for (let n = 0; n < 20; n++) await publish(n);
    await until(() => events.statistics.inHand === 1);
    // Five are here, of which one is being handled. The rest stays with the broker.
    await vi.waitFor(async () => expect((await rabbit.queueDeclare({ queue, passive: true })).messageCount).toBe(15));
    expect(events.statistics).toMatchObject({ received: 1, handled: 0 });
    release();
    await until(() => events.statistics.handled === 20);
  });

  it("tries again, and makes a dead letter of what never works", async () => {
    const letters: DeadLetter[] = [];
    const events = consumer({ attempts: 3, onDeadLetter: (letter) => void letters.push(letter) });
    const tries: number[] = [];
    events.on("watchlist.#", (event, { attempt }) => {
      tries.push(attempt);
      if (numberOf(event) === 1 || attempt < 2) throw new Error(`no ${numberOf(event)}`);
    });
    await events.start();
    await publish(1);
    await publish(2);
    await until(() => events.statistics.handled === 1);
    expect(tries).toEqual([1, 2, 3, 1, 2]);
    expect(letters).toMatchObject([{ key: "watchlist.hit.process", attempts: 3, error: new Error("no 1") }]);
    expect(JSON.parse(letters[0]?.body.toString() ?? "")).toEqual({ n: 1, docs: [{ n: 1 }] });
    expect(events.statistics).toMatchObject({ failed: 4, dead: 1 });
  });

  it("makes dead letters of what cannot be read, and goes on", async () => {
    const letters: DeadLetter[] = [];
    const events = consumer({ onDeadLetter: (letter) => void letters.push(letter), maxMessageBytes: 1_000_000 });
    events.on("#", () => undefined);
    await events.start();
    const send = (routingKey: string, contentType: string, body: Buffer) =>
      publisher.send({ exchange, routingKey, contentType }, body);
    await send("watchlist.hit.process", "application/json", Buffer.from("{broken"));
    await send("ingress.event.regmod", "application/protobuf", Buffer.from("no protobuf"));
    await send("alert.x", "application/json", Buffer.from(JSON.stringify({ text: "x".repeat(50_000_000) })));
    await send("alert.x", "application/octet-stream", Buffer.alloc(2_000_000, 0x20));
    await publish(1);
    await until(() => events.statistics.handled === 1);
    const codes = letters.map(({ error }) => (error as { code?: string }).code);
    expect(codes).toEqual(["MALFORMED_EVENT", "MALFORMED_EVENT", "EVENT_TOO_LARGE", "EVENT_TOO_LARGE"]);
    expect(letters[0]?.body.toString()).toBe("{broken");
  });

  it("goes back to its queue by itself when the connection breaks, and misses nothing", async () => {
    await using line = await SeverableLine.to(rabbitMq.host, rabbitMq.port);
    const problems: unknown[] = [];
    const queue = sharedQueue();
    const events = consumer({ queue, onProblem: (error) => problems.push(error) }, { port: line.port });
    const seen: number[] = [];
    events.on("watchlist.#", (event) => void seen.push(numberOf(event)));
    await events.start();
    await publish(0);
    await until(() => seen.length === 1);
    line.cut({ stayCut: true });
    await publish(1);
    line.mend();
    await until(() => events.statistics.reconnects === 1);
    await publish(2);
    await until(() => seen.length === 3);
    expect(seen).toEqual([0, 1, 2]);
    expect(problems).toEqual(
      expect.arrayContaining([expect.objectContaining({ code: "CONNECTION_FAILED", retryable: true })]),
    );
    // What is wanted from now on is bound as well.
    events.on("alert.#", (event) => void seen.push(numberOf(event)));
    await vi.waitFor(async () => {
      await publish(9, "alert.x");
      expect(seen).toContain(9);
    });
  });

  it("does not handle twice what it has handled while its word to the broker was lost", async () => {
    await using line = await SeverableLine.to(rabbitMq.host, rabbitMq.port);
    const events = consumer({ queue: sharedQueue() }, { port: line.port });
    const seen: number[] = [];
    events.on("watchlist.#", async (event) => {
      seen.push(numberOf(event));
      if (seen.length === 1) {
        line.cut();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    await events.start();
    await publish(1);
    await until(() => events.statistics.repeated === 1);
    expect(seen).toEqual([1]);
    expect(events.statistics).toMatchObject({ redelivered: 1, handled: 1 });
  });

  it("declares its queue again when somebody deletes it", async () => {
    const problems: unknown[] = [];
    const queue = sharedQueue();
    const events = consumer({ queue, onProblem: (error) => problems.push(error) });
    const seen: number[] = [];
    events.on("watchlist.#", (event) => void seen.push(numberOf(event)));
    await events.start();
    await rabbit.queueDelete({ queue });
    await until(() => events.statistics.reconnects === 1);
    await publish(1);
    await until(() => seen.length === 1);
    expect(problems.length).toBeGreaterThan(0);
  });

  it("shares a queue with others, each event going to one of them", async () => {
    const queue = sharedQueue();
    const seen: number[][] = [[], [], []];
    for (const mine of seen) {
      const events = consumer({ queue, prefetch: 1 });
      events.on("watchlist.#", async (event) => {
        mine.push(numberOf(event));
        await new Promise((resolve) => setTimeout(resolve, 1));
      });
      await events.start();
    }
    const all = Array.from({ length: 60 }, (_, n) => n);
    await Promise.all(all.map((n) => publish(n)));
    await until(() => seen.flat().length === 60);
    expect(seen.flat().sort((a, b) => a - b)).toEqual(all);
    for (const mine of seen) expect(mine.length).toBeGreaterThan(0);
  });

  it("stops when what is in hand is handled, and gives the rest back", async () => {
    const queue = sharedQueue();
    const events = consumer({ queue, prefetch: 10 });
    const seen: number[] = [];
    let release = () => {};
    events.on("watchlist.#", (event) => {
      seen.push(numberOf(event));
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    await events.start();
    for (let n = 0; n < 10; n++) await publish(n);
    await until(() => seen.length === 1);
    const stopping = events.stop();
    release();
    await stopping;
    expect(seen).toEqual([0]);
    await vi.waitFor(async () => expect((await rabbit.queueDeclare({ queue, passive: true })).messageCount).toBe(9));
    await expect(events.start()).rejects.toThrow(expect.objectContaining({ code: "STOPPED" }));
  });

  it("does not wait for ever for a handler that hangs", async () => {
    const queue = sharedQueue();
    const events = consumer({ queue });
    const aborted = vi.fn();
    events.on("watchlist.#", (_, { signal }) => {
      signal.addEventListener("abort", aborted);
      return new Promise(() => undefined);
    });
    await events.start();
    await publish(1);
    await until(() => events.statistics.inHand === 1);
    await events.stop({ timeout: 50 });
    expect(aborted).toHaveBeenCalledOnce();
    await vi.waitFor(async () => expect((await rabbit.queueDeclare({ queue, passive: true })).messageCount).toBe(1));
  });

  it("says when nothing has come for long", async () => {
    const silent = vi.fn();
    const events = consumer({ silenceAfter: 40, onSilence: silent });
    await events.start();
    await until(() => silent.mock.calls.length >= 2);
    expect(silent.mock.calls[1]?.[0]).toBeGreaterThanOrEqual(80);
  });

  it("says why it cannot start, without a password in it", async () => {
    const failure = async (address: Partial<BrokerAddress>, options: EventConsumerOptions = {}) => {
      const error = await consumer(options, address)
        .start()
        .then(
          () => undefined,
          (reason: unknown) => reason,
        );
      expect(inspect(error, { depth: 8 })).not.toContain("wr0ng-secret");
      return error;
    };
    expect(await failure({ password: "wr0ng-secret" })).toMatchObject({
      ...{ name: "UnauthorizedError", message: expect.stringContaining("rabbitmq_pass") },
    });
    expect(await failure({ port: 1 })).toMatchObject({ name: "ConnectionError", kind: "refused", retryable: true });
    expect(await failure({ vhost: "nowhere" })).toMatchObject({ name: expect.stringMatching(/Error$/) });
    const queue = sharedQueue();
    queues.push(queue);
    await rabbit.queueDeclare({ queue, durable: false, autoDelete: false });
    expect(await failure({}, { queue })).toMatchObject({ code: "QUEUE_CONFLICT" });
    const events = consumer();
    const loop = new EventConsumer({ ...rabbitMq, password: "wr0ng-secret" }, { exchange }).events("#");
    await expect(loop.next()).rejects.toThrow(/does not accept the user or password/);
    expect(inspect(events, { depth: 8, showHidden: true })).not.toContain(rabbitMq.password);
  });

  it("waits for a broker that is not there yet, if it is told to", async () => {
    await using line = await SeverableLine.to(rabbitMq.host, rabbitMq.port);
    line.cut({ stayCut: true });
    const problems: unknown[] = [];
    const events = consumer({ connectTimeout: 0, onProblem: (error) => problems.push(error) }, { port: line.port });
    const starting = events.start();
    await until(() => problems.length > 0);
    line.mend();
    await starting;
  });
});

describe("the options of a consumer", () => {
  it.each([
    [{ prefetch: 0 }, /prefetch is a whole number from 1/],
    [{ prefetch: 70_000 }, /at most 65535/],
    [{ attempts: 1.5 }, /attempts/],
    [{ queue: "" }, /queue is a name/],
    [{ prefetched: 5 }, /There is no option prefetched/],
  ])("%j are refused", (options, message) => {
    expect(() => new EventConsumer(rabbitMq, options as EventConsumerOptions)).toThrow(message);
  });

  it("name events by patterns", () => {
    const events = new EventConsumer(rabbitMq);
    expect(() => events.on("watchlist..hit", () => undefined)).toThrow(/named by words between dots/);
  });
});
