import { Readable } from "node:stream";
import type { Agent, Dispatcher } from "undici";
import type { ConnectorOptions } from "./connector.js";
import type { Line, LineOptions, LineUser } from "./lines.js";
import { type Wire, type WireBody, WireFailure, type WireRequest, type WireResponse } from "./wire.js";

/** How much of a body nobody has asked for yet is kept in memory before the connection is paused. */
const HIGH_WATER = 64 * 1024;
/** How much of an unwanted body is let through: cheaper than a new connection. */
const DROPPED = 128 * 1024;

export interface UndiciWireOptions extends ConnectorOptions {
  /** Connections per server. */
  readonly connections: number;
  /** Whether long polls, too, wait for one of these connections. */
  readonly block: boolean;
}

/** A wire's pools. */
class Pools {
  /** What all exchanges share. */
  readonly shared: Agent;
  readonly #make: () => Agent;
  #unlimited: Agent | undefined;

  constructor(make: (connections?: number) => Agent, connections: number) {
    this.shared = make(connections);
    this.#make = make;
  }

  /** For long polls that wait for no connection. Made when it is first asked for. */
  get unlimited(): Agent {
    this.#unlimited ??= this.#make();
    return this.#unlimited;
  }

  async destroy(): Promise<void> {
    await Promise.all([this.shared.destroy(), this.#unlimited?.destroy()]);
  }
}

/**
 * Carries exchanges over a pool of connections of its own.
 *
 * undici is loaded by the first of them: it took two fifths of the time of an import, and a program that only prints its
 * usage, or brings a `fetch` of its own, has no use for it. No file that is loaded with the library may import it, but
 * for its types.
 */
export class UndiciWire implements Wire {
  readonly #options: UndiciWireOptions;
  #pools: Pools | undefined;
  #loading: Promise<Pools> | undefined;

  constructor(options: UndiciWireOptions) {
    this.#options = options;
  }

  /** The limit of time begins when there is something to carry with: loading is not counted. */
  send(request: WireRequest): Promise<WireResponse> {
    return this.#pools === undefined
      ? this.#load().then((pools) => this.#carry(pools, request))
      : this.#carry(this.#pools, request);
  }

  /** Lets running exchanges end their connections now: an idle or hanging one would keep the program alive. */
  async close(): Promise<void> {
    const pools = this.#pools ?? (await this.#loading?.catch(() => undefined));
    await pools?.destroy();
  }

  #carry(pools: Pools, request: WireRequest): Promise<WireResponse> {
    const agent = request.longPoll && !this.#options.block ? pools.unlimited : pools.shared;
    return new Promise((resolve, reject) => {
      new Exchange(request, resolve, reject).start(agent);
    });
  }

  /** Once for all who wait; a failure is not remembered. */
  #load(): Promise<Pools> {
    this.#loading ??= import("./lines.js").then(
      ({ lineAgents }) => {
        this.#pools = new Pools(lineAgents(this.#options), this.#options.connections);
        return this.#pools;
      },
      (error: unknown) => {
        this.#loading = undefined;
        throw error;
      },
    );
    return this.#loading;
  }
}

const expire = (exchange: Exchange): void => exchange.expire();

/**
 * One exchange, handling the dispatcher's events itself rather than through undici's `request`: no stream is built for
 * bodies that are read whole, the phase of a failure is known, and a request still waiting for a connection can be given up.
 */
class Exchange implements Dispatcher.DispatchHandler, WireBody, LineUser {
  line: Line | undefined;
  readonly #request: WireRequest;
  readonly #resolve: (response: WireResponse) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #answered = false;
  #idle = false;
  #ended = false;
  #dropping = false;
  #failed = false;
  #failure: unknown;
  #chunks: Buffer[] = [];
  #size = 0;
  #whole: { resolve(bytes: Buffer): void; reject(reason: unknown): void } | undefined;
  #stream: Readable | undefined;
  #explain: ((failure: unknown) => Error) | undefined;

  constructor(request: WireRequest, resolve: (response: WireResponse) => void, reject: (reason: unknown) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    if (request.timeout > 0) this.#timer = setTimeout(expire, request.timeout, this);
  }

  start(agent: Agent): void {
    const { origin, path, method, headers, body, signal, timeout, mayBeLeft } = this.#request;
    if (signal !== undefined) {
      if (signal.aborted) {
        this.#fail(signal.reason);
        return;
      }
      signal.addEventListener("abort", this);
    }
    // The whole is timed here, connecting and waiting for the pool included; undici watches the pauses of the body.
    const options: LineOptions = {
      origin,
      path,
      method,
      headers: headers as string[],
      body: body ?? null,
      headersTimeout: 0,
      bodyTimeout: timeout,
      user: mayBeLeft ? this : undefined,
    };
    agent.dispatch(options, this);
  }

  /** The caller's signal was aborted. */
  handleEvent(): void {
    this.#fail(this.#request.signal?.reason);
  }

  /** Time is up. */
  expire(): void {
    const phase = this.#answered ? "total" : this.#controller === undefined ? "connect" : "headers";
    this.#fail(new WireFailure(undefined, this.#controller !== undefined, phase));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failed) controller.abort(asError(this.#failure));
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ) {
    if (status < 200) return; // informational: the answer is still to come
    this.#answered = true;
    if (this.#request.mayBeLeft) this.#rest(true);
    this.#resolve({ status, headers: flatten(headers), body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#stream !== undefined) {
      if (!this.#stream.push(chunk)) controller.pause();
      return;
    }
    this.#size += chunk.length;
    if (this.#dropping) {
      if (this.#size > DROPPED) this.#abandon();
      return;
    }
    this.#chunks.push(chunk);
    if (this.#whole === undefined && this.#size > HIGH_WATER) controller.pause();
  }

  onResponseEnd(): void {
    this.#ended = true;
    this.#release();
    if (this.#stream !== undefined) this.#stream.push(null);
    else this.#whole?.resolve(this.#take());
  }

  onResponseError(_: unknown, error: Error): void {
    const phase = (error as { code?: unknown }).code === "UND_ERR_BODY_TIMEOUT" ? "body" : undefined;
    this.#fail(new WireFailure(error, this.#controller !== undefined, phase));
  }

  bytes(): Promise<Buffer> {
    this.#rest(false);
    if (this.#ended) return Promise.resolve(this.#take());
    return new Promise((resolve, reject) => {
      if (this.#failed) return reject(asError(this.#failure));
      this.#whole = { resolve, reject };
      this.#controller?.resume();
    });
  }

  stream(explain: (failure: unknown) => Error): Readable {
    const stream = new Readable({
      highWaterMark: HIGH_WATER,
      read: () => this.#controller?.resume(),
      destroy: (error, callback) => {
        this.#abandon();
        callback(error);
      },
    });
    this.#rest(false);
    clearTimeout(this.#timer);
    for (const chunk of this.#chunks) stream.push(chunk);
    this.#chunks = [];
    this.#explain = explain;
    this.#stream = stream;
    if (this.#ended) stream.push(null);
    else if (this.#failed) stream.destroy(explain(this.#failure));
    return stream;
  }

  discard(): void {
    this.#rest(false);
    this.#chunks = [];
    if (this.#ended || this.#failed) return;
    this.#dropping = true;
    this.#controller?.resume();
  }

  /** While nobody has asked for the body, it does not keep the program alive: perhaps nobody ever will. */
  #rest(idle: boolean): void {
    if (this.#idle === idle) return;
    this.#idle = idle;
    const socket = this.line?.socket;
    if (idle) {
      socket?.unref();
      this.#timer?.unref();
    } else {
      socket?.ref();
      this.#timer?.ref();
    }
  }

  #abandon(): void {
    if (this.#ended || this.#failed) return;
    this.#fail(new WireFailure(new Error("The answer was not wanted any more"), true));
  }

  #fail(failure: unknown): void {
    if (this.#failed || this.#ended) return;
    this.#failed = true;
    this.#failure = failure;
    this.#chunks = [];
    this.#release();
    this.#controller?.abort(asError(failure));
    if (!this.#answered) this.#reject(failure);
    else if (this.#stream !== undefined) this.#stream.destroy(this.#explain?.(failure));
    else this.#whole?.reject(failure);
  }

  #release(): void {
    this.#rest(false); // undici lets go of idle connections itself, and thinks that it holds this one
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener("abort", this);
  }

  #take(): Buffer {
    const chunks = this.#chunks;
    this.#chunks = [];
    const [first] = chunks;
    return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, this.#size);
  }
}

function asError(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error(String(failure));
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (typeof value !== "string") headers[name] = value?.join(", ") ?? "";
  }
  return headers as Record<string, string>;
}
