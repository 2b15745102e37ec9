/** Milliseconds between 1601-01-01, where the ticks of a process GUID begin, and 1970-01-01. */
const EPOCH_GAP_MS = 11_644_473_600_000;

/**
 * The GUID of a process: sensor id (32 bits), pid (32 bits) and creation time (64 bits, 100 ns ticks since 1601), as
 * hex with dashes at 8-4-4-4-12.
 *
 * @param extraTicks ticks beyond the millisecond, 0 to 9999
 */
export function processGuid(sensorId: number, pid: number, startMs: number, extraTicks = 0): string {
  const sensor = (sensorId >>> 0).toString(16).padStart(8, "0");
  const process = (pid >>> 0).toString(16).padStart(8, "0");
  const ticks = BigInt(Math.floor(startMs) + EPOCH_GAP_MS) * 10_000n + BigInt(extraTicks);
  const time = ticks.toString(16).padStart(16, "0");
  return `${sensor}-${process.slice(0, 4)}-${process.slice(4)}-${time.slice(0, 4)}-${time.slice(4)}`;
}

/** The three numbers of a GUID, the time cut to milliseconds since 1970; undefined when the text is no GUID. */
export function parseProcessGuid(id: string): { sensorId: number; pid: number; start: number } | undefined {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return undefined;
  const digits = id.replaceAll("-", "");
  return {
    sensorId: Number.parseInt(digits.slice(0, 8), 16),
    pid: Number.parseInt(digits.slice(8, 16), 16),
    start: Number(BigInt(`0x${digits.slice(16)}`) / 10_000n) - EPOCH_GAP_MS,
  };
}
