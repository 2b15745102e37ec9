import { setTimeout as sleep } from "node:timers/promises";
import type { SensorRecord } from "../domain/index.js";
import type { EndpointMachine } from "../endpoint/machine.js";
import type { ExtraFile } from "../endpoint/options.js";
import { Changes } from "./changes.js";
import { type AddedContent, extraFile } from "./control.js";
import type { SessionDesk } from "./desk.js";
import { LiveFaults } from "./faults.js";
import { scheduledOnline } from "./schedule.js";
import { Scratch } from "./scratch.js";
import { LiveSession, type SessionHost, type SessionTimeouts } from "./session.js";
import { changedSettings, DEFAULT_SETTINGS, type LiveResponseChanges, type LiveResponseSettings } from "./settings.js";
import { emptyTally, type LiveResponseStats, type SlotStats } from "./tally.js";

/** The endpoints as sessions need them. */
export interface LiveEndpoints {
  find(sensor: number): SensorRecord | undefined;
  /** Of all sensors. */
  ids(): number[];
  machine(sensor: SensorRecord): EndpointMachine;
  /** Whether an endpoint is switched on and has a sensor. */
  isOnline(sensor: number): boolean;
  /** Switches endpoints on or off, by ids. */
  switchAll(changes: ReadonlyMap<number, boolean>): void;
}

/** What Live Response is made of. */
export interface LiveResponseParts {
  endpoints: LiveEndpoints;
  now(): number;
  /** Lets simulated milliseconds go by; those of the real clock when left out. */
  sleep?(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** How many sessions clients of EDR can have at a time: asked at each request. */
  slots(): number;
  /** Puts a file on an endpoint. */
  addFile?(file: ExtraFile): void;
  /** Settings in force from the start. */
  settings?: LiveResponseChanges;
  /** What faults are drawn from unless the settings say otherwise. */
  seed?: number | string;
  onFailure?(during: string, error: unknown): void;
}

/** Sessions that are listed, ended ones included. */
const LISTED = 100;
/** How long the end waits, in milliseconds, for programs that do not end when they are killed. */
const PATIENCE = 2_000;

async function realSleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => {});
}

/**
 * All sessions of a sandbox, whichever product they are of and whatever the dialect in which clients speak of them: slots,
 * life and death by the simulated time, and the counts that tell whether anything is left over.
 */
export class LiveSessions {
  /** Rung once a tick, and when a session has ended. */
  readonly changes = new Changes();
  /** Requests that are held at the moment; the routes count them. */
  held = 0;
  readonly #parts: LiveResponseParts;
  /** The first of all desks. */
  readonly #desk: SessionDesk;
  readonly #desks = new Map<SessionDesk, { highest: number; refused: number }>();
  readonly #host: SessionHost;
  readonly #open = new Map<number, LiveSession>();
  #ended: LiveSession[] = [];
  #lastId = 0;
  readonly #background = new Set<Promise<unknown>>();
  readonly #programs = new Set<Parameters<SessionHost["watch"]>[0]>();
  readonly #tally = emptyTally();
  #settings: LiveResponseSettings;
  /** What the schedule said last, by endpoint. */
  #scheduled = new Map<number, boolean>();
  #tick = 0;

  constructor(parts: LiveResponseParts) {
    this.#parts = parts;
    this.#desk = this.addDesk({ product: "response", slots: parts.slots });
    this.#settings = changedSettings(DEFAULT_SETTINGS, parts.settings ?? {});
    const { endpoints, now } = parts;
    const settings = (): LiveResponseSettings => this.#settings;
    this.#host = {
      ...{ now, settings, tally: this.#tally, scratch: new Scratch() },
      faults: new LiveFaults(settings, parts.seed ?? 1),
      isOnline: (sensor) => endpoints.isOnline(sensor),
      switchOff: (sensor) => endpoints.switchAll(new Map([[sensor, false]])),
      machine: (sensor) => endpoints.machine(sensor),
      sleep: parts.sleep ?? realSleep,
      onFailure: (during, error) => parts.onFailure?.(during, error),
      watch: (program) => this.#watch(program),
      background: (work) => this.#inBackground(work),
    };
  }

  get settings(): LiveResponseSettings {
    return this.#settings;
  }

  /** Changes settings; throws a RangeError, and changes nothing, when one makes no sense. */
  configure(changes: LiveResponseChanges): LiveResponseSettings {
    this.#settings = changedSettings(this.#settings, changes);
    if (changes.schedule !== undefined || changes.seed !== undefined) {
      this.#scheduled = new Map();
      this.#followSchedule(this.#tick);
    }
    return this.#settings;
  }

  /** What the schedule says of an endpoint at a tick; undefined when it says nothing. */
  scheduledOnline(sensor: number, tick: number): boolean | undefined {
    const { schedule } = this.#settings;
    return schedule === undefined ? undefined : scheduledOnline(schedule, this.#host.faults.seed, sensor, tick);
  }

  /** The sensor of an id. */
  sensor(id: number): SensorRecord | undefined {
    return this.#parts.endpoints.find(id);
  }

  /** Lets the clients of another product ask for sessions, with slots of their own. */
  addDesk(desk: SessionDesk): SessionDesk {
    this.#desks.set(desk, { highest: 0, refused: 0 });
    return desk;
  }

  /** Opens a session, which waits for its endpoint; undefined when there is no slot. */
  open(
    sensor: SensorRecord,
    username: string,
    timeouts: Partial<SessionTimeouts> = {},
    desk: SessionDesk = this.#desk,
  ): LiveSession | undefined {
    const tally = this.#tally;
    const counts = this.#desks.get(desk) ?? { highest: 0, refused: 0 };
    const shares = desk.perEndpoint === true && this.list(true, desk).some((each) => each.sensor.id === sensor.id);
    if (!shares && this.#used(desk) >= desk.slots()) {
      counts.refused++;
      return undefined;
    }
    const { checkInTimeout, sessionTimeout, sensorWaitTimeout } = this.#settings;
    const usual = { checkIn: checkInTimeout, session: sessionTimeout, sensorWait: sensorWaitTimeout };
    const session = new LiveSession(this.#host, {
      ...{ id: ++this.#lastId, sensor, username, desk },
      timeouts: { ...usual, command: undefined, ...timeouts },
    });
    this.#open.set(session.id, session);
    tally.opened++;
    counts.highest = Math.max(counts.highest, this.#used(desk));
    session.signal.addEventListener("abort", () => this.#retire(session), { once: true });
    return session;
  }

  /** A session that has not been forgotten. */
  find(id: number, desk: SessionDesk = this.#desk): LiveSession | undefined {
    const found = this.#open.get(id) ?? this.#ended.find((session) => session.id === id);
    return found?.desk === desk ? found : undefined;
  }

  /** Pending and active ones, or the last hundred, by id. */
  list(activeOnly: boolean, desk: SessionDesk = this.#desk): LiveSession[] {
    const open = [...this.#open.values()].filter((session) => session.desk === desk);
    if (activeOnly) return open;
    const ended = this.#ended.filter((session) => session.desk === desk);
    return [...ended, ...open].sort((a, b) => a.id - b.id).slice(-LISTED);
  }

  /** Puts a file on an endpoint; throws a RangeError when there is no such endpoint, or can be no such file. */
  addFile(sensor: number | string, path: string, content: AddedContent): void {
    if (this.#parts.addFile === undefined) throw new RangeError("These endpoints take no files");
    this.#parts.addFile(extraFile(sensor, path, content));
  }

  /** Lets a session vanish, as a fault does. False when there is none. */
  lose(id: number): boolean {
    const session = this.#open.get(id);
    session?.end("inactive");
    return session !== undefined;
  }

  stats(): LiveResponseStats {
    const { opened, closed, timedOut, lost, issued, completed, failed, cancelled } = this.#tally;
    const open = [...this.#open.values()];
    const active = open.filter(({ status }) => status === "active").length;
    return {
      slots: this.#slots(this.#desk),
      products: Object.fromEntries([...this.#desks.keys()].map((desk) => [desk.product, this.#slots(desk)])),
      sessions: { pending: open.length - active, active, opened, closed, timedOut, lost },
      commands: { issued, completed, failed, cancelled },
      held: this.held,
      files: open.reduce((sum, { files }) => sum + files.list().length, 0),
    };
  }

  /** How many slots of a desk are taken. */
  #used(desk: SessionDesk): number {
    const open = this.list(true, desk);
    return desk.perEndpoint === true ? new Set(open.map(({ sensor }) => sensor.id)).size : open.length;
  }

  #slots(desk: SessionDesk): SlotStats {
    const { highest, refused } = this.#desks.get(desk) ?? { highest: 0, refused: 0 };
    return { limit: desk.slots(), used: this.#used(desk), highest, refused };
  }

  tick(tick: number, now: number): void {
    this.#tick = tick;
    this.#followSchedule(tick);
    const checksIn = tick % this.#settings.checkinTicks === 0;
    for (const session of [...this.#open.values()]) session.tick(now, checksIn);
    this.changes.notify();
  }

  /** Ends every session and program, and removes all files. Resolves when nothing is left. */
  async close(): Promise<void> {
    for (const session of [...this.#open.values()]) session.end("inactive");
    for (const program of this.#programs) program.kill();
    const settled = async (): Promise<void> => {
      while (this.#background.size > 0) await Promise.allSettled(this.#background);
    };
    await Promise.race([settled(), sleep(PATIENCE, undefined, { ref: false })]);
    await this.#host.scratch.remove();
  }

  #retire(session: LiveSession): void {
    this.#open.delete(session.id);
    this.#ended = [...this.#ended, session].slice(-LISTED);
    this.changes.notify();
  }

  #watch(program: Parameters<SessionHost["watch"]>[0]): void {
    this.#programs.add(program);
    this.#inBackground(program.ended.then(() => this.#programs.delete(program)));
  }

  #inBackground(work: Promise<unknown>): void {
    const watched = work
      .catch((error: unknown) => {
        // That an endpoint refused something is no failure: nobody is there to be told.
        if (!(error instanceof Error && error.name === "EndpointError")) this.#host.onFailure("Live Response", error);
      })
      .finally(() => this.#background.delete(watched));
    this.#background.add(watched);
  }

  /** Switches those endpoints of which the schedule says something else than before. */
  #followSchedule(tick: number): void {
    if (this.#settings.schedule === undefined) return;
    const changes = new Map<number, boolean>();
    for (const sensor of this.#parts.endpoints.ids()) {
      const online = this.scheduledOnline(sensor, tick);
      if (online === undefined || this.#scheduled.get(sensor) === online) continue;
      this.#scheduled.set(sensor, online);
      changes.set(sensor, online);
    }
    if (changes.size > 0) this.#parts.endpoints.switchAll(changes);
  }
}
