import diagnostics from "node:diagnostics_channel";
import { stringifyMasked } from "./json.js";
import type { Prepared } from "./prepare.js";
import type { Redactor } from "./redact.js";
import type { Logger, RequestDiagnostics } from "./types.js";

const channel = diagnostics.channel("cbapi:request");

/** One exchange as it is told about. */
export interface Told {
  readonly method: string;
  /** With its query, secrets masked. */
  readonly path: string;
  readonly redactor: Redactor;
  readonly attempt: number;
}

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

  sending({ method, path, redactor }: Told, prepared: Prepared): void {
    if (this.#logger === undefined) return;
    const body = shownBody(prepared);
    if (body !== undefined) this.#logger.debug(`Sending HTTP ${method} ${path} with ${redactor.hide(body)}`);
  }

  answered(told: Told, status: number, duration: number): void {
    this.#logger?.debug(`HTTP ${told.method} ${told.path} took ${(duration / 1000).toFixed(3)}s (response ${status})`);
    publish(told, { status, duration, error: undefined });
  }

  failed(told: Told, error: unknown, duration: number): void {
    const failure =
      error instanceof Error ? told.redactor.error(error) : new Error("The call was stopped", { cause: error });
    this.#logger?.debug(
      `HTTP ${told.method} ${told.path} failed after ${(duration / 1000).toFixed(3)}s (${failure.message})`,
    );
    publish(told, { status: undefined, duration, error: failure });
  }

  repeating(method: string, path: string, pause: number, attempt: number): void {
    this.#logger?.info(`Repeating HTTP ${method} ${path} in ${(pause / 1000).toFixed(3)}s (attempt ${attempt})`);
  }

  warn(message: string): void {
    this.#logger?.warn(message);
  }
}

function publish(
  { method, path, attempt }: Told,
  outcome: Pick<RequestDiagnostics, "status" | "duration" | "error">,
): void {
  if (channel.hasSubscribers) channel.publish({ method, path, attempt, ...outcome } satisfies RequestDiagnostics);
}

/** A document is masked before it is written. What has no named fields is not shown, because nothing says what it holds. */
function shownBody({ request, length }: Prepared): string | undefined {
  const { json, body } = request;
  if (json !== undefined) return stringifyMasked(json);
  if (body === undefined) return undefined;
  const size = typeof body === "string" || body instanceof Uint8Array ? Buffer.byteLength(body) : length;
  return size === undefined ? "<stream>" : `<${size} bytes>`;
}

/** The logger that `CBAPI_DEBUG=1` turns on when the application gives none: everything to standard error. */
export function debugLogger(environment: Readonly<Record<string, string | undefined>>): Logger | undefined {
  if (!/^(1|true|yes|on)$/i.test(environment["CBAPI_DEBUG"] ?? "")) return undefined;
  const print = (message: string): void => console.error(message);
  return { debug: print, info: print, warn: print, error: print };
}
