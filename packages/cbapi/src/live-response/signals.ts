/** A signal that is aborted with the first of several. `release()` it: they may live much longer. */
export function firstOf(...signals: readonly (AbortSignal | undefined)[]): {
  readonly signal: AbortSignal;
  release(): void;
} {
  const controller = new AbortController();
  const given = signals.filter((signal) => signal !== undefined);
  const listeners = given.map((signal) => ({ signal, listener: () => controller.abort(signal.reason) }));
  for (const { signal, listener } of listeners) {
    if (signal.aborted) listener();
    else signal.addEventListener("abort", listener, { once: true });
  }
  return {
    signal: controller.signal,
    release() {
      for (const { signal, listener } of listeners) signal.removeEventListener("abort", listener);
    },
  };
}
