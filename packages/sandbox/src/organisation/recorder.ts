import {
  type CrossprocRecord,
  EVENT_KINDS,
  type FilemodRecord,
  type NetconnRecord,
  type OrganisationSink,
  type ProcessEvents,
  type ProcessRecord,
  type RegmodRecord,
  type SegmentRecord,
  type SensorRecord,
} from "../domain/index.js";
import { baseName } from "../paths.js";
import type { Image } from "./catalogue.js";
import { processGuid } from "./ids.js";
import type { Random } from "./random.js";

/** What is said of a process when it starts; the rest follows from its image and its parent. */
export interface Start {
  at: number;
  cmdline: string;
  /** Default: the parent's. */
  username?: string;
  uid?: string;
  /** When it ends; left out while it still runs. */
  end?: number;
  /** Ready-made pid and ticks beyond the millisecond, where they are given from outside. */
  pid?: number;
  ticks?: number;
  suppressed?: boolean;
  alliance?: ProcessRecord["alliance"];
  /** How many pushes of the sensor told about it (default 1). */
  segments?: number;
}

/** How many events of each kind were recorded, by the names of {@link ProcessEvents}. */
export type EventCounts = Record<keyof ProcessEvents, number>;

/**
 * Records what happens on one endpoint: starts processes under their parents (with the parent's child events), notes
 * their events, and hands them over when the host's history is complete.
 */
export class HostRecorder {
  readonly sensor: SensorRecord;
  readonly random: Random;
  readonly now: number;
  readonly #processes: ProcessRecord[] = [];
  readonly #wantedSegments = new Map<ProcessRecord, number>();
  readonly #pids = new Set<number>();
  #lastPid = 0;

  constructor(sensor: SensorRecord, random: Random, now: number) {
    this.sensor = sensor;
    this.random = random;
    this.now = now;
  }

  get count(): number {
    return this.#processes.length;
  }

  /** Takes a free pid in the manner of the system: multiples of four that jump about, or counting up. */
  nextPid(): number {
    // The more processes a host has had, the further they jump: at least half of the numbers are free.
    const highest = Math.max(3300, 20 + 2 * this.#pids.size);
    for (;;) {
      const pid =
        this.sensor.os_type === "windows"
          ? 4 * this.random.between(20, highest)
          : this.#lastPid + this.random.between(1, 7);
      if (this.#pids.has(pid)) continue;
      this.#lastPid = Math.max(this.#lastPid, pid);
      return pid;
    }
  }

  /** Starts a process. Its parent notes the start, and the end if there is one. */
  start(parent: ProcessRecord | undefined, image: Image, start: Start): ProcessRecord {
    const pid = start.pid ?? this.nextPid();
    this.#pids.add(pid);
    const at = this.#startTime(parent, start.at);
    const end = start.end === undefined ? undefined : Math.max(at, Math.floor(start.end + at - start.at));
    const record: ProcessRecord = {
      sensor_id: this.sensor.id,
      pid,
      id: processGuid(this.sensor.id, pid, at, start.ticks ?? this.random.between(0, 9999)),
      ...(parent === undefined ? {} : { parent_id: parent.id }),
      parent_pid: parent?.pid ?? -1,
      parent_name: parent?.process_name ?? "",
      start: at,
      process_name: baseName(image.path),
      path: image.path,
      cmdline: start.cmdline,
      username: start.username ?? parent?.username ?? "",
      md5: image.record.md5,
      sha256: image.record.sha256,
      segments: [],
      events: {},
    };
    if (end !== undefined && end < this.now) record.end = end;
    if (start.uid !== undefined) record.uid = start.uid;
    if (start.suppressed) record.suppressed = true;
    if (start.alliance !== undefined) record.alliance = start.alliance;
    if (start.segments !== undefined) this.#wantedSegments.set(record, start.segments);
    seen(image, at);
    this.#processes.push(record);
    if (parent !== undefined && !parent.placeholder) this.#tellParent(parent, record);
    return record;
  }

  /** A parent of which nothing is known but what its child says. */
  placeholder(image: Image, at: number, options: { pid?: number; ticks?: number } = {}): ProcessRecord {
    const pid = options.pid ?? this.nextPid();
    this.#pids.add(pid);
    const record: ProcessRecord = {
      sensor_id: this.sensor.id,
      pid: -1,
      id: processGuid(this.sensor.id, pid, at, options.ticks ?? this.random.between(0, 9999)),
      parent_pid: -1,
      parent_name: "",
      start: Math.floor(at),
      process_name: baseName(image.path),
      path: image.path,
      cmdline: "",
      username: "",
      md5: "",
      segments: [],
      events: {},
      placeholder: true,
    };
    this.#processes.push(record);
    return record;
  }

  modload(process: ProcessRecord, image: Image, time: number): void {
    const at = this.#within(process, time);
    seen(image, at);
    push(process, "modload", { time: at, md5: image.record.md5, path: image.path });
  }

  filemod(
    process: ProcessRecord,
    time: number,
    type: FilemodRecord["type"],
    path: string,
    extra: Partial<FilemodRecord> = {},
  ): void {
    push(process, "filemod", { time: this.#within(process, time), type, path, ...extra });
  }

  regmod(process: ProcessRecord, time: number, type: RegmodRecord["type"], path: string): void {
    push(process, "regmod", { time: this.#within(process, time), type, path });
  }

  /** A connection of this host; its own address and a high port are filled in unless given. */
  netconn(
    process: ProcessRecord,
    time: number,
    remote: { ip: string; port: number; domain?: string },
    extra: Partial<NetconnRecord> = {},
  ): void {
    push(process, "netconn", {
      time: this.#within(process, time),
      remote_ip: remote.ip,
      remote_port: remote.port,
      local_ip: this.sensor.interfaces[0]?.ip ?? "0.0.0.0",
      local_port: this.random.between(49152, 65535),
      proto: 6,
      domain: remote.domain ?? "",
      outbound: true,
      ...extra,
    });
  }

  /** One process opens another, or starts a thread in it; both of them note it. */
  crossproc(
    source: ProcessRecord,
    target: ProcessRecord,
    time: number,
    kind: CrossprocRecord["kind"],
    privileges: number,
    subtype: CrossprocRecord["subtype"] = 1,
  ): void {
    const at = Math.floor(Math.max(time, source.start, target.start));
    const common = { time: at, kind, subtype, privileges };
    push(source, "crossproc", { ...common, other_id: target.id, md5: target.md5, path: target.path, is_target: false });
    push(target, "crossproc", { ...common, other_id: source.id, md5: source.md5, path: source.path, is_target: true });
  }

  /** Hands over everything: events in order of time, cut into the segments in which the server got them. */
  flush(sink: OrganisationSink, counts: EventCounts): void {
    for (const process of this.#processes) {
      let last = process.end ?? process.start;
      for (const kind of EVENT_KINDS) {
        const list: { time: number }[] | undefined = process.events[kind];
        if (list === undefined) continue;
        list.sort((a, b) => a.time - b.time);
        last = Math.max(last, list.at(-1)?.time ?? 0);
        counts[kind] += list.length;
      }
      if (process.segments.length === 0) this.#segment(process, Math.min(last, this.now));
      sink.process(process);
    }
    this.#processes.length = 0;
  }

  /** A moment in the life of the process: what is asked for, or the nearest to it. */
  #within(process: ProcessRecord, time: number): number {
    return Math.max(process.start, Math.min(Math.floor(time), process.end ?? this.now));
  }

  /** A child starts while its parent lives; a wish outside that time is put at some moment inside. */
  #startTime(parent: ProcessRecord | undefined, wish: number): number {
    const first = parent?.start ?? 0;
    const last = Math.min(this.now, parent?.end ?? this.now);
    const at = Math.floor(wish);
    if (at <= last) return Math.max(first, at);
    return first + Math.floor(this.random.fraction() * (last - first));
  }

  #tellParent(parent: ProcessRecord, child: ProcessRecord): void {
    const common = {
      child_id: child.id,
      md5: child.md5,
      path: child.path,
      pid: child.pid,
      cmdline: child.cmdline,
      username: child.username,
      ...(child.suppressed ? { suppressed: true } : {}),
    };
    push(parent, "childproc", { ...common, time: child.start, started: true });
    if (child.end !== undefined && child.end <= (parent.end ?? this.now)) {
      push(parent, "childproc", { ...common, time: child.end, started: false });
    }
  }

  #segment(process: ProcessRecord, last: number): void {
    const wanted = this.#wantedSegments.get(process) ?? 1;
    const span = Math.max(0, last - process.start);
    const segments: SegmentRecord[] = [];
    for (let i = 1; i <= wanted; i++) {
      const update = i === wanted ? last : process.start + Math.floor((span * i) / wanted);
      const server = Math.min(update + 20_000 + this.random.between(0, 90_000), this.now);
      const previous = segments.at(-1)?.segment_id ?? 0;
      const arrived = Math.max(server, previous + 1);
      segments.push({ segment_id: arrived, last_update: update, last_server_update: arrived });
    }
    process.segments = segments;
    if (wanted === 1) return;
    for (const kind of EVENT_KINDS) {
      for (const event of process.events[kind] ?? []) {
        const index = segments.findIndex((segment) => event.time <= segment.last_update);
        if (index > 0) event.segment = index;
      }
    }
  }
}

/** A count of nothing, to add to. */
export function noCounts(): EventCounts {
  return Object.fromEntries(EVENT_KINDS.map((kind) => [kind, 0])) as EventCounts;
}

/** Adds an event to a process, whose arrays exist only when they hold something. */
export function push<K extends keyof ProcessEvents>(
  process: ProcessRecord,
  kind: K,
  event: NonNullable<ProcessEvents[K]>[number],
): void {
  const events: { [P in keyof ProcessEvents]?: unknown[] } = process.events;
  const list = events[kind];
  if (list === undefined) events[kind] = [event];
  else list.push(event);
}

function seen(image: Image, at: number): void {
  if (at < image.firstSeen) image.firstSeen = at;
  if (at > image.lastSeen) image.lastSeen = at;
}
