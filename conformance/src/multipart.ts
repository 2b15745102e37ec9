import { createHash } from "node:crypto";
import type { RecordedPart } from "./vector.js";

const LINE = "\r\n";

/** The parts of a form as a recording keeps them: names, sizes and hashes. */
export function readParts(body: Buffer, contentType: string): RecordedPart[] {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (boundary === undefined) return [];
  const mark = Buffer.from(`${LINE}--${boundary}`);
  // The first boundary has no line break before it.
  const text = Buffer.concat([Buffer.from(LINE), body]);
  const parts: RecordedPart[] = [];
  let from = text.indexOf(mark);
  while (from >= 0) {
    const to = text.indexOf(mark, from + mark.length);
    if (to < 0) break;
    parts.push(readPart(text.subarray(from + mark.length + LINE.length, to)));
    from = to;
  }
  return parts;
}

function readPart(part: Buffer): RecordedPart {
  const end = part.indexOf(LINE + LINE);
  const head = part.subarray(0, end).toString();
  const content = part.subarray(end + 2 * LINE.length);
  const name = /[; ]name="([^"]*)"/.exec(head)?.[1] ?? "";
  const filename = /filename="([^"]*)"/.exec(head)?.[1];
  return {
    name,
    ...(filename === undefined ? {} : { filename }),
    size: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
  };
}
