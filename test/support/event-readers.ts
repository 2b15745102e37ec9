// Programs that take events off a queue, each a process of its own, killed and started again; and the file that they all write.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { BrokerAddress, ConsumerStatistics, EventConsumerOptions } from "cbapi/events";

const program = fileURLToPath(new URL("event-child.js", import.meta.url));
/** What each line has, with its end. */
const WIDTH = "00000000 000 0\n".length;

/** An event that was handled: which one, by which run of the program, and whether the broker had sent it before. */
export interface Handled {
  readonly n: number;
  readonly run: number;
  readonly redelivered: boolean;
}

/** The programs of one queue, by the number of the run: each start of a program is a run of its own. */
export class EventReaders implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "cbapi-events-"));
  readonly #running = new Map<number, ChildProcess>();
  readonly #options: EventConsumerOptions & { readonly address: BrokerAddress };
  #runs = 0;

  constructor(address: BrokerAddress, options: EventConsumerOptions) {
    this.#options = { ...options, address };
  }

  get #out(): string {
    return join(this.#folder, "handled");
  }

  /** How many lines have been written. */
  get count(): number {
    return existsSync(this.#out) ? Math.floor(statSync(this.#out).size / WIDTH) : 0;
  }

  /** What has been written, in that order. */
  get written(): Handled[] {
    if (!existsSync(this.#out)) return [];
    const lines = readFileSync(this.#out, "latin1").split("\n").slice(0, -1);
    return lines.map((line) => {
      const [n, run, again] = line.split(" ").map(Number);
      return { n: n ?? Number.NaN, run: run ?? Number.NaN, redelivered: again === 1 };
    });
  }

  /** Starts a program; by then it takes events. @returns the number of the run */
  async start(): Promise<number> {
    const run = ++this.#runs;
    const settings = JSON.stringify({ ...this.#options, out: this.#out, run });
    const child = fork(program, [settings], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#running.set(run, child);
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const [first] = (await Promise.race([once(child, "message"), once(child, "close")])) as [unknown];
    if (first !== "ready") throw new Error(`the program ended with ${String(first)}: ${said}`);
    return run;
  }

  /** Kills a program in the middle of what it does. @returns the signal that ended it */
  async kill(run: number): Promise<NodeJS.Signals | null> {
    const child = this.#child(run);
    const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
    child.kill("SIGKILL");
    const [, signal] = await closed;
    this.#running.delete(run);
    return signal;
  }

  /** Lets a program finish what it has in hand. @returns what it has done */
  async end(run: number): Promise<ConsumerStatistics> {
    const child = this.#child(run);
    const closed = once(child, "close");
    const told = once(child, "message");
    child.send("end");
    const [statistics] = (await Promise.race([told, closed])) as [ConsumerStatistics];
    await closed;
    this.#running.delete(run);
    return statistics;
  }

  /** Waits until there are so many lines. */
  async reach(count: number): Promise<void> {
    while (this.count < count) await pause(2);
  }

  /** Waits until each of so many events has been handled, or nothing more has come for long. */
  async handleAll(events: number): Promise<void> {
    const PAUSE = 20;
    const LONG = 15_000;
    for (let [seen, idle] = [-1, 0]; idle < LONG; idle += PAUSE) {
      const { count } = this;
      if (count !== seen) {
        [seen, idle] = [count, 0];
        if (count >= events && new Set(this.written.map(({ n }) => n)).size >= events) return;
      }
      await pause(PAUSE);
    }
  }

  #child(run: number): ChildProcess {
    const child = this.#running.get(run);
    if (child === undefined) throw new Error(`run ${run} is over`);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.keys()].map((run) => this.kill(run)));
    rmSync(this.#folder, { recursive: true });
  }
}
