import type { Readable } from "node:stream";
import { HttpProblem } from "./product.js";

/**
 * Reads a whole request body. One that is too big is refused at once when it says so itself, or else as soon as it is;
 * the rest of it is let through unread, so that the client gets to see the refusal and the connection stays usable.
 */
export async function readBody(source: Readable | undefined, declared: number, limit: number): Promise<Buffer> {
  if (source === undefined) return Buffer.alloc(0);
  if (declared > limit) {
    source.resume();
    throw tooBig(limit);
  }
  return await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      source.off("data", onData);
      source.resume();
      reject(tooBig(limit));
    };
    source.on("data", onData);
    source.once("end", () => resolve(Buffer.concat(chunks)));
    source.once("error", reject);
    source.once("close", () => reject(new Error("The client went away before its request had arrived")));
  });
}

const tooBig = (limit: number): HttpProblem =>
  new HttpProblem(413, `The request body is larger than the ${limit} bytes that this sandbox takes`);

/** Nobody means more than this; what goes down by thousands would bring down whoever walks through it. */
const DEEPEST = 100;

/** The body as JSON; an empty one reads as undefined. One that is nested too deeply is refused. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (depthOf(body) > DEEPEST) {
    throw new HttpProblem(400, `The request body is nested too deeply: ${DEEPEST} levels are taken`);
  }
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new HttpProblem(400, "The request body is not valid JSON");
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const BRACE = 0x7b;
const BRACE_END = 0x7d;

/** How many objects and lists lie within each other at most, by the brackets that are not part of a text. */
function depthOf(json: Buffer): number {
  let depth = 0;
  let deepest = 0;
  let inText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (inText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === BRACKET || byte === BRACE) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === BRACKET_END || byte === BRACE_END) depth -= 1;
  }
  return deepest;
}
