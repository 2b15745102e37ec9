/** How often, and how soon, a failed exchange is repeated. */
export const DEFAULT_RETRIES = 4;

/** The longest pause that a server may ask for and still be waited for, in milliseconds. */
const LONGEST_PAUSE = 10 * 60_000;

/** The pause before the nth repetition: doubling from half a second up to eight, with up to half of it taken off at random. */
export function backoff(repetition: number, random: () => number): number {
  const full = Math.min(500 * 2 ** (repetition - 1), 8000);
  return Math.round(full * (1 - random() / 2));
}

/** Reads `Retry-After`: seconds or an HTTP date, as milliseconds from now. */
export function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const text = headers["retry-after"]?.trim();
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Whether a failure may be followed by the same request: always (it was not carried out), if harmless, or not at all. */
export type Repeat = "always" | "idempotent" | "never";

export function repeatForStatus(status: number): Repeat {
  if (status === 429) return "always";
  return status === 502 || status === 503 || status === 504 ? "idempotent" : "never";
}

/** The pause before the next attempt, or undefined when there is to be none: too long, or no time left. */
export function pauseBefore(
  repetition: number,
  asked: number | undefined,
  timeLeft: number,
  random: () => number,
): number | undefined {
  const pause = asked ?? backoff(repetition, random);
  return pause > LONGEST_PAUSE || pause >= timeLeft ? undefined : pause;
}
