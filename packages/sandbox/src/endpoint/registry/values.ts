import { failureOf } from "../failures.js";
import type { RegistryValue } from "../machine.js";

type Data = RegistryValue["value_data"];

const LARGEST = 1_048_576;
const TWO_32 = 2 ** 32;
const TWO_64 = 2n ** 64n;

const readers: Record<string, (data: unknown) => Data | undefined> = {
  REG_SZ: text,
  REG_EXPAND_SZ: text,
  REG_LINK: text,
  REG_MULTI_SZ: (data) =>
    Array.isArray(data) && data.every((each) => typeof each === "string" && each !== "" && !each.includes("\0"))
      ? (data as string[])
      : undefined,
  REG_DWORD: doubleWord,
  REG_DWORD_LITTLE_ENDIAN: doubleWord,
  REG_DWORD_BIG_ENDIAN: doubleWord,
  REG_QWORD: quadWord,
  REG_QWORD_LITTLE_ENDIAN: quadWord,
  REG_BINARY: bytes,
  REG_NONE: bytes,
};

/**
 * A value's type and data as the registry keeps them: numbers also from their text, bytes from base64. Refuses a type
 * that there is not and data that is not of its type.
 */
export function readValue(type: string, data: unknown): { type: string; data: Data } {
  const name = type.toUpperCase();
  const value = Object.hasOwn(readers, name) ? readers[name]?.(data) : undefined;
  if (value === undefined || (typeof value === "string" && value.length > LARGEST)) {
    throw failureOf("windows", "invalid");
  }
  return { type: name.replace(/_LITTLE_ENDIAN$/, ""), data: value };
}

function text(data: unknown): string | undefined {
  return typeof data === "string" && !data.includes("\0") ? data : undefined;
}

function whole(data: unknown): bigint | undefined {
  if (typeof data === "number") return Number.isInteger(data) ? BigInt(data) : undefined;
  if (typeof data !== "string" || !/^(\d{1,20}|0x[0-9a-f]{1,16})$/i.test(data)) return undefined;
  return BigInt(data);
}

function doubleWord(data: unknown): number | undefined {
  const number = whole(data);
  return number === undefined || number < 0n || number >= BigInt(TWO_32) ? undefined : Number(number);
}

/** Beyond what a number holds exactly, it stays a text of digits. */
function quadWord(data: unknown): Data | undefined {
  const number = whole(data);
  if (number === undefined || number < 0n || number >= TWO_64) return undefined;
  return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : String(number);
}

function bytes(data: unknown): string | undefined {
  if (typeof data !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(data)) return undefined;
  return Buffer.from(data, "base64").toString("base64");
}
