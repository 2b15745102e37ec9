import { Readable } from "node:stream";
import type { FetchLike } from "./types.js";
import { type Wire, type WireBody, WireFailure, type WireRequest, type WireResponse } from "./wire.js";

/** Carries exchanges by a function in the form of `fetch`, given by the application. */
export class FetchWire implements Wire {
  readonly #fetch: FetchLike;

  constructor(fetch: FetchLike) {
    this.#fetch = fetch;
  }

  async send(request: WireRequest): Promise<WireResponse> {
    const guard = new Guard(request);
    const headers: [string, string][] = [];
    for (let index = 0; index + 1 < request.headers.length; index += 2) {
      headers.push([request.headers[index] ?? "", request.headers[index + 1] ?? ""]);
    }
    // The fetch types know no Node streams, though Node's own fetch takes any async iterable and then wants `duplex`.
    const init = { method: request.method, headers, redirect: "manual", signal: guard.signal } as RequestInit;
    if (request.body !== undefined) {
      Object.assign(init, { body: request.body }, request.body instanceof Readable ? { duplex: "half" } : {});
    }
    try {
      const response = await guard.race(this.#fetch(request.origin + request.path, init));
      guard.phase = "total";
      if (request.mayBeLeft) guard.rest();
      return {
        status: response.status,
        headers: headersOf(response),
        body: new FetchBody(response, guard),
      };
    } catch (error) {
      guard.release();
      throw guard.explain(error);
    }
  }

  async close(): Promise<void> {}
}

/** Joins the caller's signal and the time limit into one signal, and tells afterwards which of them struck. */
class Guard {
  readonly #controller = new AbortController();
  readonly #request: WireRequest;
  readonly #timer: NodeJS.Timeout | undefined;
  phase: "headers" | "total" = "headers";

  constructor(request: WireRequest) {
    this.#request = request;
    if (request.timeout > 0) {
      this.#timer = setTimeout(() => this.#stop(new WireFailure(undefined, true, this.phase)), request.timeout);
    }
    if (request.signal?.aborted) this.handleEvent();
    else request.signal?.addEventListener("abort", this);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  handleEvent(): void {
    this.#stop(this.#request.signal?.reason);
  }

  /** Settles when the work does or the guard stops it: a given function need not honour its signal. */
  async race<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#controller;
    let stop: (() => void) | undefined;
    const stopped = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason as Error);
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
    try {
      return await Promise.race([work, stopped]);
    } finally {
      if (stop !== undefined) signal.removeEventListener("abort", stop);
    }
  }

  explain(error: unknown): unknown {
    if (this.#controller.signal.aborted) return this.#controller.signal.reason;
    return error instanceof WireFailure ? error : new WireFailure(error, true);
  }

  stop(): void {
    this.#stop(new WireFailure(new Error("The answer was not wanted any more"), true));
  }

  /** Nobody has asked for the body, and perhaps nobody will: its time does not keep the program alive. */
  rest(): void {
    this.#timer?.unref();
  }

  wake(): void {
    this.#timer?.ref();
  }

  /** From now on only the caller's signal counts. */
  untimed(): void {
    clearTimeout(this.#timer);
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener("abort", this);
  }

  #stop(reason: unknown): void {
    this.release();
    this.#controller.abort(reason);
  }
}

class FetchBody implements WireBody {
  readonly #response: Response;
  readonly #guard: Guard;

  constructor(response: Response, guard: Guard) {
    this.#response = response;
    this.#guard = guard;
    if (response.body === null) guard.release();
  }

  async bytes(): Promise<Buffer> {
    this.#guard.wake();
    try {
      return Buffer.from(await this.#guard.race(this.#response.arrayBuffer()));
    } catch (error) {
      throw this.#guard.explain(error);
    } finally {
      this.#guard.release();
    }
  }

  stream(explain: (failure: unknown) => Error): Readable {
    this.#guard.untimed();
    const reader = this.#response.body?.getReader();
    let ended = reader === undefined;
    const end = (): null => {
      ended = true;
      this.#guard.release();
      return null;
    };
    const stream = new Readable({
      read: () => {
        if (reader === undefined) {
          stream.push(null);
          return;
        }
        this.#guard.race(reader.read()).then(
          ({ done, value }) => stream.push(done ? end() : value),
          (error: unknown) => {
            end();
            stream.destroy(explain(this.#guard.explain(error)));
          },
        );
      },
      destroy: (error, callback) => {
        if (!ended) {
          this.#guard.stop();
          reader?.cancel().catch(() => {}); // a given function need not honour its signal
        }
        callback(error);
      },
    });
    return stream;
  }

  discard(): void {
    this.#guard.stop();
    this.#response.body?.cancel().catch(() => {}); // it may be gone already; nobody waits for it
  }
}

/** A function like fetch has undone the compression, but still tells of it, and of the length before that. */
function headersOf(response: Response): Record<string, string> {
  const headers = Object.fromEntries(response.headers);
  if (headers["content-encoding"] !== undefined) {
    delete headers["content-encoding"];
    delete headers["content-length"];
  }
  return headers;
}
