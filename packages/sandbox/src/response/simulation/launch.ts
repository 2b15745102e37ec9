import type {
  BinaryRecord,
  ChildprocRecord,
  NetconnRecord,
  ProcessEvents,
  ProcessRecord,
  SensorRecord,
} from "../../domain/index.js";
import { processGuid } from "../../organisation/ids.js";
import { hash32 } from "../../organisation/random.js";
import { baseName } from "../../paths.js";
import { findGroup, findSensor, findSensorByName } from "../../store/endpoints.js";
import {
  addSegment,
  freePid,
  isNamed,
  type RunningName,
  type RunningProcess,
  runningNames,
  runningProcess,
} from "../../store/running.js";
import type { ResponseContext } from "../context.js";
import { uniqueId } from "../documents/process.js";
import type { ProcessTale, SensorReport, Sighting } from "../event-bus/event-bus.js";
import { findIngressFilter, withoutFilteredEvents } from "../ingress/filter.js";
import { Patience } from "../ingress/patterns.js";
import { type LaunchRequest, readLaunch } from "./launch-request.js";
import { useFile } from "./programs.js";

/** What came of a launch. */
export type LaunchReport = StartedProcess | FilteredProcess | BlockedProcess | PreventedProcess;

/** The program runs, and the server knows it. */
export interface StartedProcess {
  outcome: "started";
  /** The GUID of the process. */
  id: string;
  unique_id: string;
  segment_id: number;
  pid: number;
  /** The GUID of the parent; undefined when nothing is known to run on the endpoint. */
  parent_id: string | undefined;
  md5: string;
}

/** The program runs, but an ingress filter keeps the server from knowing of it. */
export interface FilteredProcess extends Omit<StartedProcess, "outcome" | "unique_id" | "segment_id"> {
  outcome: "filtered";
  filter_id: string;
}

/** The program is banned: the sensor ended it at once, and told so in an event of the parent. */
export interface BlockedProcess {
  outcome: "blocked";
  md5: string;
  parent_id: string | undefined;
  /** The parent's new segment, which holds the event; undefined when there is no parent. */
  parent_unique_id: string | undefined;
}

/** Another product that is on the endpoint kept the program from being started: the sensor has seen nothing of it. */
export interface PreventedProcess {
  outcome: "prevented";
  md5: string;
  parent_id: string | undefined;
}

/**
 * Starts a program on an endpoint that is switched on, as if somebody had: the server gets to know of it at once, with
 * all that it does. Throws a RangeError when there is no such endpoint, when it is switched off, when the parent does
 * not run there, and for everything in the request that makes no sense.
 */
export function launch(context: ResponseContext, value: unknown): LaunchReport {
  const wanted = new Launch(context, readLaunch(value));
  const report = context.store.transaction(() => wanted.run());
  context.bus.sensorTold(wanted.told);
  return report;
}

/** What starts programs where nothing else is named, the usual one first. */
const STARTERS: Record<SensorRecord["os_type"], readonly string[]> = {
  windows: ["explorer.exe", "services.exe"],
  linux: ["systemd", "init"],
  osx: ["launchd"],
};
/** On Windows, the system's own accounts have no desktop. */
const SYSTEM_ACCOUNT = /^(NT AUTHORITY\\.*|.*\\)?(SYSTEM|LOCAL SERVICE|NETWORK SERVICE)$/i;

class Launch {
  readonly #context: ResponseContext;
  readonly #request: LaunchRequest;
  readonly #sensor: SensorRecord;
  readonly #parent: RunningProcess | undefined;
  readonly #now: number;
  readonly #files = new Map<string, Sighting>();
  readonly #tales: ProcessTale[] = [];

  constructor(context: ResponseContext, request: LaunchRequest) {
    this.#context = context;
    this.#request = request;
    this.#now = context.now();
    this.#sensor = this.#findEndpoint();
    this.#parent = this.#findParent();
  }

  /** What the sensor has told the server, once it has run. */
  get told(): SensorReport {
    return { sensor: this.#sensor, files: [...this.#files.values()], tales: this.#tales };
  }

  run(): LaunchReport {
    const { store } = this.#context;
    const parent = this.#parent;
    const path = this.#spelt(this.#request.path);
    const { md5 } = this.#request;
    const program = this.#use({ path, ...(md5 === undefined ? {} : { md5 }) });
    if (this.#isPrevented(program, path)) return { outcome: "prevented", md5: program.md5, parent_id: parent?.id };
    if (this.#isBanned(program.md5)) return this.#block(program, path);

    const process = this.#process(program, path);
    const patience = new Patience();
    const filter = findIngressFilter(store, { process, sensor: this.#sensor, now: this.#now, patience });
    const kept = filter === undefined || !filter.filter_all_events;
    if (parent !== undefined) {
      const child = childOf(process);
      this.#tell(parent, { childproc: [kept ? child : { ...child, suppressed: true }] });
    }
    const { id, pid, parent_id } = process;
    const report = { id, pid, parent_id, md5: program.md5 };
    if (filter !== undefined && !kept) return { outcome: "filtered", ...report, filter_id: filter.id };

    const events = this.#events();
    const told = filter === undefined ? events : withoutFilteredEvents(filter, events, this.#sensor, patience);
    store.process({ ...process, events: told });
    this.#tales.push({ process, startedBy: { parent }, events: told });
    const segment_id = process.segments[0]?.segment_id ?? 0;
    return { outcome: "started", ...report, ...this.#shown(id, { segment_id, ordinal: 1 }) };
  }

  #findEndpoint(): SensorRecord {
    const { store } = this.#context;
    const { sensor } = this.#request;
    const record = typeof sensor === "number" ? findSensor(store, sensor) : findSensorByName(store, sensor);
    if (record === undefined) throw new RangeError(`There is no sensor ${sensor}`);
    if (record.online) return record;
    const why = record.state?.uninstalled === true ? "has no sensor any more" : "is switched off";
    throw new RangeError(`${record.computer_name} ${why}: nothing can be launched on it`);
  }

  #findParent(): RunningProcess | undefined {
    const { store } = this.#context;
    const chosen = this.#chooseParent(runningNames(store, this.#sensor.id, this.#now));
    return chosen === undefined ? undefined : runningProcess(store, chosen.proc);
  }

  #chooseParent(running: readonly RunningName[]): RunningName | undefined {
    const { os_type, computer_name } = this.#sensor;
    const { parent: wanted, username = "" } = this.#request;
    if (wanted !== undefined) {
      const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(wanted)?.[0].toLowerCase();
      const parent = running.find((each) => (guid === undefined ? isNamed(each, wanted) : each.id === guid));
      if (parent === undefined) throw new RangeError(`${wanted} is not running on ${computer_name}`);
      return parent;
    }
    const starters = SYSTEM_ACCOUNT.test(username) ? STARTERS[os_type].toReversed() : STARTERS[os_type];
    for (const name of starters) {
      const parent = running.find((each) => isNamed(each, name));
      if (parent !== undefined) return parent;
    }
    // Whatever has been running for longest stands highest in the tree.
    return running.at(-1);
  }

  /** How it is started, and by whom. */
  get #call(): { cmdline: string; username: string } {
    const { cmdline = `"${this.#request.path}"`, username = this.#parent?.username ?? "" } = this.#request;
    return { cmdline, username };
  }

  #isPrevented({ md5 }: BinaryRecord, path: string): boolean {
    const { cmdline: commandLine, username } = this.#call;
    const parentPath = this.#parent?.path;
    return this.#context.prevented({ sensorId: this.#sensor.id, path, commandLine, username, md5, parentPath });
  }

  #process(program: BinaryRecord, path: string): ProcessRecord {
    const parent = this.#parent;
    const { id: sensor_id, os_type } = this.#sensor;
    const pid = freePid(this.#context.store, sensor_id, os_type === "windows" ? 4 : 1);
    const { cmdline, username } = this.#call;
    const arrival = this.#arrival();
    return {
      ...{ sensor_id, pid, id: processGuid(sensor_id, pid, this.#now), start: this.#now },
      ...(parent === undefined ? {} : { parent_id: parent.id }),
      parent_pid: parent?.pid ?? -1,
      parent_name: parent?.process_name ?? "",
      ...{ process_name: baseName(path), path, cmdline, username, md5: program.md5 },
      ...(program.sha256 === "" ? {} : { sha256: program.sha256 }),
      ...(program.alliance === undefined ? {} : { alliance: program.alliance }),
      segments: [{ segment_id: arrival, last_update: this.#now, last_server_update: arrival }],
      events: {},
    };
  }

  #events(): ProcessEvents {
    const time = this.#now;
    const { netconns = [], filemods = [], regmods = [], modloads = [] } = this.#request;
    // An isolated endpoint reaches nobody but the server.
    const connections = this.#sensor.state?.is_isolating === true ? [] : netconns;
    const events: Required<Pick<ProcessEvents, "netconn" | "filemod" | "regmod" | "modload">> = {
      modload: modloads.map((loaded) => {
        const path = this.#spelt(loaded.path);
        return { time, path, md5: this.#use({ ...loaded, path }).md5 };
      }),
      filemod: filemods.map(({ path, type = 2, md5 }) => ({
        ...{ time, type, path: this.#spelt(path) },
        ...(md5 === undefined ? {} : { md5: md5.toLowerCase() }),
        ...(/\.(exe|dll|sys|scr|com)$/i.test(path) ? { filetype: 1 } : {}),
      })),
      regmod: regmods.map(({ path, type = 2 }) => ({ time, type, path })),
      netconn: connections.map((connection, index) => this.#connection(connection, index)),
    };
    return Object.fromEntries(Object.entries(events).filter(([, list]) => list.length > 0));
  }

  #connection(
    { domain = "", ip, port = 443 }: NonNullable<LaunchRequest["netconns"]>[number],
    n: number,
  ): NetconnRecord {
    return {
      time: this.#now,
      remote_ip: ip ?? addressOf(domain),
      remote_port: port,
      local_ip: this.#sensor.interfaces[0]?.ip ?? "0.0.0.0",
      local_port: 49_152 + ((hash32(`${this.#sensor.id}/${this.#now}`) + n) % 16_384),
      ...{ proto: 6, domain, outbound: true },
    };
  }

  #isBanned(md5: string): boolean {
    if (this.#context.store.collection("ban").get(md5.toLowerCase())?.enabled !== true) return false;
    return findGroup(this.#context.store, this.#sensor.group_id)?.settings?.["banning_enabled"] !== false;
  }

  #block(program: BinaryRecord, path: string): BlockedProcess {
    const parent = this.#parent;
    const { cmdline, username } = this.#call;
    const { id: last_block_sensor_id, computer_name: last_block_hostname, computer_sid } = this.#sensor;
    const bans = this.#context.store.collection("ban");
    const md5 = program.md5.toLowerCase();
    const ban = bans.get(md5);
    if (ban !== undefined) {
      const { block_count } = ban;
      const last_block_time = this.#now;
      const latest = { block_count: block_count + 1, last_block_time, last_block_sensor_id, last_block_hostname };
      bans.put(md5, { ...ban, ...latest });
    }
    const event = {
      time: this.#now,
      ...{ block_type: "MD5", block_event: "ProcessCreate", block_result: "ProcessTerminated", block_error: 0 },
      ...{ blocked_md5: md5, blocked_path: path, blocked_cmdline: cmdline },
      ...{ blocked_uid: parent?.uid ?? computer_sid, blocked_username: username },
    };
    const told = parent === undefined ? undefined : this.#tell(parent, { processblock: [event] });
    return { outcome: "blocked", md5, parent_id: parent?.id, parent_unique_id: told?.unique_id };
  }

  #tell(process: RunningProcess, events: ProcessEvents): { unique_id: string } {
    this.#tales.push({ process, events });
    const segment = addSegment(this.#context.store, process, events, { now: this.#now, arrival: this.#arrival() });
    return this.#shown(process.id, segment);
  }

  #use(file: { path: string; md5?: string }): BinaryRecord {
    const used = useFile(this.#context.store, { ...file, sensor: this.#sensor, now: this.#now });
    const sighting = this.#context.bus.sighted(used, this.#sensor, this.#now);
    if (sighting !== undefined && !this.#files.has(used.md5)) this.#files.set(used.md5, sighting);
    return used;
  }

  /** Sensors report paths of Windows in lower case. */
  #spelt(path: string): string {
    return this.#sensor.os_type === "windows" ? path.toLowerCase() : path;
  }

  #arrival(): number {
    return this.#context.partitions.arrival(this.#now);
  }

  #shown(id: string, segment: { segment_id: number; ordinal: number }): { unique_id: string; segment_id: number } {
    const { traits } = this.#context;
    const shown = traits.immutableSegments ? segment.segment_id : segment.ordinal;
    return { unique_id: uniqueId(traits, id, shown), segment_id: shown };
  }
}

const childOf = ({ id, md5, path, pid, cmdline, username, start }: ProcessRecord): ChildprocRecord => ({
  ...{ time: start, child_id: id, md5, path, pid, started: true, cmdline, username },
});

/** An address for a domain, of the network that is set aside for examples; the same for the same domain. */
const addressOf = (domain: string): string => `203.0.113.${1 + (hash32(domain.toLowerCase()) % 254)}`;
