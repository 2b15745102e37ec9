declare module "../domain/objects.js" {
  interface ObjectRecords {
    /** Kept by 1. */
    license: LicenseRecord;
  }
}

/** The licence that was handed in last. */
export interface LicenseRecord {
  end: number;
  sensors: number;
}

const YEAR = 365 * 24 * 3_600_000;
const USUAL_SENSORS = 10_000;
/** A block of fewer bytes cannot carry a signature. */
const LEAST_BYTES = 32;
const MOST_SENSORS = 10_000_000;

/** What a server is delivered with: a licence for a year. */
export const firstLicense = (now: number): LicenseRecord => ({ end: now + YEAR, sensors: USUAL_SENSORS });

/** What an administrator sends to the vendor to have a licence made: base64 of who asks, and for how many sensors. */
export function licenseRequest(serverToken: string, sensors: number): string {
  return Buffer.from(JSON.stringify({ server_token: serverToken, sensors })).toString("base64");
}

/**
 * The licence in a block: base64, with or without `-----BEGIN ...-----` and `-----END ...-----` around it. Nobody can sign
 * one for a sandbox, so that any block of that form is good for a year; one of JSON text may say how many `sensors` it is
 * for and when it has its `end` (`2027-01-31`). Undefined when it is no block.
 */
export function readLicense(block: string, now: number): LicenseRecord | undefined {
  const text = block.replace(/-----(BEGIN|END) [A-Z ]+-----/g, "").replace(/\s+/g, "");
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  if (bytes.length < LEAST_BYTES) return undefined;
  const { sensors, end } = contentOf(bytes);
  return { end: end ?? now + YEAR, sensors: sensors ?? USUAL_SENSORS };
}

function contentOf(bytes: Buffer): { sensors?: number; end?: number } {
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString("utf8"));
  } catch {
    return {};
  }
  if (typeof content !== "object" || content === null) return {};
  const { sensors, end } = content as { sensors?: unknown; end?: unknown };
  const time = typeof end === "string" && /^\d{4}-\d\d-\d\d$/.test(end) ? Date.parse(end) : Number.NaN;
  return {
    ...(Number.isInteger(sensors) && Number(sensors) > 0 && Number(sensors) <= MOST_SENSORS
      ? { sensors: Number(sensors) }
      : {}),
    ...(Number.isNaN(time) ? {} : { end: time }),
  };
}
