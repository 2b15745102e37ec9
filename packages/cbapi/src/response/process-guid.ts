import { invalidArgument } from "../core/invalid-argument.js";
/**
 * Process ids of EDR. From version 5 on, a process is named by a GUID made of three numbers: the sensor it ran on, its
 * process id there, and the time it was created. The same 128 bits are what the server uses as a key, so they can be
 * read for facts that a document lacks, and computed for a process that was only seen on the endpoint.
 */

/** What a process GUID says. */
export interface ProcessGuid {
  readonly sensorId: number;
  /** `undefined` when the sensor did not know it, as for the parents of processes that were already running. */
  readonly pid: number | undefined;
  /** When the process was created, to the millisecond; `undefined` when the sensor did not know it. */
  readonly created: Date | undefined;
  /** The same time exactly: steps of 100 ns since 1601-01-01 UTC, 0 for unknown. */
  readonly ticks: bigint;
}

/** The parts of a process id as servers write them. */
export interface ProcessId {
  /** The id without its segment, in lower case: a GUID, or the decimal number of a 4.x server. */
  readonly id: string;
  /** The segment that the id named, if it named one. */
  readonly segment?: number;
  /**
   * How the id was written. `unique-6`, with a segment of twelve digits, is known to servers from 6.0 on only; on
   * older ones such an id names nothing.
   */
  readonly form: "decimal" | "guid" | "unique-5" | "unique-6";
}

const UNKNOWN_PID = 0xffff_ffff;
const TICKS_PER_MILLISECOND = 10_000n;
/** Milliseconds from 1601-01-01 to 1970-01-01. */
const EPOCH_1601 = 11_644_473_600_000n;

const GUID =
  /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})(?:-([0-9a-f]{8}|[0-9a-f]{12}))?$/i;
const DECIMAL = /^\d+$/;

/** The time of a number of 100 ns steps since 1601, cut to milliseconds; `undefined` for 0, which means unknown. */
export function dateOfTicks(ticks: bigint): Date | undefined {
  if (ticks <= 0n) return undefined;
  return new Date(Number(ticks / TICKS_PER_MILLISECOND - EPOCH_1601));
}

/** The number of 100 ns steps from 1601 to a time. */
export function ticksOfDate(date: Date): bigint {
  return (BigInt(date.getTime()) + EPOCH_1601) * TICKS_PER_MILLISECOND;
}

/**
 * Reads a process GUID, with or without a segment behind it. Text that is none gives `undefined`.
 *
 * @example
 * parseProcessGuid("00000018-0000-164c-01d5-9ed472b33472");
 * // { sensorId: 24, pid: 5708, created: 2019-11-19T12:25:37.190Z, ticks: 132186399371900018n }
 */
export function parseProcessGuid(text: string): ProcessGuid | undefined {
  const match = GUID.exec(text);
  if (match === null) return undefined;
  const [, sensor, pidHigh, pidLow, timeHigh, timeLow] = match;
  const pid = Number.parseInt(`${pidHigh}${pidLow}`, 16);
  const ticks = BigInt(`0x${timeHigh}${timeLow}`);
  return {
    sensorId: Number.parseInt(`${sensor}`, 16),
    pid: pid === UNKNOWN_PID ? undefined : pid,
    created: dateOfTicks(ticks),
    ticks,
  };
}

/**
 * Writes a process GUID. The time may be given as a date or, exactly, as `ticks`, which win when both are there.
 *
 * @example
 * formatProcessGuid({ sensorId: 24, pid: 5708, ticks: 132186399371900018n });
 * // "00000018-0000-164c-01d5-9ed472b33472"
 */
export function formatProcessGuid(parts: {
  readonly sensorId: number;
  readonly pid: number | undefined;
  readonly created?: Date | undefined;
  readonly ticks?: bigint | undefined;
}): string {
  const ticks = parts.ticks ?? (parts.created === undefined ? 0n : ticksOfDate(parts.created));
  if (ticks < 0n || ticks >= 1n << 64n) throw invalidArgument(`a process GUID cannot hold the time ${ticks}`);
  const sensor = hex32(parts.sensorId, "sensor id");
  const pid = hex32(parts.pid ?? UNKNOWN_PID, "process id");
  const time = ticks.toString(16).padStart(16, "0");
  return `${sensor}-${pid.slice(0, 4)}-${pid.slice(4)}-${time.slice(0, 4)}-${time.slice(4)}`;
}

function hex32(value: number, what: string): string {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw invalidArgument(`a ${what} is a whole number from 0 to 4294967295, not ${value}`);
  }
  return value.toString(16).padStart(8, "0");
}

/**
 * Takes a process id apart into the process and the segment. Ids are a decimal number (4.x servers), a GUID, or a GUID
 * and a segment in 8 (5.x) or 12 (6.0 and later) hexadecimal digits. Anything else names no process: `undefined`.
 *
 * A segment of 0 means "the default one" to the server and is left out.
 *
 * @example
 * splitProcessId("00000018-0000-164c-01d5-9ed472b33472-0178ef5dc528");
 * // { id: "00000018-0000-164c-01d5-9ed472b33472", segment: 1618923603240, form: "unique-6" }
 */
export function splitProcessId(text: string | number): ProcessId | undefined {
  const written = String(text);
  if (DECIMAL.test(written)) return { id: written, form: "decimal" };
  const suffix = GUID.exec(written);
  if (suffix === null) return undefined;
  const id = written.slice(0, 36).toLowerCase();
  const digits = suffix[6];
  if (digits === undefined) return { id, form: "guid" };
  const form = digits.length === 8 ? "unique-5" : "unique-6";
  // All digits behind the dash count. 12 of them stay far below the largest exact integer.
  const segment = Number.parseInt(digits, 16);
  return segment === 0 ? { id, form } : { id, segment, form };
}

/** Puts a GUID and a segment together, as `unique_id` has them: 12 digits, or 8 as on servers before 6.0. */
export function formatUniqueId(id: string, segment: number, digits: 8 | 12 = 12): string {
  if (!Number.isInteger(segment) || segment < 0 || segment >= 16 ** digits) {
    throw invalidArgument(`${segment} does not fit into a segment of ${digits} digits`);
  }
  return `${id}-${segment.toString(16).padStart(digits, "0")}`;
}

/**
 * When a process was created, in the form of process documents and with all that its GUID knows:
 * `2019-11-19T12:25:37.1900018Z` minus the zeros at the end. `undefined` when it does not know.
 */
export function creationTimeText(guid: ProcessGuid): string | undefined {
  if (guid.created === undefined) return undefined;
  const year = guid.created.getUTCFullYear();
  if (year > 9999) return undefined;
  const fraction = String(guid.ticks % 10_000_000n)
    .padStart(7, "0")
    .replace(/0+$/, "");
  const seconds = guid.created.toISOString().slice(0, 19);
  return `${seconds}${fraction === "" ? "" : `.${fraction}`}Z`;
}
