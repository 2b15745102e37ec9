/** The pauses between two looks at what the server takes some seconds for, in milliseconds; the last one is repeated. */
const PAUSES = [1000, 2000, 4000, 5000];

/** How long to wait after so many looks, in milliseconds: short at first, never more than five seconds. */
export function pauseAfter(looks: number): number {
  return PAUSES[Math.min(looks, PAUSES.length - 1)] ?? 0;
}
