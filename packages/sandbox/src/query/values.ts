import { ipv4Number, ipv6Digits } from "../store/tokens.js";
import { printValue, QuerySyntaxError, type Value } from "./syntax.js";

/** An interval with both ends; null is open. */
export interface Interval<T extends number | string> {
  low: T | null;
  high: T | null;
}

const DAY = 24 * 3_600_000;
const UNITS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000 };

/** A number or a range of them; refused with the name of the field. */
export function readNumbers(value: Value, field: string): Interval<number> {
  const read = (text: string): number => {
    if (!/^[+-]?\d+(\.\d+)?$/.test(text)) {
      throw new QuerySyntaxError(`${field} takes a number or a range [1 TO 5], not ${text}`, value.at);
    }
    return Number(text);
  };
  if (value.type === "literal") {
    const number = read(value.text);
    return { low: number, high: number };
  }
  return { low: value.from === "*" ? null : read(value.from), high: value.to === "*" ? null : read(value.to) };
}

/** `true` or `false`; refused with the name of the field. */
export function readBoolean(value: Value, field: string): boolean {
  const text = value.type === "literal" ? value.text.toLowerCase() : "";
  if (text !== "true" && text !== "false") {
    throw new QuerySyntaxError(`${field} takes true or false, not ${printValue(value)}`, value.at);
  }
  return text === "true";
}

/**
 * A day means all of it, a moment the 24 hours from it, `-2h` the time from two hours ago until now. In a range a moment
 * is itself, and a day as the upper end is included.
 */
export function readDates(value: Value, field: string, now: number): Interval<number> {
  const read = (text: string): { time: number; kind: "day" | "moment" | "ago" } => {
    const read = readDate(text, now);
    if (read !== undefined) return read;
    throw new QuerySyntaxError(
      `${field} takes a date (2026-01-31, 2026-01-31T08:30:00, -24h) or a range of them, not ${text}`,
      value.at,
    );
  };
  if (value.type === "literal") {
    const { time, kind } = read(value.text);
    return { low: time, high: kind === "ago" ? now : time + DAY - 1 };
  }
  const low = value.from === "*" ? null : read(value.from).time;
  if (value.to === "*") return { low, high: null };
  const high = read(value.to);
  return { low, high: high.kind === "day" ? high.time + DAY - 1 : high.time };
}

/** A day, a moment, or how long ago, with which of the three it was; undefined when it is none of them. */
export function readDate(text: string, now: number): { time: number; kind: "day" | "moment" | "ago" } | undefined {
  const ago = /^-(\d{1,9})([hms])$/i.exec(text);
  if (ago !== null) {
    return { time: now - Number(ago[1]) * (UNITS[(ago[2] ?? "").toLowerCase()] ?? 0), kind: "ago" };
  }
  const date = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)Z?)?$/i.exec(text);
  if (date === null) return undefined;
  const time = Date.parse(`${date[1]}T${date[2] ?? "00:00:00"}Z`);
  // The parser rolls 30 February over to March; such a day does not exist here.
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(date[1] ?? "")) return undefined;
  return { time, kind: date[2] === undefined ? "day" : "moment" };
}

/** The addresses that a value stands for. */
export type Addresses =
  | { version: 4; low: number; high: number }
  | { version: 6; low: string; high: string }
  | { pattern: string };

/** An address, a network (`10.0.0.0/8`), a range of addresses, or a pattern. */
export function readAddresses(value: Value, field: string): Addresses {
  const refuse = (text: string): QuerySyntaxError =>
    new QuerySyntaxError(`${field} takes an address or a network such as 192.168.1.0/24, not ${text}`, value.at);
  if (value.type === "range") {
    const low = readNetwork(value.from);
    const high = readNetwork(value.to);
    if (low?.version === 4 && high?.version === 4) return { version: 4, low: low.low, high: high.high };
    if (low?.version === 6 && high?.version === 6) return { version: 6, low: low.low, high: high.high };
    throw refuse(printValue(value));
  }
  if (!value.quoted && /^[0-9a-f:.*?]*[*?][0-9a-f:.*?]*$/i.test(value.text))
    return { pattern: value.text.toLowerCase() };
  const network = readNetwork(value.text);
  if (network === undefined) throw refuse(value.text);
  return network;
}

function readNetwork(text: string): Exclude<Addresses, { pattern: string }> | undefined {
  const [address = "", bitsText, ...more] = text.split("/");
  if (more.length > 0 || (bitsText !== undefined && !/^\d{1,3}$/.test(bitsText))) return undefined;
  const bits = bitsText === undefined ? undefined : Number(bitsText);
  const number = ipv4Number(address);
  if (number !== undefined) {
    if (bits !== undefined && bits > 32) return undefined;
    const size = 2 ** (32 - (bits ?? 32));
    const low = Math.floor(number / size) * size;
    return { version: 4, low, high: low + size - 1 };
  }
  const digits = ipv6Digits(address);
  if (digits === undefined || (bits !== undefined && bits > 128)) return undefined;
  const host = (1n << BigInt(128 - (bits ?? 128))) - 1n;
  const low = BigInt(`0x${digits}`) & ~host;
  const hex = (n: bigint): string => n.toString(16).padStart(32, "0");
  return { version: 6, low: hex(low), high: hex(low | host) };
}
