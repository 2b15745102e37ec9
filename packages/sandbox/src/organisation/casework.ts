import type {
  BanRecord,
  BinaryRecord,
  GroupRecord,
  ObjectRecords,
  OrganisationSink,
  ProcessRecord,
  SensorRecord,
  SiteRecord,
  TaggedEventRecord,
} from "../domain/index.js";
import { STAFF } from "./administration.js";
import { GUIDE } from "./guide.js";
import { intrusionStart } from "./intrusion.js";
import type { SetUp } from "./set-up.js";
import { INTRUSION } from "./story.js";

const MINUTE = 60_000;
const DAY = 86_400_000;
const INVESTIGATION = 1;

/** An event of the story that an analyst has marked, found again while the processes pass by. */
interface Mark {
  host: string;
  process(record: ProcessRecord): boolean;
  event: "procstart" | "regmod" | "netconn" | "crossproc";
  /** Part of the event's path, or its domain; needed for all but the start of the process. */
  about?: string;
  notes: string;
}

const named =
  (name: string, more: (record: ProcessRecord) => boolean = () => true) =>
  (record: ProcessRecord): boolean =>
    record.process_name === name && more(record);
const implant = named("onesyncsvc.exe");
const { workstation, fileServer, database } = INTRUSION.hosts;

/** What is marked on the hosts of the guide. */
const guideMarks: readonly Mark[] = [
  {
    host: GUIDE.host,
    process: named("net.exe", ({ cmdline }) => cmdline.includes("z: \\\\test\\blah")),
    event: "regmod",
    about: "\\network\\z\\remotepath",
    notes: "The share is mounted again at every logon",
  },
  {
    host: GUIDE.host,
    process: named("net.exe", ({ cmdline }) => cmdline.includes("y: \\\\test\\blah")),
    event: "procstart",
    notes: "Tries another letter for the same share, six seconds later",
  },
  { host: "HOSTNAME", process: named("evil.exe"), event: "procstart", notes: "Unsigned, from a public folder" },
  { host: "HOSTNAME", process: named("evil.exe"), event: "netconn", about: "evil.example", notes: "Calls home" },
  { host: "HOSTNAME", process: named("evil.exe"), event: "regmod", about: "\\run\\evil", notes: "Comes back" },
];

/** What is marked of the intrusion, in the order in which it happened. */
const intrusionMarks: readonly Mark[] = [
  {
    host: workstation,
    process: named("powershell.exe", ({ parent_name }) => parent_name === "winword.exe"),
    event: "procstart",
    notes: "A document starts encoded PowerShell",
  },
  { host: workstation, process: implant, event: "netconn", about: INTRUSION.domain, notes: "First beacon" },
  { host: workstation, process: implant, event: "regmod", about: "\\run\\onesync", notes: "Starts at every logon" },
  {
    host: workstation,
    process: named("rundll32.exe", ({ cmdline }) => cmdline.includes("comsvcs.dll")),
    event: "crossproc",
    about: "lsass.exe",
    notes: "Credentials are out from here on",
  },
  { host: fileServer, process: named("psexec.exe"), event: "procstart", notes: "On to the database server" },
  {
    host: database,
    process: named("7z.exe", ({ cmdline }) => cmdline.includes("ledger.7z")),
    event: "procstart",
    notes: "The ledger, packed under a password",
  },
  {
    host: database,
    process: named("curl.exe"),
    event: "netconn",
    about: INTRUSION.dropSite.domain,
    notes: "The ledger leaves the house",
  },
  { host: database, process: named("wevtutil.exe"), event: "procstart", notes: "Log cleared" },
];

interface Blocks {
  count: number;
  time: number;
  sensor: number;
}

/**
 * Stands between the generator and the sink, and remembers what the people behind the console would have dealt with:
 * events to mark for the investigation, programs that were kept from running. At the end it writes what they made of it.
 */
export class Casework implements OrganisationSink {
  readonly #sink: OrganisationSink;
  readonly #setUp: SetUp;
  readonly #hosts = new Map<number, string>();
  readonly #marks: readonly Mark[];
  readonly #found = new Map<Mark, ProcessRecord>();
  readonly #blocks = new Map<string, Blocks>();

  constructor(sink: OrganisationSink, setUp: SetUp) {
    this.#sink = sink;
    this.#setUp = setUp;
    this.#marks = setUp.scale === "default" ? [...guideMarks, ...intrusionMarks] : guideMarks;
  }

  site(record: SiteRecord): void {
    this.#sink.site(record);
  }

  group(record: GroupRecord): void {
    this.#sink.group(record);
  }

  sensor(record: SensorRecord): void {
    this.#hosts.set(record.id, record.computer_name);
    this.#sink.sensor(record);
  }

  binary(record: BinaryRecord): void {
    this.#sink.binary(record);
  }

  object<K extends keyof ObjectRecords>(kind: K, key: number | string, record: ObjectRecords[K]): void {
    this.#sink.object(kind, key, record);
  }

  process(record: ProcessRecord): void {
    const host = this.#hosts.get(record.sensor_id);
    for (const mark of this.#marks) {
      if (mark.host === host && !this.#found.has(mark) && mark.process(record)) this.#found.set(mark, record);
    }
    for (const { blocked_md5, time } of record.events.processblock ?? []) {
      const blocks = this.#blocks.get(blocked_md5) ?? { count: 0, time: 0, sensor: record.sensor_id };
      blocks.count += 1;
      if (time > blocks.time) Object.assign(blocks, { time, sensor: record.sensor_id });
      this.#blocks.set(blocked_md5, blocks);
    }
    this.#sink.process(record);
  }

  /** Writes the investigation with its events, and the bans. */
  finish(): void {
    const { now, scale } = this.#setUp;
    const events = this.#marks.flatMap((mark, index) => {
      const process = this.#found.get(mark);
      const event = process === undefined ? undefined : taggedEvent(mark, process);
      if (event === undefined) return [];
      const tagged = this.#tagged(mark) + 4 * MINUTE * index;
      return [{ ...event, date_tagged: Math.min(tagged, now) }];
    });
    events.forEach((event, index) => {
      this.#sink.object("tagged_event", index + 1, { ...event, id: index + 1 });
    });
    this.#sink.object("investigation", INVESTIGATION, {
      id: INVESTIGATION,
      name: "Default Investigation",
      notes: "",
      created_by_user_id: STAFF.admin.id,
      date_started: Math.min(Date.UTC(2016, 9, 19, 12), now),
      last_updated: Math.max(...events.map((event) => event.date_tagged)),
    });
    if (scale === "default") for (const ban of this.#bans()) this.#sink.object("ban", ban.md5, ban);
  }

  /** When the first event of a story was marked: the afternoon after. */
  #tagged(mark: Mark): number {
    return guideMarks.includes(mark) ? Date.UTC(2016, 10, 14, 15) : intrusionStart(this.#setUp.now) + 330 * MINUTE;
  }

  #bans(): BanRecord[] {
    const { now } = this.#setUp;
    const ban = (md5: string, text: string, days: number, lifted?: number): BanRecord => {
      const blocks = this.#blocks.get(md5);
      const banned = { ...by(now - days * DAY), text, enabled: true };
      const freed = lifted === undefined ? [] : [{ ...by(now - lifted * DAY), text: null, enabled: false }];
      const audit = [...freed, banned];
      return {
        md5,
        text: lifted === undefined ? text : null,
        enabled: lifted === undefined,
        block_count: blocks?.count ?? 0,
        last_block_time: blocks?.time ?? null,
        last_block_sensor_id: blocks?.sensor ?? null,
        last_block_hostname: blocks === undefined ? null : (this.#hosts.get(blocks.sensor) ?? null),
        audit,
      };
    };
    return [
      ban("5e0f6f1f2c9a4d53b1a7c60a2d9be314", "FreeConvert brings a browser hijacker along", 61),
      ban("c41d1c0e5a8a4f0f9f6a2f5fd3a7be20", "Remote support tool that nobody has ordered", 118),
      ban("0d3b7a7c6f1e44f2a6e94c1be5f82d77", "Key generator, from the incident in spring", 240),
      ban("7be2f9a04c6d4bb98a5e3d10c7f4a1e6", "Coin miner", 33),
      ban("91a6c2d85b0e4e37b4f8d2a91c6e0f53", "Old version of the VPN client", 150, 92),
      ban("e8f04b7d2c194a63905d6b3f8a2c7e14", "False alarm: installer of the payroll software", 20, 19),
    ];
  }
}

const by = (timestamp: number): { username: string; user_id: number; timestamp: number } => ({
  username: STAFF.analyst.username,
  user_id: STAFF.analyst.id,
  timestamp,
});

type Tagged = Omit<TaggedEventRecord, "id" | "date_tagged">;

/** The marked event as it is kept; undefined when the process has none of the kind. */
function taggedEvent(mark: Mark, process: ProcessRecord): Tagged | undefined {
  const found = mark.event === "procstart" ? procstart(process) : eventOf(process, mark.event, mark.about ?? "");
  const segment = process.segments[found?.segment ?? 0]?.segment_id;
  if (found === undefined || segment === undefined) return undefined;
  return {
    investigation_id: INVESTIGATION,
    event_id: found.number,
    event_type: mark.event,
    event_data: { description: mark.notes, ...found.data },
    notes: mark.notes,
    process: { id: process.id, segment_id: segment },
    tagged_by_user_id: guideMarks.includes(mark) ? STAFF.admin.id : STAFF.analyst.id,
    start_date: found.time,
  };
}

interface FoundEvent {
  time: number;
  segment?: number;
  /** Its place among the events of its kind. */
  number: number;
  data: Record<string, unknown>;
}

function procstart({ start, path, cmdline, username, md5 }: ProcessRecord): FoundEvent {
  return { time: start, number: 0, data: { path, cmdline, username, md5 } };
}

function eventOf(
  process: ProcessRecord,
  kind: "regmod" | "netconn" | "crossproc",
  about: string,
): FoundEvent | undefined {
  const events = process.events[kind] ?? [];
  const number = events.findIndex((event) => ("domain" in event ? event.domain === about : event.path.includes(about)));
  const event = events[number];
  if (event === undefined) return undefined;
  const { time, segment, ...data } = event;
  return { time, number, data, ...(segment === undefined ? {} : { segment }) };
}
