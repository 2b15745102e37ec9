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

interface Watch {
  readonly actions: Set<() => void>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls back when a signal is aborted. However many wait for one signal, it has one listener: Node warns of more than ten.
 * @returns takes it back
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  const { actions, listener } = watches.get(signal) ?? watch(signal);
  actions.add(action);
  return () => {
    if (!actions.delete(action) || actions.size > 0) return;
    signal.removeEventListener("abort", listener);
    watches.delete(signal);
  };
}

function watch(signal: AbortSignal): Watch {
  const actions = new Set<() => void>();
  const listener = () => {
    for (const action of [...actions]) action();
  };
  const made = { actions, listener };
  watches.set(signal, made);
  signal.addEventListener("abort", listener, { once: true });
  return made;
}
