// A sandbox that tells what happens in it, to an exchange of its own on the real broker and to a file.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EventOptions, Sandbox } from "@cbapi/sandbox";
import { CbResponseAPI } from "cbapi/response";
import { Connection } from "rabbitmq-client";
import { FeedFolder } from "../support/feeds.js";
import { rabbitMq } from "../support/services.js";

const { host, port, user, password } = rabbitMq;

/** The broker's address, by way of another port where one is given. */
export const amqpUrl = (at = port): string => `amqp://${user}:${password}@${host}:${at}`;

/** A sandbox that tells events, a client of it that knows where, and a folder for what belongs to them. */
export class Told implements AsyncDisposable {
  readonly #queues: string[] = [];

  private constructor(
    readonly sandbox: Sandbox,
    readonly cb: CbResponseAPI,
    readonly exchange: string,
    /** The file of events. */
    readonly file: string,
    readonly feeds: FeedFolder,
    private readonly folder: string,
  ) {}

  static async start(events: EventOptions = {}, version = "6.5.2.191219.1200"): Promise<Told> {
    const folder = await mkdtemp(join(tmpdir(), "cbapi-told-"));
    const feeds = await FeedFolder.make();
    const exchange = events.exchange ?? `cbapi-test-${randomBytes(6).toString("hex")}`;
    const file = join(folder, "events.json");
    const sandbox = await Sandbox.start({
      ...{ organisation: "small", clock: { running: false }, stateDirectory: feeds.stateDirectory, version },
      events: { amqp: amqpUrl(), exchange, file, ...events },
    });
    const credentialFile = join(folder, "credentials.response");
    await writeFile(credentialFile, sandbox.profile(), { mode: 0o600 });
    return new Told(sandbox, new CbResponseAPI({ credentialFile }), exchange, file, feeds, folder);
  }

  /** A queue of this pattern, in which events wait from now on. */
  async queue(pattern: string): Promise<string> {
    const queue = `cbapi-test-${randomBytes(6).toString("hex")}`;
    this.#queues.push(queue);
    await withBroker(async (rabbit) => {
      await rabbit.queueDeclare({ queue, durable: true });
      await rabbit.queueBind({ queue, exchange: this.exchange, routingKey: pattern });
    });
    return queue;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cb.close();
    await this.sandbox.stop();
    await withBroker(async (rabbit) => {
      await rabbit.exchangeDelete({ exchange: this.exchange });
      for (const queue of this.#queues) await rabbit.queueDelete({ queue });
    });
    await this.feeds.remove();
    await rm(this.folder, { recursive: true });
  }
}

/** Does something with the broker itself. */
export async function withBroker(work: (rabbit: Connection) => Promise<void>): Promise<void> {
  const rabbit = new Connection({ hostname: host, port, username: user, password });
  rabbit.on("error", () => undefined);
  await work(rabbit);
  await rabbit.close();
}
