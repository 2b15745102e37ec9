/**
 * Waits for work that others may wait for as well: giving up ends only the waiting.
 *
 * @param timeout - milliseconds; 0 or undefined for no limit.
 * @param late - makes the error for when time is up.
 * @throws the signal's reason, as soon as it is aborted.
 */
export async function waitFor<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  timeout: number | undefined,
  late: () => Error,
): Promise<T> {
  if (signal === undefined && !timeout) return work;
  let timer: NodeJS.Timeout | undefined;
  let stop: (() => void) | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        if (timeout) timer = setTimeout(() => reject(late()), timeout);
        stop = () => reject(signal?.reason as Error);
        if (signal?.aborted) stop();
        else signal?.addEventListener("abort", stop);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    if (stop !== undefined) signal?.removeEventListener("abort", stop);
  }
}
