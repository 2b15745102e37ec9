import { MASK, maskedValue, secretFields } from "./redact.js";

/**
 * Writes a value as JSON with sorted keys and a space after commas and colons, the form that Carbon Black's own clients
 * send. What `JSON.stringify` leaves out is left out here too.
 *
 * @throws TypeError for what JSON has no form for (a bigint, a cycle).
 */
export function stringifySorted(value: unknown): string {
  return write(value, "", [], undefined) ?? "null";
}

/** The same for people to read, with the values of secret fields masked, whatever they are. */
export function stringifyMasked(value: unknown): string {
  return write(value, "", [], secretFields) ?? "null";
}

/** The value that a text of JSON stands for; undefined for any other text. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // plain text, a page, nothing
  }
}

function write(
  value: unknown,
  key: string,
  above: readonly object[],
  hidden: ReadonlySet<string> | undefined,
): string | undefined {
  let plain = value;
  if (typeof plain === "object" && plain !== null && "toJSON" in plain && typeof plain.toJSON === "function") {
    plain = plain.toJSON(key);
  }
  if (typeof plain !== "object" || plain === null) {
    return JSON.stringify(hidden === undefined ? plain : maskedValue(key, plain));
  }
  if (plain instanceof String || plain instanceof Number || plain instanceof Boolean) return JSON.stringify(plain);
  if (above.includes(plain)) throw new TypeError(`Cannot send a structure that contains itself (at "${key}") as JSON`);
  const path = [...above, plain];
  if (Array.isArray(plain)) {
    return `[${plain.map((item, index) => write(item, String(index), path, hidden) ?? "null").join(", ")}]`;
  }
  const members: string[] = [];
  for (const [name, member] of Object.entries(plain).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const text = hidden?.has(name) ? JSON.stringify(MASK) : write(member, name, path, hidden);
    if (text !== undefined) members.push(`${JSON.stringify(name)}: ${text}`);
  }
  return `{${members.join(", ")}}`;
}
