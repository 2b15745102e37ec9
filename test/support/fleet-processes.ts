// Workers of a fleet, and a Redis, as processes that tests kill.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Sandbox } from "@cbapi/sandbox";
import { Redis } from "ioredis";

const child = fileURLToPath(new URL("fleet-child.js", import.meta.url));

export interface WorkerProcessOptions {
  readonly redis: string;
  readonly prefix: string;
  readonly leaseTime: number;
  readonly concurrency: number;
  /** The file in which jobs that are begun are noted. */
  readonly begun: string;
  /** Milliseconds that a job takes, more or less. */
  readonly busy: number;
}

/** A worker of the sandbox as a process. */
export class WorkerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(started: ChildProcess) {
    this.#child = started;
  }

  static async start({ url, token }: Sandbox, options: WorkerProcessOptions): Promise<WorkerProcess> {
    const access = { url, token, allowHttp: true };
    const started = spawn(process.execPath, [child, JSON.stringify({ access, ...options })], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(started, "exit").then(([code]) => {
      throw new Error(`The worker ended with ${String(code)} before it was ready`);
    });
    await Promise.race([once(started.stdout as NonNullable<typeof started.stdout>, "data"), ended]);
    ended.catch(() => {});
    return new WorkerProcess(started);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends it without a word to anybody. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Has it end what runs. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #end(name: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill(name);
    await ended;
  }
}

/** A Redis of the test's own, with an append-only file. */
export class OwnRedis implements AsyncDisposable {
  readonly #folder: string;
  readonly #port: number;
  #process: ChildProcess;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.#process = this.#spawn();
  }

  static async start(): Promise<OwnRedis> {
    const redis = new OwnRedis(await mkdtemp(join(tmpdir(), "cbapi-redis-")), await freePort());
    await redis.#untilReady();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  /** Ends it without a word, waits, and starts it again with what it has written. */
  async restart(pause: number): Promise<void> {
    await this.kill();
    await new Promise((resolve) => setTimeout(resolve, pause));
    this.#process = this.#spawn();
    await this.#untilReady();
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #spawn(): ChildProcess {
    const settings = ["--port", String(this.#port), "--bind", "127.0.0.1", "--dir", this.#folder, "--save", ""];
    return spawn("redis-server", [...settings, "--appendonly", "yes", "--appendfsync", "everysec"], {
      stdio: "ignore",
    });
  }

  async #untilReady(): Promise<void> {
    const redis = new Redis(this.url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
    redis.on("error", () => {});
    await redis.ping();
    redis.disconnect();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("There is no free port");
  return address.port;
}
