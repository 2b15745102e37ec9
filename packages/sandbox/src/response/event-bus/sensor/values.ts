// How sensors write what they send: times in steps of 100 ns since 1601, addresses and ports with their bytes turned round.
import { isIPv6 } from "node:net";
import { ipv6Digits } from "../../../store/tokens.js";
import type { SensorMessage } from "./tables.js";

const TICKS_PER_MILLISECOND = 10_000n;
const EPOCH_GAP = 11_644_473_600_000n;

type Address = NonNullable<NonNullable<SensorMessage["networkv2"]>["remoteIpAddress"]>;

export const ticksOf = (milliseconds: number): bigint =>
  (BigInt(Math.floor(milliseconds)) + EPOCH_GAP) * TICKS_PER_MILLISECOND;

export const millisecondsOf = (ticks: bigint): number => Number(ticks / TICKS_PER_MILLISECOND - EPOCH_GAP);

/** When the process of a GUID was created, in ticks, and its pid: the halves that a consumer makes the GUID of again. */
export function partsOfGuid(guid: string): { readonly pid: number; readonly created: bigint } {
  const digits = guid.replaceAll("-", "");
  return {
    pid: Number.parseInt(digits.slice(8, 16), 16) | 0,
    created: BigInt.asIntN(64, BigInt(`0x${digits.slice(16)}`)),
  };
}

/** A hash as bytes; undefined where it is not known. */
export function hashBytes(hex: string | undefined): Buffer | undefined {
  return hex === undefined || hex === "" ? undefined : Buffer.from(hex, "hex");
}

export const portBytes = (port: number): number => ((port & 0xff) << 8) | (port >>> 8);

export function addressBytes(address: string): Address {
  if (!isIPv6(address)) {
    const bytes = Buffer.from(address.split(".").map(Number));
    return { bIsIpv6: false, ipv4Address: bytes.length === 4 ? bytes.readUInt32LE(0) : 0 };
  }
  const bytes = Buffer.from(ipv6Digits(address) ?? "0".repeat(32), "hex");
  return { bIsIpv6: true, ipv6High: bytes.readBigUInt64LE(0), ipv6Low: bytes.readBigUInt64LE(8) };
}

/** The address of these bytes, as text. */
export function addressText({ bIsIpv6, ipv4Address = 0, ipv6High = 0n, ipv6Low = 0n }: Address): string {
  if (bIsIpv6 !== true) return [0, 8, 16, 24].map((shift) => (ipv4Address >>> shift) & 0xff).join(".");
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(ipv6High, 0);
  bytes.writeBigUInt64LE(ipv6Low, 8);
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
