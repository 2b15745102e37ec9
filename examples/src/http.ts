// Questions to the web services that examples work with.
import { ExampleError } from "./arguments.js";

/** A web service gave no answer, or one that is no success. */
export class ServiceError extends Error {
  /** Absent when there was no answer. */
  readonly status: number | undefined;
  /** For how many milliseconds it wants to be left alone. */
  readonly retryAfter: number | undefined;

  constructor(message: string, status?: number, retryAfter?: number) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Whether it is the service that is out of order, and not what it was asked. */
  get isPassing(): boolean {
    return this.status === undefined || this.status >= 500;
  }
}

/**
 * The address of a service, without a slash at its end.
 * @throws ExampleError when what is sent there could be read on the way: only this machine may be spoken to without TLS
 */
export function serviceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url?.hostname ?? "");
  if (url?.protocol !== "https:" && !(url?.protocol === "http:" && isHere)) {
    throw new ExampleError(`${JSON.stringify(text)} is no address of a service: https://... is expected`);
  }
  return text.replace(/\/+$/, "");
}

/**
 * Asks a service, and gives the status and the JSON of its answer. The headers, which hold keys, go to no other host.
 * @throws ServiceError when it cannot be reached, or answers neither with success nor with one of these statuses
 */
export async function ask(
  url: string,
  { expected = [], ...init }: RequestInit & { readonly expected?: readonly number[] },
): Promise<{ readonly status: number; readonly body: unknown }> {
  const { origin } = new URL(url);
  try {
    const response = await fetch(url, { ...init, redirect: "error" });
    const { status } = response;
    if (response.ok || expected.includes(status)) {
      const text = await response.text();
      return { status, body: text === "" ? undefined : JSON.parse(text) };
    }
    await response.body?.cancel();
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    throw new ServiceError(`${origin} answered ${status}`, status, Number.isNaN(seconds) ? undefined : seconds * 1000);
  } catch (error) {
    init.signal?.throwIfAborted();
    if (error instanceof ServiceError) throw error;
    if (error instanceof SyntaxError) throw new ServiceError(`${origin} answered with something that is not JSON`);
    const { message, cause } = error as Error;
    throw new ServiceError(`${origin} cannot be reached: ${cause instanceof Error ? cause.message : message}`);
  }
}
