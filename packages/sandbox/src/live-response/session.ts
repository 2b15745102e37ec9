import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { SensorRecord } from "../domain/index.js";
import type { EndpointMachine } from "../endpoint/machine.js";
import { Changes } from "./changes.js";
import type { CommandOutput, CommandWork, RequestedCommand } from "./commands/index.js";
import type { SessionDesk } from "./desk.js";
import { errorOf, type FaultSubject, type LiveFaults } from "./faults.js";
import { type Arrival, SessionFiles, type StoredFile } from "./files.js";
import { hasEnded, type LiveCommand } from "./live-command.js";
import { type EndpointSystem, refusal, success, systemOf } from "./results.js";
import type { Scratch } from "./scratch.js";
import type { LiveResponseSettings } from "./settings.js";
import type { Tally } from "./tally.js";

/** `pending` waits for the endpoint; `timeout` waited or idled too long; `inactive` was lost; `close` was closed. */
export type SessionStatus = "pending" | "active" | "timeout" | "inactive" | "close";

/** Seconds, as a session document tells them. */
export interface SessionTimeouts {
  checkIn: number;
  session: number;
  sensorWait: number;
  /** Of each command; any time when undefined. */
  command: number | undefined;
}

/** What all sessions work with. */
export interface SessionHost {
  /** Whether an endpoint is switched on. */
  isOnline(sensor: number): boolean;
  switchOff(sensor: number): void;
  machine(sensor: SensorRecord): EndpointMachine;
  now(): number;
  /** Lets simulated milliseconds go by; resolves at once when aborted, and never rejects. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  settings(): LiveResponseSettings;
  /** Receives what went wrong and was nobody's fault but the sandbox's. */
  onFailure(during: string, error: unknown): void;
  /** Receives programs that are running. */
  watch: CommandWork["watch"];
  background: CommandWork["background"];
  readonly faults: LiveFaults;
  readonly scratch: Scratch;
  readonly tally: Tally;
}

/** One session as it is made. */
export interface SessionStart {
  id: number;
  sensor: SensorRecord;
  username: string;
  timeouts: SessionTimeouts;
  /** Where it was asked for. */
  desk: SessionDesk;
}

/** Commands of a session that can be looked at; of those that have ended, the oldest are forgotten beyond it. */
const MOST_COMMANDS = 1_000;
/** Windows says so when something took too long. */
const ERROR_TIMEOUT = 1460;

/**
 * A session with an endpoint: its commands, carried out one after the other while the endpoint is switched on, and its
 * files. Knows nothing of HTTP; what refuses, or what a client sees, is up to the routes of a dialect.
 */
export class LiveSession {
  readonly id: number;
  readonly sensor: SensorRecord;
  readonly username: string;
  readonly timeouts: SessionTimeouts;
  readonly desk: SessionDesk;
  readonly created: number;
  readonly files: SessionFiles;
  readonly commands = new Map<number, LiveCommand>();
  /** Rung whenever something about the session has changed. */
  readonly changes = new Changes();
  readonly #host: SessionHost;
  /** Which session of its sensor it is for faults, once it has a command. */
  #ordinal: number | undefined;
  readonly #life = new AbortController();
  readonly #queue: LiveCommand[] = [];
  #status: SessionStatus = "pending";
  #machine: EndpointMachine | undefined;
  #used: number;
  #lastCommand = 0;
  /** Commands and transfers that are under way: the session is not idle. */
  #busy = 0;
  #runner: Promise<void> = Promise.resolve();
  #running = false;
  readonly #transfers = new Set<Promise<unknown>>();

  constructor(host: SessionHost, { id, sensor, username, timeouts, desk }: SessionStart) {
    this.id = id;
    this.sensor = sensor;
    this.username = username;
    this.timeouts = timeouts;
    this.desk = desk;
    this.files = new SessionFiles(host.scratch, id);
    this.created = host.now();
    this.#used = this.created;
    this.#host = host;
    // As many as there are commands, transfers and requests that wait.
    setMaxListeners(0, this.#life.signal);
  }

  get status(): SessionStatus {
    return this.#status;
  }

  /** Whether it takes up a slot. */
  get isOpen(): boolean {
    return this.#status === "pending" || this.#status === "active";
  }

  /** The endpoint, once it has come. */
  get machine(): EndpointMachine | undefined {
    return this.#machine;
  }

  get system(): EndpointSystem {
    return systemOf(this.sensor);
  }

  /** Aborted when the session ends. */
  get signal(): AbortSignal {
    return this.#life.signal;
  }

  /** Lets the time begin anew after which an unused session ends. */
  touch(): void {
    this.#used = this.#host.now();
  }

  /** Once a tick. `checksIn` tells whether endpoints that are switched on ask for sessions at this tick. */
  tick(now: number, checksIn: boolean): void {
    const unused = (now - this.#used) / 1000;
    if (this.#status === "pending") {
      if (checksIn && this.#host.isOnline(this.sensor.id)) this.#activate();
      else if (unused > this.timeouts.sensorWait) this.end("timeout");
    } else if (this.#status === "active") {
      const idle = this.#busy === 0 || !this.#host.isOnline(this.sensor.id);
      if (!idle) this.touch();
      else if (unused > this.timeouts.session) this.end("timeout");
    }
    this.changes.notify();
  }

  /** Adds a command to those that wait. */
  issue(requested: RequestedCommand, username: string): LiveCommand {
    this.touch();
    const { command: timeout } = this.timeouts;
    const command: LiveCommand = {
      ...requested,
      ...{ id: ++this.#lastCommand, username, created: this.#host.now(), status: "pending", output: {} },
      timeout: timeout === undefined ? undefined : timeout * 1000,
    };
    this.#host.tally.issued++;
    this.commands.set(command.id, command);
    this.#forgetOldest();
    this.#queue.push(command);
    this.#work();
    return command;
  }

  /** A session that is never closed must not keep everything that was ever found out in it. */
  #forgetOldest(): void {
    for (const [id, command] of this.commands) {
      if (this.commands.size <= MOST_COMMANDS) return;
      if (hasEnded(command)) this.commands.delete(id);
    }
  }

  /** Takes back a command that has not begun; false when it has. */
  cancel(command: LiveCommand): boolean {
    if (command.status !== "pending") return false;
    command.status = "cancelled";
    command.ended = this.#host.now();
    command.prepared.drop?.();
    this.#queue.splice(this.#queue.indexOf(command), 1);
    this.#host.tally.cancelled++;
    this.changes.notify();
    return true;
  }

  /** Takes a file from a client. */
  async upload(name: string, arrival: Omit<Arrival, "signal">): Promise<StoredFile> {
    this.touch();
    return await this.#during(this.files.add(name, { ...arrival, signal: this.signal }));
  }

  /** Keeps the session from idling, and its files also beyond its end, until the returned function is called. */
  holdFiles(): () => void {
    const release = this.hold();
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    this.#transfers.add(held);
    return () => {
      this.#transfers.delete(held);
      release();
      letGo();
    };
  }

  /** Keeps the session from idling until the returned function is called. */
  hold(): () => void {
    this.#busy++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#busy--;
      this.touch();
    };
  }

  /** Ends it: commands break off, files go. */
  end(status: Exclude<SessionStatus, "pending" | "active">): void {
    if (!this.isOpen) return;
    this.#status = status;
    const { tally } = this.#host;
    if (status === "close") tally.closed++;
    else if (status === "timeout") tally.timedOut++;
    else tally.lost++;
    this.#life.abort(new Error(`Session ${this.id} has ended`));
    this.changes.notify();
    this.#host.background(this.#clear());
  }

  async #clear(): Promise<void> {
    await this.#runner;
    await Promise.allSettled(this.#transfers);
    await this.files.clear();
    this.commands.clear();
    this.#queue.length = 0;
  }

  #activate(): void {
    try {
      this.#machine = this.#host.machine(this.sensor);
    } catch (error) {
      this.#host.onFailure(`Live Response session with sensor ${this.sensor.id}`, error);
      this.end("inactive");
      return;
    }
    this.#status = "active";
    this.touch();
    this.#work();
  }

  #work(): void {
    if (this.#running || this.#status !== "active") return;
    this.#running = true;
    this.#runner = this.#carryOutAll().catch((error: unknown) => this.#host.onFailure("Live Response", error));
  }

  async #carryOutAll(): Promise<void> {
    try {
      const machine = this.#machine;
      if (machine === undefined) return;
      for (let next = this.#queue.shift(); next !== undefined && this.isOpen; next = this.#queue.shift()) {
        const release = this.hold();
        try {
          await this.#carryOut(next, machine);
        } finally {
          release();
        }
      }
    } finally {
      // In the same turn in which nothing was left: what is issued from now on begins anew.
      this.#running = false;
    }
  }

  async #carryOut(command: LiveCommand, machine: EndpointMachine): Promise<void> {
    command.status = "in progress";
    this.changes.notify();
    // Of its own: a signal that is combined of others may be collected before it has gone off.
    const stop = new AbortController();
    const giveUp = (): void => stop.abort(this.signal.reason);
    if (this.signal.aborted) giveUp();
    this.signal.addEventListener("abort", giveUp, { once: true });
    let late = false;
    const ended = new AbortController();
    const expire = async (time: number): Promise<void> => {
      await this.#host.sleep(time, ended.signal);
      if (ended.signal.aborted) return;
      late = true;
      stop.abort();
    };
    if (command.timeout !== undefined) void expire(command.timeout);
    try {
      await this.#perform(command, machine, stop.signal);
      if (this.isOpen) this.#finish(command, success(this.system));
    } catch (error) {
      // Of a session that is gone nobody will ask.
      if (!this.isOpen) return;
      const end = refusal(late ? errorOf(this.system, ERROR_TIMEOUT) : error);
      if (end === undefined) this.#host.onFailure(`Live Response command ${command.name}`, error);
      this.#finish(command, end ?? refusal(errorOf(this.system, 31)) ?? success(this.system));
    } finally {
      ended.abort();
      this.signal.removeEventListener("abort", giveUp);
    }
  }

  async #perform(command: LiveCommand, machine: EndpointMachine, signal: AbortSignal): Promise<void> {
    const { faults, switchOff, settings, watch, background } = this.#host;
    this.#ordinal ??= faults.nextSession(this.sensor.id);
    const subject: FaultSubject = {
      ...{ sensor: this.sensor.id, session: this.#ordinal, command: command.id },
      ...{ name: command.name, object: String(command.subject ?? "") },
    };
    const pause = async (): Promise<void> => {
      await sleep(faults.latency(subject), undefined, { signal, ref: false });
    };
    const outcome = faults.decide(subject);
    await pause();
    if (outcome === "lost") this.end("inactive");
    if (outcome === "hang") await this.changes.until(() => false, { signal });
    if (outcome === "offline") switchOff(this.sensor.id);
    await this.#endpointBack(signal);
    if (typeof outcome === "number") throw errorOf(this.system, outcome);
    await command.prepared.run({
      ...{ machine, files: this.files, signal, maxFileSize: settings().maxFileSize, pause, watch, background },
      show: (output: CommandOutput) => {
        Object.assign(command.output, output);
        this.changes.notify();
      },
    });
    // What an endpoint has found out is known here when it says so.
    await this.#endpointBack(signal);
  }

  /** Resolves when the endpoint is switched on; throws when the session has ended meanwhile. */
  async #endpointBack(signal: AbortSignal): Promise<void> {
    await this.changes.until(() => this.#host.isOnline(this.sensor.id), { signal });
    signal.throwIfAborted();
  }

  #finish(command: LiveCommand, end: NonNullable<LiveCommand["end"]>): void {
    const { tally, now } = this.#host;
    command.end = end;
    command.ended = now();
    command.status = end.code === 0 ? "complete" : "error";
    if (end.code === 0) tally.completed++;
    else tally.failed++;
    this.changes.notify();
  }

  async #during<T>(work: Promise<T>): Promise<T> {
    const release = this.hold();
    this.#transfers.add(work);
    try {
      return await work;
    } finally {
      this.#transfers.delete(work);
      release();
    }
  }
}
