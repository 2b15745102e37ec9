import { isDeepStrictEqual } from "node:util";

/** Whether two values are the same as JSON: an absent one and null are, and the order of an object's members is none. */
export function sameValue(a: unknown, b: unknown): boolean {
  return (a ?? null) === (b ?? null) || isDeepStrictEqual(asJson(a), asJson(b));
}

/**
 * Whether a server has a value that was written. It may have added members of its own to objects (ids, names, times), and
 * keep a list in another order.
 */
export function holdsValue(has: unknown, written: unknown): boolean {
  return holds(asJson(has), asJson(written));
}

function holds(has: unknown, written: unknown): boolean {
  if (Array.isArray(written)) {
    if (!Array.isArray(has) || has.length !== written.length) return false;
    const left: unknown[] = [...has];
    return written.every((entry) => {
      const place = left.findIndex((other) => holds(other, entry));
      return place >= 0 && left.splice(place, 1).length > 0;
    });
  }
  if (typeof written !== "object" || written === null) return has === written;
  if (typeof has !== "object" || has === null || Array.isArray(has)) return false;
  const members = new Map<string, unknown>(Object.entries(has));
  return Object.entries(written).every(([name, value]) => holds(members.get(name) ?? null, value));
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
