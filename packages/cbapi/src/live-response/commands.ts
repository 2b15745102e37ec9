import { CbApiError, ObjectNotFoundError, TimeoutError } from "../core/errors.js";
import { firstOf } from "../core/signals.js";
import { timeLimit } from "../core/transport/limits.js";
import type { CallOptions } from "../core/transport/types.js";
import { waitFor } from "../core/transport/wait.js";
import { commandError } from "./command-error.js";
import { stateOf } from "./dialect.js";
import type { Current, SessionLink } from "./link.js";
import { poll } from "./polling.js";
import { type Fields, objectWithId, send, sendForObject } from "./protocol.js";
import type { CommandData, CommandOptions } from "./types.js";

/** Milliseconds that a command may take when nobody names a limit. */
const COMMAND_TIME = 120_000;
/** The least time that the server has to accept a command, in milliseconds, whatever the caller says. */
const SHORTEST = 1000;
/** Milliseconds that taking back a command may take. */
const CANCEL_TIME = 10_000;
/** How often a session that was lost is opened again for one command. */
const REOPENINGS = 5;

/** What an endpoint is asked to do. */
export interface Command {
  readonly name: string;
  /** What it is about. */
  readonly subject?: string | number | undefined;
  /** The rest of the body. Made anew for each session that it is sent in, as uploads belong to one. */
  readonly body?: Fields | ((session: Current, signal: AbortSignal) => Promise<Fields>) | undefined;
  /** Whether it only reads, so that it may be sent again when its fate is not known. */
  readonly reads?: boolean;
  /** Called when the caller has given up before the server had accepted it, and the server then did. */
  readonly onAbandoned?: (issued: Issued) => void;
}

/** A command that the server has accepted. */
export interface Issued {
  readonly command: Command;
  readonly session: Current;
  readonly data: CommandData;
}

export interface WaitOptions extends CommandOptions {
  /** Called with what the server says of the command before its end. It is then asked again and again. */
  readonly onNews?: ((data: CommandData) => void) | undefined;
  /** Whether the command is left to itself when its time is up or it is given up. */
  readonly leave?: boolean;
}

/** How long the server may take to accept a command, and what is done when it takes longer. */
interface Patience {
  /** Milliseconds; 0 for no limit. */
  readonly timeout: number;
  readonly expire: () => void;
}

/** Sends commands, in the order of the calls, and waits for what they come to. */
export class Commands {
  readonly link: SessionLink;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(link: SessionLink) {
    this.link = link;
  }

  /**
   * Has a command carried out.
   * @returns the command as it was accepted, and as it ended
   */
  async run(command: Command, options: WaitOptions = {}): Promise<Issued & { readonly result: CommandData }> {
    for (let losses = 0; ; losses++) {
      const issued = await this.issue(command, options);
      try {
        return { ...issued, result: await this.wait(issued, options) };
      } catch (error) {
        // The answer was lost with the session, and asking once more does no harm.
        if (command.reads !== true || losses >= REOPENINGS || !isLost(error)) throw error;
        await this.#pause(losses, options.signal);
      }
    }
  }

  /**
   * Sends a command and returns when the server has accepted it.
   * @param options `timeout`: for the server to accept it, from when its turn has come and its upload is done
   * @throws ApiError when the endpoint does not know the command; nothing is sent
   */
  issue(command: Command, options: CommandOptions = {}): Promise<Issued> {
    // What is to be taken back comes to light with its end, also when that is the session's.
    return this.link.held(this.#issueInTurn(command, options));
  }

  /** Waits until a command has been carried out. */
  async wait(issued: Issued, options: WaitOptions = {}): Promise<CommandData> {
    const { link } = this;
    const { dialect } = link;
    const { name, subject } = issued.command;
    const { signal, onNews, leave = false } = options;
    const timeout = this.#limit(options.timeout);
    const request = dialect.readCommand(issued.session.id, issued.data.id);
    let latest = issued.data;
    const read = (document: unknown): CommandData | undefined => {
      latest = objectWithId<CommandData>(document, request);
      const state = stateOf(latest.status);
      if (state === "complete") return latest;
      if (state === "error") throw commandError(latest, { name, object: subject });
      if (state === "cancelled") throw cancelled(name);
      onNews?.(latest);
      return undefined;
    };
    const late = () => {
      if (!leave) this.cancel({ ...issued, data: latest });
      return notInTime(name, timeout, request.path);
    };
    const stop = firstOf(signal, link.ended);
    try {
      const waits = dialect.waits.command && onNews === undefined;
      return await poll(link.api, { request, waits, timeout, signal: stop.signal, read, late });
    } catch (error) {
      if (signal?.aborted && !leave) this.cancel({ ...issued, data: latest });
      if (!(error instanceof ObjectNotFoundError)) throw error;
      // Any other 404 leaves the session as it was: the next command finds out.
      if (link.isGone(error)) link.lose(issued.session.generation);
      throw lostOnTheWay(name, error);
    } finally {
      stop.release();
    }
  }

  /** Takes back a command that has not begun yet. Nobody waits for that, and it may be too late. */
  cancel({ session, data }: Issued): void {
    const { link } = this;
    if (stateOf(data.status) !== "waiting" || link.isEnded) return;
    const request = link.dialect.cancelCommand?.(session.id, data);
    if (request === undefined) return;
    link.background(send(link.api, request, { timeout: CANCEL_TIME }));
  }

  /** What the server says of a command of this session now. */
  async look(id: CommandData["id"], { signal, timeout }: CallOptions): Promise<CommandData> {
    const { link } = this;
    const session = await link.ready(signal);
    return sendForObject<CommandData>(link.api, link.dialect.readCommand(session.id, id), { signal, timeout });
  }

  /**
   * Takes back a command that has not begun, and waits until the server has agreed.
   * @throws CbApiError when it has begun or ended, or servers of this kind cannot take commands back
   */
  async takeBack(id: CommandData["id"], { signal, timeout }: CallOptions): Promise<void> {
    const { link } = this;
    const { api, dialect } = link;
    const session = await link.ready(signal);
    if (dialect.cancelCommand === undefined) {
      throw new CbApiError("Servers of this kind cannot take commands back", { code: "NOT_OFFERED" });
    }
    const data = await this.look(id, { signal, timeout });
    if (String(data.status).toLowerCase() !== "pending") {
      throw new CbApiError(`Command ${id} cannot be taken back: it is ${String(data.status).toUpperCase()}`, {
        code: "COMMAND_NOT_PENDING",
      });
    }
    await send(api, dialect.cancelCommand(session.id, data), { signal, timeout });
  }

  #limit(timeout: number | undefined): number {
    return timeLimit(timeout ?? this.link.options.commandTimeout ?? COMMAND_TIME);
  }

  async #issueInTurn(command: Command, options: CommandOptions): Promise<Issued> {
    const { link } = this;
    const { signal } = options;
    const timeout = this.#limit(options.timeout);
    const late = new AbortController();
    const stop = firstOf(signal, link.ended, late.signal);
    const { onAccepted } = options;
    const patience = { timeout, expire: () => late.abort(notAccepted(command.name, timeout)) };
    // Whatever was called before is sent before.
    const issuing = this.#sending.then(() => this.#issue(command, stop.signal, patience));
    this.#sending = issuing.catch(() => {});
    try {
      const issued = await waitFor(issuing, stop.signal, undefined, () => new Error());
      onAccepted?.(issued.data);
      return issued;
    } catch (error) {
      // A request that may have reached the server is not stopped: the command is taken back when its number is known.
      if (stop.signal.aborted) {
        const abandoned = issuing.then((issued) => {
          this.cancel(issued);
          command.onAbandoned?.(issued);
        });
        link.background(waitFor(abandoned, undefined, CANCEL_TIME, () => new Error()));
      }
      throw error;
    } finally {
      issuing.catch(() => {}).finally(() => stop.release());
    }
  }

  async #issue(command: Command, signal: AbortSignal, patience: Patience): Promise<Issued> {
    const { link } = this;
    for (let losses = 0; ; losses++) {
      const session = await link.ready(signal);
      requireKnown(command.name, session, link.dialect.noun);
      try {
        return { command, session, data: await this.#send(command, session, signal, patience) };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ObjectNotFoundError)) throw error;
        if (!link.isGone(error)) {
          throw new CbApiError(`Received 404 error from server: ${error.serverMessage ?? ""}`, {
            cause: error,
            code: "COMMAND_REFUSED",
            status: 404,
            path: error.path,
            serverMessage: error.serverMessage,
          });
        }
        link.lose(session.generation);
        if (losses >= REOPENINGS) throw lostTooOften(command.name, error);
        await this.#pause(losses, signal);
      }
    }
  }

  async #send(
    { name, subject, body, reads }: Command,
    session: Current,
    signal: AbortSignal,
    { timeout, expire }: Patience,
  ): Promise<CommandData> {
    const { link } = this;
    const { dialect, api } = link;
    const about = subject === undefined ? {} : dialect.subject(subject);
    const rest = typeof body === "function" ? await body(session, signal) : body;
    signal.throwIfAborted();
    const request = dialect.createCommand(session.id, { name, ...about, ...rest, session_id: session.id });
    const timer = timeout === 0 ? undefined : setTimeout(expire, Math.max(timeout, SHORTEST));
    try {
      const data = await sendForObject<CommandData>(api, request, { idempotent: reads === true });
      link.touch();
      return data;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets a server that loses sessions as fast as they are opened come to itself. */
  async #pause(losses: number, signal: AbortSignal | undefined): Promise<void> {
    if (losses === 0) return;
    const { clock } = this.link.api;
    await clock.sleep(1000 * 2 ** (losses - 1), signal);
  }
}

function requireKnown(name: string, { data }: Current, noun: string): void {
  const known = data.supported_commands;
  if (!Array.isArray(known)) {
    throw new CbApiError(
      `Command ${name} cannot be sent: the server does not tell which commands this ${noun} supports (supported_commands is missing)`,
      { code: "COMMAND_NOT_SUPPORTED" },
    );
  }
  if (!known.includes(name)) {
    throw new CbApiError(
      `Command ${name} not supported by this ${noun}. It supports: ${known.join(", ") || "nothing"}.`,
      {
        code: "COMMAND_NOT_SUPPORTED",
      },
    );
  }
}

function isLost(error: unknown): boolean {
  return error instanceof ObjectNotFoundError && error.code === "SESSION_LOST";
}

function cancelled(name: string): CbApiError {
  return new CbApiError(`The command has been cancelled: ${name}`, { code: "COMMAND_CANCELLED" });
}

function notInTime(name: string, timeout: number, path: string): TimeoutError {
  return new TimeoutError(
    `Timed out: ${name} was not finished within ${timeout} ms. The endpoint may still carry it out.`,
    { timeout, path, uri: path, method: "GET", retryable: false },
  );
}

function notAccepted(name: string, timeout: number): TimeoutError {
  return new TimeoutError(
    `Timed out: the server did not accept ${name} within ${timeout} ms. If it does so later, the command is taken back where it has not begun.`,
    { timeout, method: "POST", retryable: false },
  );
}

function lostOnTheWay(name: string, cause: ObjectNotFoundError): ObjectNotFoundError {
  return new ObjectNotFoundError(
    `The server lost the session while ${name} was under way, or the command. Whether the endpoint carried it out is not known.`,
    { cause, code: "SESSION_LOST", status: 404, path: cause.path, uri: cause.uri, serverMessage: cause.serverMessage },
  );
}

function lostTooOften(name: string, cause: ObjectNotFoundError): TimeoutError {
  return new TimeoutError(
    `Command ${name} failed after ${REOPENINGS} retries: the server lost each session that was opened for it`,
    { cause, path: cause.path, uri: cause.uri, status: 404 },
  );
}
