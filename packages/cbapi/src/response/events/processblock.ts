import { CbEvent } from "./event.js";
import { type EventSource, isDocument, textOf } from "./joins.js";

/** What became of a process that was to be blocked. */
export type BlockResult =
  | "ProcessTerminated"
  | "NotTerminatedCBProcess"
  | "NotTerminatedSystemProcess"
  | "NotTerminatedCriticalSystemProcess"
  | "NotTerminatedWhitelistedPath"
  | "NotTerminatedOpenProcessError"
  | "NotTerminatedTerminateError";

/** A code of an event as the server sends it: a name, or a number; some names are known. */
export type EventCode<Name extends string = never> = Name | (string & {}) | number | undefined;

/** A banned process was blocked, or should have been. */
export class CbProcessBlockEvent<S = unknown> extends CbEvent<S> {
  /** As the server sends it. */
  readonly type: EventCode;
  /** As the server sends it. */
  readonly event: EventCode;
  /** Whether the process was stopped, or why not. */
  readonly result: EventCode<BlockResult>;
  /** As the server sends it. */
  readonly error: EventCode;
  /** The MD5 of the program. */
  readonly md5: string | undefined;
  /** The program that was to run. */
  readonly path: string | undefined;
  /** The command line that was to run. */
  readonly cmdline: string | undefined;
  /** The id of the user who wanted to run it. */
  readonly uid: string | undefined;
  /** Who wanted to run it. */
  readonly username: string | undefined;

  /** @internal */
  constructor(
    source: EventSource<unknown, unknown, S>,
    sequence: number,
    time: string,
    fields: Pick<
      CbProcessBlockEvent,
      "type" | "event" | "result" | "error" | "md5" | "path" | "cmdline" | "uid" | "username"
    >,
  ) {
    super(source, sequence, time);
    this.type = fields.type;
    this.event = fields.event;
    this.result = fields.result;
    this.error = fields.error;
    this.md5 = fields.md5;
    this.path = fields.path;
    this.cmdline = fields.cmdline;
    this.uid = fields.uid;
    this.username = fields.username;
  }

  override get event_type(): "Cb Process Block event" {
    return "Cb Process Block event";
  }

  protected override fields(): Record<string, unknown> {
    return {
      type: this.type,
      event: this.event,
      result: this.result,
      error: this.error,
      md5: this.md5,
      path: this.path,
      cmdline: this.cmdline,
      uid: this.uid,
      username: this.username,
    };
  }
}

/** An object, which most servers send as JSON text inside the JSON document. */
export function decodeProcessBlock<S>(
  entry: unknown,
  sequence: number,
  source: EventSource<unknown, unknown, S>,
): CbProcessBlockEvent<S> | string {
  let document = entry;
  if (typeof entry === "string") {
    try {
      document = JSON.parse(entry);
    } catch {
      return "not a JSON text";
    }
  }
  if (!isDocument(document)) return "not an object";
  return new CbProcessBlockEvent(source, sequence, textOf(document, "timestamp") ?? "", {
    type: codeOf(document["block_type"]),
    event: codeOf(document["block_event"]),
    result: codeOf(document["block_result"]),
    error: codeOf(document["block_error"]),
    md5: textOf(document, "blocked_md5"),
    path: textOf(document, "blocked_path"),
    cmdline: textOf(document, "blocked_cmdline"),
    uid: textOf(document, "blocked_uid"),
    username: textOf(document, "blocked_username"),
  });
}

function codeOf(value: unknown): string | number | undefined {
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}
