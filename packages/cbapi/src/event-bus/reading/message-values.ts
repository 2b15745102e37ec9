// What the fields of a sensor's message are read as; undefined for what is not there.
import type { SensorMessage, SensorValue } from "../sensor-events/types.js";
import { hashOfBytes } from "./values.js";

export function text(value: SensorValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : undefined;
}

export function number(value: SensorValue | undefined): number | undefined {
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" ? value : undefined;
}

/** A 64-bit integer: a moment or an id. */
export function long(value: SensorValue | undefined): bigint | undefined {
  return typeof value === "bigint" ? value : undefined;
}

export function flag(value: SensorValue | undefined): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

export function hash(value: SensorValue | undefined): string | undefined {
  return value instanceof Uint8Array && value.length > 0 ? hashOfBytes(value) : undefined;
}

export function message(value: SensorValue | undefined): SensorMessage | undefined {
  const isMessage = typeof value === "object" && !(value instanceof Uint8Array) && !Array.isArray(value);
  return isMessage ? (value as SensorMessage) : undefined;
}

/** The name of a code, without what all names of its kind begin with; undefined where it has none. */
export function nameOf(
  codes: Readonly<Record<string, number>>,
  code: number | undefined,
  prefix = "",
): string | undefined {
  const name = Object.entries(codes).find(([, value]) => value === code)?.[0];
  return name?.startsWith(prefix) === true ? name.slice(prefix.length) : name;
}
