import { splitProcessId } from "../process-guid.js";
import { CbEvent } from "./event.js";
import { type EventSource, isDocument, type PartialDocument, textOf } from "./joins.js";

/** A child process was started, or ended. */
export class CbChildProcEvent<P = unknown, S = unknown> extends CbEvent<S> {
  /** The child's id, as the server gave it. */
  readonly procguid: string;
  readonly pid: number | undefined;
  /** The child's program. */
  readonly path: string;
  /** The MD5 of the child's program. */
  readonly md5: string;
  /** Whether this is the end of the child. */
  readonly terminated: boolean;
  /** Whether this was an attempt to tamper with the sensor. */
  readonly tamper_flag: boolean;
  /** Whether the sensor filtered the child, so that the server has no document of it. */
  readonly is_suppressed: boolean;
  /** What else is known of the child, in the names of process documents. */
  readonly proc_data: PartialDocument;

  readonly #source: EventSource<unknown, P, S>;

  /** @internal */
  constructor(
    source: EventSource<unknown, P, S>,
    sequence: number,
    time: string,
    fields: Pick<
      CbChildProcEvent,
      "procguid" | "pid" | "path" | "md5" | "terminated" | "tamper_flag" | "is_suppressed" | "proc_data"
    >,
  ) {
    super(source, sequence, time);
    this.procguid = fields.procguid;
    this.pid = fields.pid;
    this.path = fields.path;
    this.md5 = fields.md5;
    this.terminated = fields.terminated;
    this.tamper_flag = fields.tamper_flag;
    this.is_suppressed = fields.is_suppressed;
    this.proc_data = fields.proc_data;
    this.#source = source;
  }

  override get event_type(): "Cb Child Process event" {
    return "Cb Child Process event";
  }

  override get tamper_event(): boolean {
    return this.tamper_flag;
  }

  /** The same as {@link is_suppressed}. */
  get suppressed(): boolean {
    return this.is_suppressed;
  }

  /** The child; `undefined` when the event does not name one. */
  get process(): P | undefined {
    const id = splitProcessId(this.procguid)?.id;
    if (id === undefined) return undefined;
    const { process } = this.#source;
    const known: Record<string, unknown> = { ...this.proc_data };
    fill(known, "process_md5", this.md5);
    fill(known, "path", this.path);
    fill(known, "process_pid", this.pid);
    fill(known, "parent_unique_id", process["unique_id"]);
    fill(known, "parent_id", process["id"]);
    fill(known, "sensor_id", process["sensor_id"]);
    return this.#source.joins.process(id, known, this.is_suppressed);
  }

  protected override fields(): Record<string, unknown> {
    return {
      procguid: this.procguid,
      pid: this.pid,
      path: this.path,
      md5: this.md5,
      terminated: this.terminated,
      tamper_flag: this.tamper_flag,
      is_suppressed: this.is_suppressed,
    };
  }
}

/** Adds a field that the document does not have yet. */
function fill(document: Record<string, unknown>, field: string, value: unknown): void {
  if (value !== undefined && value !== "") document[field] ??= value;
}

/** An object, or on servers before 5.2 `time|unique_id|md5|path|pid|started[|tamper]`. */
export function decodeChildProc<P, S>(
  entry: unknown,
  sequence: number,
  source: EventSource<unknown, P, S>,
): CbChildProcEvent<P, S> | string {
  if (typeof entry === "string") return ofText(entry, sequence, source);
  return isDocument(entry) ? ofDocument(entry, sequence, source) : "neither a text nor an object";
}

const isFlag = (text: string | undefined): boolean => text === "true" || text === "false";

function ofText<P, S>(
  entry: string,
  sequence: number,
  source: EventSource<unknown, P, S>,
): CbChildProcEvent<P, S> | string {
  const parts = entry.split("|");
  // The fields behind the path are counted from the end: it may have pipes in it.
  const hasTamper = isFlag(parts.at(-1)) && isFlag(parts.at(-2));
  const started = parts.length - (hasTamper ? 2 : 1);
  const [time, procguid, md5] = parts;
  if (time === undefined || procguid === undefined || md5 === undefined || started < 5) return "fewer than six fields";
  if (!isFlag(parts[started])) return "no mark of start or end";
  return new CbChildProcEvent(source, sequence, time, {
    procguid,
    pid: pidOf(parts[started - 1]),
    path: parts.slice(3, started - 1).join("|"),
    md5,
    terminated: parts[started] === "false",
    tamper_flag: hasTamper && parts.at(-1) === "true",
    is_suppressed: false,
    proc_data: {},
  });
}

function ofDocument<P, S>(
  entry: PartialDocument,
  sequence: number,
  source: EventSource<unknown, P, S>,
): CbChildProcEvent<P, S> | string {
  const procguid = textOf(entry, "processId");
  if (procguid === undefined) return "no processId";
  const terminated = entry["type"] === "end";
  const known: Record<string, unknown> = {};
  fill(known, "cmdline", entry["commandLine"] ?? undefined);
  fill(known, "username", entry["userName"] ?? undefined);
  return new CbChildProcEvent(source, sequence, textOf(entry, terminated ? "end" : "start") ?? "", {
    procguid,
    pid: pidOf(entry["pid"]),
    path: textOf(entry, "path") ?? "",
    md5: textOf(entry, "md5") ?? "",
    terminated,
    tamper_flag: isTrue(entry["is_tampered"]),
    is_suppressed: isTrue(entry["is_suppressed"]),
    proc_data: known,
  });
}

/**
 * The start of a child as told by the process summary, which lists children without their events.
 *
 * @param summary - One of the summary's `children`.
 */
export function childOfSummary<P, S>(
  summary: PartialDocument,
  sequence: number,
  source: EventSource<unknown, P, S>,
): CbChildProcEvent<P, S> {
  return new CbChildProcEvent(source, sequence, textOf(summary, "start") ?? "", {
    procguid: textOf(summary, "unique_id") ?? textOf(summary, "id") ?? "",
    pid: pidOf(summary["process_pid"]),
    path: textOf(summary, "path") ?? "",
    md5: textOf(summary, "process_md5") ?? "",
    terminated: false,
    tamper_flag: false,
    is_suppressed: isTrue(summary["is_suppressed"]),
    proc_data: summary,
  });
}

const isTrue = (value: unknown): boolean => value === true || value === "true";

/** Unknown pids are sent as -1. */
function pidOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) && number >= 0 ? number : undefined;
}
