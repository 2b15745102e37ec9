import { splitProcessId } from "../process-guid.js";
import { CbEvent } from "./event.js";
import { type EventSource, textOf } from "./joins.js";
import { type PrivilegeName, privilegeBits, privilegeCode, privilegeText } from "./privileges.js";

/** What one process did to another: began a thread in it, or opened it or one of its threads. */
export type CrossProcType = "RemoteThread" | "ProcessOpen" | "ThreadOpen";

/** One process opened another one, or a thread of it, or started a thread in it. */
export class CbCrossProcEvent<P = unknown, S = unknown> extends CbEvent<S> {
  /** What was done. */
  readonly type: CrossProcType | (string & {});
  /** The access rights that were asked for, as bits. */
  readonly privilege_code: number;
  /** Whether this was an attempt to tamper with the sensor. */
  readonly tamper_flag: boolean;
  /** Whether the process of this event is the one that it was done to. */
  readonly is_target: boolean;
  readonly source_procguid: string | undefined;
  readonly source_md5: string | undefined;
  readonly source_path: string | undefined;
  readonly target_procguid: string | undefined;
  readonly target_md5: string | undefined;
  readonly target_path: string | undefined;

  readonly #source: EventSource<unknown, P, S>;

  /** @internal */
  constructor(
    source: EventSource<unknown, P, S>,
    sequence: number,
    time: string,
    fields: Pick<CbCrossProcEvent, "type" | "privilege_code" | "tamper_flag" | "is_target"> & {
      /** The other process. */
      readonly procguid: string;
      readonly md5: string;
      readonly path: string;
    },
  ) {
    super(source, sequence, time);
    const { process } = source;
    const own = {
      procguid: textOf(process, "id"),
      md5: textOf(process, "process_md5"),
      path: textOf(process, "path"),
    };
    const [from, to] = fields.is_target ? [fields, own] : [own, fields];
    this.type = fields.type;
    this.privilege_code = fields.privilege_code;
    this.tamper_flag = fields.tamper_flag;
    this.is_target = fields.is_target;
    this.source_procguid = from.procguid;
    this.source_md5 = from.md5;
    this.source_path = from.path;
    this.target_procguid = to.procguid;
    this.target_md5 = to.md5;
    this.target_path = to.path;
    this.#source = source;
  }

  override get event_type(): "Cb Cross Process event" {
    return "Cb Cross Process event";
  }

  override get tamper_event(): boolean {
    return this.tamper_flag;
  }

  /** The access rights that were asked for, by name: `PROCESS_DUP_HANDLE | PROCESS_QUERY_INFORMATION`. */
  get privileges(): string {
    return privilegeText(this.privilege_code);
  }

  /** The process that did it. */
  get source_proc(): P | undefined {
    return this.#process(this.source_procguid);
  }

  /** The process that it was done to. */
  get target_proc(): P | undefined {
    return this.#process(this.target_procguid);
  }

  /** Whether this right was asked for; of a name for several, all of them. A `TypeError` for a name that is none. */
  hasPermission(name: PrivilegeName): boolean {
    const bits = privilegeBits(name);
    return (this.privilege_code & bits) === bits;
  }

  /**
   * Whether all of these rights were asked for.
   *
   * @example
   * event.hasPermissions(["PROCESS_VM_WRITE", "PROCESS_CREATE_THREAD"])
   */
  hasPermissions(names: readonly PrivilegeName[]): boolean {
    return names.every((name) => this.hasPermission(name));
  }

  #process(procguid: string | undefined): P | undefined {
    const id = procguid === undefined ? undefined : splitProcessId(procguid)?.id;
    return id === undefined ? undefined : this.#source.joins.process(id, undefined, false);
  }

  protected override fields(): Record<string, unknown> {
    return {
      type: this.type,
      privileges: this.privileges,
      privilege_code: this.privilege_code,
      tamper_flag: this.tamper_flag,
      is_target: this.is_target,
      source_procguid: this.source_procguid,
      source_md5: this.source_md5,
      source_path: this.source_path,
      target_procguid: this.target_procguid,
      target_md5: this.target_md5,
      target_path: this.target_path,
    };
  }
}

const isFlag = (text: string | undefined): boolean => text === "true" || text === "false";
const isNumber = (text: string | undefined): boolean => text !== undefined && /^-?\d*$/.test(text);

/** `kind|time|unique_id|md5|path|subtype|privileges|tamper[|is_target]`. A path may have pipes in it. */
export function decodeCrossProc<P, S>(
  entry: unknown,
  sequence: number,
  source: EventSource<unknown, P, S>,
): CbCrossProcEvent<P, S> | string {
  if (typeof entry !== "string") return "not a text";
  const parts = entry.split("|");
  const [kind, time, procguid, md5] = parts;
  if (kind === undefined || time === undefined || procguid === undefined || md5 === undefined || parts.length < 5) {
    return "fewer than five fields";
  }
  // What follows the path is counted from the end: one or two flags, and two numbers before them.
  let end = parts.length;
  if (end > 5 && isFlag(parts[end - 1])) end--;
  if (end > 5 && isFlag(parts[end - 1])) end--;
  const flags = parts.slice(end);
  const numbered = end >= 7 && isNumber(parts[end - 1]) && isNumber(parts[end - 2]);
  const pathEnd = numbered ? end - 2 : end;
  return new CbCrossProcEvent(source, sequence, time, {
    type: kind === "ProcessOpen" && numbered && parts[end - 2] === "2" ? "ThreadOpen" : kind,
    privilege_code: numbered ? privilegeCode(parts[end - 1] ?? "") : 0,
    tamper_flag: flags[0] === "true",
    is_target: flags[1] === "true",
    procguid,
    md5,
    path: parts.slice(4, pathEnd).join("|"),
  });
}
