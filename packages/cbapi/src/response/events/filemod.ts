import { CbEvent } from "./event.js";
import type { EventSource } from "./joins.js";

/** What was done to the file. */
export type FileModType = "CreatedFile" | "FirstWrote" | "Deleted" | "LastWrote";

/** What the sensor took the file for. */
export type FileType =
  | "PE"
  | "ELF"
  | "MachO"
  | "EICAR"
  | "DOC"
  | "DOCX"
  | "PDF"
  | "ZIP"
  | "LZH"
  | "LZW"
  | "RAR"
  | "TAR"
  | "7Z"
  | "Unknown";

const TYPES: Readonly<Record<string, FileModType>> = {
  "1": "CreatedFile",
  "2": "FirstWrote",
  "4": "Deleted",
  "8": "LastWrote",
};

const FILE_TYPES: Readonly<Record<string, FileType>> = {
  "1": "PE",
  "2": "ELF",
  "3": "MachO",
  "8": "EICAR",
  "16": "DOC",
  "17": "DOCX",
  "48": "PDF",
  "64": "ZIP",
  "65": "LZH",
  "66": "LZW",
  "67": "RAR",
  "68": "TAR",
  "69": "7Z",
};

const MD5 = /^[0-9a-f]{32}$/i;
const HEX = /^[0-9a-f]*$/i;
const DIGITS = /^\d*$/;

/** A file was created, written or deleted. */
export class CbFileModEvent<S = unknown> extends CbEvent<S> {
  /** What happened; a code that is not known here is given as the server sent it. */
  readonly type: FileModType | (string & {});
  /** The file. */
  readonly path: string;
  /** Of the content after the last write; empty otherwise. */
  readonly md5: string;
  /** What the sensor took the file for. */
  readonly filetype: FileType;
  /** Whether this was an attempt to tamper with the sensor. */
  readonly tamper_flag: boolean;

  /** @internal */
  constructor(
    source: EventSource<unknown, unknown, S>,
    sequence: number,
    time: string,
    fields: Pick<CbFileModEvent, "type" | "path" | "md5" | "filetype" | "tamper_flag">,
  ) {
    super(source, sequence, time);
    this.type = fields.type;
    this.path = fields.path;
    this.md5 = fields.md5;
    this.filetype = fields.filetype;
    this.tamper_flag = fields.tamper_flag;
  }

  override get event_type(): "Cb File Modification event" {
    return "Cb File Modification event";
  }

  override get tamper_event(): boolean {
    return this.tamper_flag;
  }

  protected override fields(): Record<string, unknown> {
    return {
      type: this.type,
      path: this.path,
      md5: this.md5,
      filetype: this.filetype,
      tamper_flag: this.tamper_flag,
    };
  }
}

/** `type|time|path|md5|filetype|tamper`; older servers end after the path or the MD5. */
export function decodeFileMod<S>(
  entry: unknown,
  sequence: number,
  source: EventSource<unknown, unknown, S>,
): CbFileModEvent<S> | string {
  if (typeof entry !== "string") return "not a text";
  const parts = entry.split("|");
  const [type, time, path] = parts;
  if (type === undefined || time === undefined || path === undefined) return "fewer than three fields";
  const tail = tailOf(parts);
  return new CbFileModEvent(source, sequence, time, {
    type: TYPES[type] ?? type,
    path: tail === 3 ? path : parts.slice(2, tail).join("|"),
    md5: parts[tail] ?? "",
    filetype: FILE_TYPES[parts[tail + 1] ?? ""] ?? "Unknown",
    tamper_flag: parts[tail + 2] === "true",
  });
}

/** Where the fields behind the path begin. A path may have pipes in it, so the fields are looked for from the end. */
function tailOf(parts: readonly string[]): number {
  let tail = Math.max(3, parts.length - 3);
  while (tail < parts.length && !isTail(parts, tail)) tail++;
  return tail;
}

function isTail(parts: readonly string[], tail: number): boolean {
  const [md5 = "", filetype = "", tamper] = [parts[tail], parts[tail + 1], parts[tail + 2]];
  if (!DIGITS.test(filetype)) return false;
  // The closing flag leaves no doubt, whatever stands in place of the MD5; without it, a piece of the path must not
  // be taken for one.
  if (tamper === "true" || tamper === "false") return parts.length === 6 || HEX.test(md5);
  return (tamper === undefined || tamper === "") && (md5 === "" || MD5.test(md5));
}
