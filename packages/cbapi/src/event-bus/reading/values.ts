// How values of the bus are written: times, GUIDs, addresses, ports, hashes.

const TICKS_PER_MILLISECOND = 10_000n;
/** From 1601 to 1970, in milliseconds. */
const EPOCH = 11_644_473_600_000n;

/** A moment in steps of 100 ns since 1601; nothing where the number says that there is none. */
export function dateOfTicks(ticks: bigint | undefined): Date | undefined {
  return ticks === undefined || ticks === 0n ? undefined : new Date(Number(ticks / TICKS_PER_MILLISECOND - EPOCH));
}

/** A moment in seconds since 1970, with or without a fraction. */
export function dateOfSeconds(seconds: unknown): Date | undefined {
  const number = typeof seconds === "string" ? Number(seconds) : seconds;
  if (typeof number !== "number" || !Number.isFinite(number)) return undefined;
  return new Date(Math.round(number * 1000));
}

/** The GUID of a process: its sensor, its process id and when it was created, in steps of 100 ns since 1601. */
export function processGuid(sensorId: number, pid: number, created: bigint): string {
  const hex = (value: number | bigint, width: number) => value.toString(16).padStart(width, "0");
  const time = hex(BigInt.asUintN(64, created), 16);
  const process = hex(pid >>> 0, 8);
  return [
    hex(sensorId >>> 0, 8),
    process.slice(0, 4),
    process.slice(4),
    time.slice(0, 4),
    time.slice(4, 8) + time.slice(8),
  ].join("-");
}

/** An IPv4 address from a sensor, whose first number is the lowest byte. */
export function addressOfSensor(value: number): string {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff).join(".");
}

/** An IPv4 address from a document, whose first number is the highest byte and which may be negative. */
export function addressOfDocument(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join(".");
}

/** An IPv6 address from its two halves, each with its lowest byte first. */
export function addressOfHalves(high: bigint, low: bigint, scope = ""): string {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, high), 0);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, low), 8);
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  // As the URL standard writes it, which shortens the longest run of zeros.
  const short = new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
  return scope === "" ? short : `${short}%${scope}`;
}

/** A port, which travels with its bytes exchanged. */
export function portOfSensor(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
}

/** Bytes of a hash in capital hex. */
export function hashOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").toUpperCase();
}

/** The GUID of a process and the number of its segment, from an id that may have both. */
export function guidAndSegment(id: string): { readonly guid: string; readonly segment: string } {
  const [, guid = id, segment] = /^(.{36})-([0-9a-f]{8}|[0-9a-f]{12})$/i.exec(id) ?? [];
  return { guid, segment: segment === undefined ? "1" : String(Number.parseInt(segment, 16)) };
}
