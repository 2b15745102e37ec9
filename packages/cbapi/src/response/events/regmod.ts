import { CbEvent } from "./event.js";
import type { EventSource } from "./joins.js";

/** What was done to the registry. */
export type RegModType = "CreatedKey" | "FirstWrote" | "DeletedKey" | "DeletedValue";

const TYPES: Readonly<Record<string, RegModType>> = {
  "1": "CreatedKey",
  "2": "FirstWrote",
  "4": "DeletedKey",
  "8": "DeletedValue",
};

/** A registry key or value was created, written or deleted. */
export class CbRegModEvent<S = unknown> extends CbEvent<S> {
  /** What happened; a code that is not known here is given as the server sent it. */
  readonly type: RegModType | (string & {});
  /** The key or the value. */
  readonly path: string;
  /** Whether this was an attempt to tamper with the sensor. */
  readonly tamper_flag: boolean;

  /** @internal */
  constructor(
    source: EventSource<unknown, unknown, S>,
    sequence: number,
    time: string,
    fields: Pick<CbRegModEvent, "type" | "path" | "tamper_flag">,
  ) {
    super(source, sequence, time);
    this.type = fields.type;
    this.path = fields.path;
    this.tamper_flag = fields.tamper_flag;
  }

  override get event_type(): "Cb Registry Modification event" {
    return "Cb Registry Modification event";
  }

  override get tamper_event(): boolean {
    return this.tamper_flag;
  }

  protected override fields(): Record<string, unknown> {
    return { type: this.type, path: this.path, tamper_flag: this.tamper_flag };
  }
}

/** `type|time|path[|tamper]`. A path may have pipes in it. */
export function decodeRegMod<S>(
  entry: unknown,
  sequence: number,
  source: EventSource<unknown, unknown, S>,
): CbRegModEvent<S> | string {
  if (typeof entry !== "string") return "not a text";
  const first = entry.indexOf("|");
  const second = entry.indexOf("|", first + 1);
  if (first < 0 || second < 0) return "fewer than three fields";
  const type = entry.slice(0, first);
  const tampered = entry.endsWith("|true");
  const end = entry.length - (tampered ? 5 : entry.endsWith("|false") ? 6 : 0);
  return new CbRegModEvent(source, sequence, entry.slice(first + 1, second), {
    type: TYPES[type] ?? type,
    // The flag is none when its pipe is the one before the path.
    path: entry.slice(second + 1, end > second ? end : undefined),
    tamper_flag: tampered && end > second,
  });
}
