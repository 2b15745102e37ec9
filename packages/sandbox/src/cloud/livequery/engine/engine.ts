import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { type QueryAnswer, type QueryTask, serveQueries, type TableData } from "./child.js";
import { QUERY_FUNCTIONS } from "./functions.js";

/** How much a query may use on one device. */
export interface QueryLimits {
  /** Milliseconds of real time. */
  readonly time: number;
  readonly rows: number;
  /** Characters of all rows together. */
  readonly bytes: number;
  /** Characters of one value. */
  readonly cell: number;
  readonly columns: number;
  /** Bytes that the database may use. */
  readonly heap: number;
}

const MIB = 1024 * 1024;

/** What a sensor grants a query. Of time, that of a busy machine too: a query that ends takes some milliseconds. */
export const USUAL_LIMITS: QueryLimits = {
  ...{ time: 10_000, rows: 10_000, bytes: 8 * MIB, cell: 32_768, columns: 128, heap: 96 * MIB },
};

/** What came of a query on one device. */
export type QueryOutcome =
  | { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[]; readonly truncated: boolean }
  | { readonly error: string };

/** A query that took too long. */
export const TOO_LONG = "The query was stopped: it used more time than a sensor grants";
const DIED = "The query was stopped: it used more memory than a sensor grants";

interface Running {
  readonly task: QueryTask;
  readonly done: (outcome: QueryOutcome) => void;
}

/**
 * Runs queries that somebody sent, each on a database of its own in the memory of a child process, which is ended when a
 * query takes too long or too much. The child is started with the first query, and again after one that had to be ended.
 */
export class QueryEngine {
  readonly #limits: QueryLimits;
  #child: ChildProcess | undefined;
  #running: Running | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #tasks = 0;
  #closed = false;

  constructor(limits: Partial<QueryLimits> = {}) {
    this.#limits = { ...USUAL_LIMITS, ...limits };
  }

  /** Runs a statement over these tables. Never rejects: what goes wrong is an outcome. Queries follow each other. */
  run(sql: string, tables: readonly TableData[], time = this.#limits.time): Promise<QueryOutcome> {
    const { rows, bytes, cell, columns } = this.#limits;
    const task = { id: ++this.#tasks, sql, tables, limits: { rows, bytes, cell, columns } };
    const outcome = this.#queue.then(() => this.#start(task, time));
    this.#queue = outcome;
    return outcome;
  }

  /** Ends the child, and with it the query that it is at. */
  close(): void {
    this.#closed = true;
    this.#end("The sandbox was stopped");
  }

  async #start(task: QueryTask, time: number): Promise<QueryOutcome> {
    if (this.#closed) return { error: "The sandbox was stopped" };
    const child = this.#ready();
    return await new Promise<QueryOutcome>((resolve) => {
      const deadline = setTimeout(() => this.#end(TOO_LONG), time);
      const done = (outcome: QueryOutcome): void => {
        clearTimeout(deadline);
        this.#running = undefined;
        resolve(outcome);
      };
      this.#running = { task, done };
      child.send(task, (error) => {
        if (error !== null && this.#running?.task === task) this.#end(DIED);
      });
    });
  }

  /** The child, started if there is none. It inherits neither the environment nor any open file. */
  #ready(): ChildProcess {
    if (this.#child !== undefined) return this.#child;
    const driver = createRequire(import.meta.url).resolve("libsql");
    const program = `(${serveQueries.toString()})(require(${JSON.stringify(driver)}), process, ${JSON.stringify(QUERY_FUNCTIONS)}, ${this.#limits.heap})`;
    const child = spawn(process.execPath, ["--max-old-space-size=256", "-e", program], {
      cwd: tmpdir(),
      // Windows cannot open a socket or a library without this one.
      env: process.platform === "win32" ? { SystemRoot: process.env["SystemRoot"] ?? "" } : {},
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      serialization: "advanced",
      windowsHide: true,
    });
    this.#child = child;
    child.on("message", (answer) => this.#answered(answer as QueryAnswer));
    const gone = (): void => {
      if (this.#child === child) this.#end(DIED);
    };
    child.on("exit", gone);
    child.on("error", gone);
    // An idle child keeps nobody from ending; it goes itself when its pipe does.
    child.unref();
    child.channel?.unref();
    return child;
  }

  #answered(answer: QueryAnswer): void {
    if (this.#running?.task.id !== answer.id) return;
    if ("error" in answer) this.#running.done({ error: answer.error });
    else {
      const { columns, rows, truncated } = answer;
      this.#running.done({ columns, rows, truncated });
    }
  }

  #end(why: string): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGKILL");
    this.#running?.done({ error: why });
  }
}
