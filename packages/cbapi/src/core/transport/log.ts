import diagnostics from "node:diagnostics_channel";
import { maskJson, maskPath } from "./redact.js";
import type { Logger, RequestDiagnostics } from "./types.js";

const channel = diagnostics.channel("cbapi:request");

/** Tells about exchanges: on the diagnostics channel, and line by line to the logger. Costs next to nothing when nobody listens. */
export class RequestLog {
  readonly #logger: Logger | undefined;

  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  /** Whether anybody wants to know; if not, nothing needs to be measured. */
  get active(): boolean {
    return this.#logger !== undefined || channel.hasSubscribers;
  }

  sending(method: string, path: string, body: unknown): void {
    if (this.#logger === undefined || typeof body !== "string") return;
    this.#logger.debug(`Sending HTTP ${method} ${maskPath(path)} with ${maskJson(body)}`);
  }

  answered(method: string, path: string, status: number, duration: number, attempt: number): void {
    this.#logger?.debug(`HTTP ${method} ${maskPath(path)} took ${(duration / 1000).toFixed(3)}s (response ${status})`);
    this.#publish({ method, path, status, duration, attempt, error: undefined });
  }

  failed(method: string, path: string, error: unknown, duration: number, attempt: number): void {
    const failure = error instanceof Error ? error : new Error("The call was stopped", { cause: error });
    this.#logger?.debug(
      `HTTP ${method} ${maskPath(path)} failed after ${(duration / 1000).toFixed(3)}s (${failure.message})`,
    );
    this.#publish({ method, path, status: undefined, duration, attempt, error: failure });
  }

  repeating(method: string, path: string, pause: number, attempt: number): void {
    this.#logger?.info(
      `Repeating HTTP ${method} ${maskPath(path)} in ${(pause / 1000).toFixed(3)}s (attempt ${attempt})`,
    );
  }

  warn(message: string): void {
    this.#logger?.warn(message);
  }

  #publish(message: RequestDiagnostics): void {
    if (channel.hasSubscribers) channel.publish({ ...message, path: maskPath(message.path) });
  }
}

/** The logger that `CBAPI_DEBUG=1` turns on when the application gives none: everything to standard error. */
export function debugLogger(environment: Readonly<Record<string, string | undefined>>): Logger | undefined {
  if (!/^(1|true|yes|on)$/i.test(environment["CBAPI_DEBUG"] ?? "")) return undefined;
  const print = (message: string): void => console.error(message);
  return { debug: print, info: print, warn: print, error: print };
}
