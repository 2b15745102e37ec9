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

/** The body as JSON; an empty one reads as undefined. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new HttpProblem(400, "The request body is not valid JSON");
  }
}
