import { HttpProblem } from "./product.js";

/** The request target, taken apart. */
export interface Target {
  /** Decoded path without the query string. */
  path: string;
  /** Decoded parts of the path between the slashes, without the empty one before the first. */
  segments: string[];
  query: URLSearchParams;
}

/** Query strings of thousands of ids are legitimate; beyond this a proxy in front of a real server would refuse. */
const MAX_TARGET = 32 * 1024;

/**
 * Takes a request target apart. Nothing is normalised: what a real server would have to normalise before it could match
 * a route (dot segments, control characters, broken percent-encoding) is refused with 400 instead.
 */
export function parseTarget(target: string): Target {
  if (target.length > MAX_TARGET) throw new HttpProblem(414, "Request-URI too long");
  // A client that takes this server for a proxy sends the whole address.
  const local = target.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = local.indexOf("?");
  const rawPath = mark < 0 ? local : local.slice(0, mark);
  if (!rawPath.startsWith("/")) throw new HttpProblem(400, "Malformed request path");
  const segments = rawPath.slice(1).split("/").map(decodeSegment);
  return {
    path: `/${segments.join("/")}`,
    segments,
    query: new URLSearchParams(mark < 0 ? "" : local.slice(mark + 1)),
  };
}

function decodeSegment(raw: string): string {
  let segment: string;
  try {
    segment = decodeURIComponent(raw);
  } catch {
    throw new HttpProblem(400, "Malformed percent-encoding in the request path");
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (segment === "." || segment === ".." || /[\u0000-\u001f\u007f]/.test(segment)) {
    throw new HttpProblem(400, "Malformed request path");
  }
  return segment;
}
