/**
 * The generated organisation: hosts with true ancestry from the kernel down, software, events of every kind, the
 * guide's own examples, and one intrusion worth finding. The same options give the same records byte for byte.
 */
import type { OrganisationSink, SensorRecord } from "../domain/index.js";
import { atOnce, type Steps } from "../steps.js";
import { orphan, pingTheFleet, work } from "./activities.js";
import { writeAdministration } from "./administration.js";
import { Casework } from "./casework.js";
import { Catalogue } from "./catalogue.js";
import { writeDetectors } from "./detectors.js";
import { GUIDE, writeGuide } from "./guide.js";
import { type Host, LEAST_HOSTS, makeHosts, writeGroups } from "./hosts.js";
import { intrude, intrusionStart, type Stage } from "./intrusion.js";
import { Random } from "./random.js";
import { type EventCounts, HostRecorder, noCounts } from "./recorder.js";
import { INTRUSION } from "./story.js";
import { linuxHistory, macHistory } from "./unix.js";
import { bootWindows, type WindowsTree } from "./windows.js";

export { binaryIcon } from "./files/icon.js";
export { binaryContent } from "./files/pe.js";
export { parseProcessGuid } from "./ids.js";
export { GUIDE, INTRUSION, intrusionStart };

/** What to generate; everything may be left out. */
export interface OrganisationOptions {
  /** Default 1. */
  seed?: number | string;
  /** Hosts altogether, the guide's four included (default 48, at least 12). */
  hosts?: number;
  /** Processes altogether (default 22000); a host gets at least what its system starts. */
  processes?: number;
  /** About how many binaries are seen (default 1600); the known programs are always among them. */
  binaries?: number;
  /** The organisation's present (default 2026-01-05T09:00:00Z). */
  now?: number;
  /** `small`: the guide's four hosts only; `empty`: nothing but group 1 and site 1. */
  scale?: "default" | "small" | "empty";
}

/** What was generated. */
export interface OrganisationSummary {
  seed: string;
  scale: "default" | "small" | "empty";
  now: number;
  sensors: number;
  binaries: number;
  processes: number;
  events: EventCounts;
  /** How many of the processes belong to the intrusion; 0 where there is none. */
  intrusion: number;
}

/** The present of an organisation that is not given another one. */
const DEFAULT_NOW = Date.UTC(2026, 0, 5, 9);
/** Children of the one process that has far more of them than a summary shows. */
export const FLEET_PINGS = 40;

/** Writes an organisation into the sink, host by host: at no time more than a few hosts are held in memory. */
export function generateOrganisation(sink: OrganisationSink, options: OrganisationOptions = {}): OrganisationSummary {
  return atOnce(generationOf(sink, options));
}

/** {@link generateOrganisation} in steps, of which a host is the largest. */
export function* generationOf(sink: OrganisationSink, options: OrganisationOptions = {}): Steps<OrganisationSummary> {
  const { hosts = 48, processes = 22_000, binaries = 1600, now = DEFAULT_NOW, scale = "default" } = options;
  const seed = String(options.seed ?? 1);
  const summary: OrganisationSummary = {
    seed,
    scale,
    now,
    sensors: 0,
    binaries: 0,
    processes: 0,
    events: noCounts(),
    intrusion: 0,
  };
  writeGroups(sink, scale === "default" ? undefined : 1);
  writeAdministration(sink, { seed, now, scale });
  if (scale === "empty") return summary;

  const catalogue = new Catalogue(new Random(`${seed}/catalogue`), now);
  yield;
  const casework = new Casework(sink, { seed, now, scale });
  summary.processes = writeGuide(casework, catalogue, now, summary.events);
  yield;
  summary.sensors = GUIDE.sensors;
  if (scale === "default") {
    yield* catalogue.filling(Math.ceil(wholeNumber("binaries", binaries, 0) * UNSEEN_SHARE));
    const count = wholeNumber("hosts", hosts, GUIDE.sensors + LEAST_HOSTS) - GUIDE.sensors;
    yield* writeCompany(
      casework,
      catalogue,
      makeHosts(seed, count, GUIDE.sensors + 1, now),
      wholeNumber("processes", processes, 0),
      seed,
      summary,
    );
  }
  writeDetectors(sink, { seed, now, scale }, (name) => catalogue.find(name)?.record.md5);
  summary.binaries = catalogue.flush(sink);
  casework.finish();
  return summary;
}

/** Not every file of the catalogue is run or loaded by somebody, and only those that are come to the server. */
const UNSEEN_SHARE = 1.13;

/** Hosts on which the intrusion happens stay open until it has been added; all others are written at once. */
function* writeCompany(
  sink: OrganisationSink,
  catalogue: Catalogue,
  hosts: readonly Host[],
  total: number,
  seed: string,
  summary: OrganisationSummary,
): Steps<void> {
  const wanted = total - summary.processes;
  const stages = new Map<string, Stage>();
  const { workstation, fileServer, database } = INTRUSION.hosts;
  const scenes: readonly string[] = [workstation, fileServer, database];
  let written = 0;
  let admin = false;
  for (const [index, host] of hosts.entries()) {
    sink.sensor(host.sensor);
    const recorder = new HostRecorder(
      host.sensor,
      new Random(`${seed}/host/${host.sensor.id}`),
      presentOf(host.sensor, summary.now),
    );
    // What is still wanted, shared among the hosts that are left; a little more or less on each.
    const quota = Math.round(
      ((wanted - written) / (hosts.length - index)) *
        (index === hosts.length - 1 ? 1 : 0.8 + 0.4 * recorder.random.fraction()),
    );
    let tree: WindowsTree | undefined;
    if (host.sensor.os_type === "linux") linuxHistory(host, recorder, catalogue, quota);
    else if (host.sensor.os_type === "osx") macHistory(host, recorder, catalogue, quota);
    else {
      tree = bootWindows(host, recorder, catalogue);
      if (index % 3 === 1) orphan(host, recorder, catalogue, tree);
      if (host.role === "admin" && !admin) {
        admin = true;
        pingTheFleet(host, recorder, catalogue, tree, FLEET_PINGS);
      }
      work(host, recorder, catalogue, tree, quota);
    }
    written += recorder.count;
    if (tree !== undefined && scenes.includes(host.sensor.computer_name)) {
      stages.set(host.sensor.computer_name, { recorder, tree });
    } else {
      recorder.flush(sink, summary.events);
    }
    yield;
  }
  const first = stages.get(workstation);
  const second = stages.get(fileServer);
  const third = stages.get(database);
  if (first !== undefined && second !== undefined && third !== undefined) {
    summary.intrusion = intrude(catalogue, summary.now, { workstation: first, fileServer: second, database: third });
    written += summary.intrusion;
  }
  for (const { recorder } of stages.values()) {
    recorder.flush(sink, summary.events);
    yield;
  }
  summary.processes += written;
  summary.sensors += hosts.length;
}

/** For a host that is switched off, time ended with its last check-in. */
function presentOf(sensor: SensorRecord, now: number): number {
  return sensor.online ? now : sensor.last_checkin_time;
}

function wholeNumber(name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${name} must be a whole number, at least ${least}; got ${value}`);
  return value;
}
