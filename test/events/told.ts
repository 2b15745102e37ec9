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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cb.close();
    await this.sandbox.stop();
    await removeExchange(this.exchange);
    await this.feeds.remove();
    await rm(this.folder, { recursive: true });
  }
}

export async function removeExchange(exchange: string): Promise<void> {
  const rabbit = new Connection({ hostname: host, port, username: user, password });
  rabbit.on("error", () => undefined);
  await rabbit.exchangeDelete({ exchange });
  await rabbit.close();
}
