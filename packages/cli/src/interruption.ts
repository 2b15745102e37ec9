import type { Terminal } from "./terminal.js";

/** As shells count: 128 and the number of the signal. */
const exitCodes: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
const signalNames = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** As it is before anybody takes its place: {@link guardProcess} does, for scripts. */
const exitNow = process.exit.bind(process);

/** Ends a command from outside: Ctrl-C, a terminal that is closed, or an output that nobody reads any more. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #onSignal = (name: NodeJS.Signals): void => {
    const code = exitCodes[name] ?? 1;
    if (name === "SIGINT" && !this.signal.aborted && this.onInterrupt?.() === true) return;
    // The second time somebody means it: nothing is put in order any more. A window that is closed hangs up, and spoils the
    // output besides, without meaning anything by it.
    if (this.#signalled && name !== "SIGHUP") exitNow(code);
    this.#signalled = true;
    this.#stop(code);
  };
  #signalled = false;
  /** Takes Ctrl-C over, for something that can be stopped by itself; returns whether it did. */
  onInterrupt: (() => boolean) | undefined;
  /** What the process is to end with. */
  exitCode = 0;

  constructor(terminal: Terminal) {
    for (const name of signalNames) process.on(name, this.#onSignal);
    terminal.onClosed((error) => {
      // Enough was read: that is no failure. A full disk is.
      if (error !== undefined) terminal.noteUnsafe(`cbapi: The output cannot be written: ${error.message}`);
      this.#stop(error === undefined ? 0 : 1);
    });
  }

  /** Aborted when the command has to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** As if Ctrl-C had been pressed: for input modes in which the terminal sends no signal for it. */
  interrupt(): void {
    this.#signalled = true;
    this.#stop(130);
  }

  dispose(): void {
    for (const name of signalNames) process.off(name, this.#onSignal);
  }

  #stop(code: number): void {
    if (this.signal.aborted) return;
    this.exitCode = code;
    this.#controller.abort(new Error("The command was interrupted"));
  }
}

/** Waits for work that knows nothing of the signal; it is left alone when the signal comes first. */
export async function unlessInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop: (() => void) | undefined;
  const interrupted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener("abort", stop);
  }
}

/**
 * Has a controller abort with a signal that lives longer, too. Nothing hangs on the combined signal alone, as with
 * `AbortSignal.any`, which Node 20 may collect before it is aborted.
 * @returns takes it back
 */
export function abortWith(controller: AbortController, signal: AbortSignal): () => void {
  const stop = (): void => controller.abort(signal.reason);
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  return () => signal.removeEventListener("abort", stop);
}

/** Waits until the signal comes. */
export async function untilInterrupted(signal: AbortSignal): Promise<void> {
  // A promise alone keeps no process alive; what serves meanwhile does.
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
