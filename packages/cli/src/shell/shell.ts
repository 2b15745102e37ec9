import type { Endpoints } from "../endpoints/endpoint.js";
import { errorText } from "../shown-error.js";
import type { Terminal } from "../terminal.js";
import { safeText } from "../text-safety.js";
import { type Attachment, attach } from "./attachment.js";
import { type CommandHost, NotAttachedError, type ShellCommand, ShellUsageError } from "./command.js";
import { commands, findCommand } from "./commands/index.js";
import { DirectoryCache } from "./directory-cache.js";
import { optionReader, parseLine } from "./parse.js";

/** Milliseconds that closing a session may take when everything is being left. */
const CLOSING = 10_000;
/** Milliseconds without anything to see after which somebody wonders. */
const WAITING = 1000;

export interface ShellOptions {
  readonly endpoints: Endpoints;
  readonly terminal: Terminal;
  /** Whether somebody types; otherwise commands come from a file or the command line. */
  readonly interactive: boolean;
  /** Milliseconds to wait for an endpoint that is offline. */
  readonly wait: number;
}

/** How a line ended. */
export type LineEnd = "done" | "failed" | "interrupted" | "leave";

/** Carries out lines in a session, or without one. Knows nothing of where they come from. */
export class Shell implements CommandHost {
  readonly endpoints: Endpoints;
  readonly terminal: Terminal;
  readonly interactive: boolean;
  readonly directories = new DirectoryCache();
  readonly commands: readonly ShellCommand[] = commands;
  readonly find: (name: string) => ShellCommand | undefined = findCommand;
  leaving = false;
  hasLocalProgram = false;
  readonly #wait: number;
  #attached: Attachment | undefined;

  constructor({ endpoints, terminal, interactive, wait }: ShellOptions) {
    this.endpoints = endpoints;
    this.terminal = terminal;
    this.interactive = interactive;
    this.#wait = wait;
  }

  get attached(): Attachment | undefined {
    return this.#attached;
  }

  get prompt(): string {
    const { attached } = this;
    return attached === undefined ? "(unattached)> " : safeText(attached.paths.prompt(attached.directory));
  }

  async connect(host: string, signal: AbortSignal): Promise<void> {
    await this.detach();
    const { terminal } = this;
    this.#attached = await attach(this.endpoints, host, { signal, terminal, wait: this.#wait });
    if (this.interactive) this.#greet(this.#attached);
  }

  async detach(): Promise<void> {
    const attached = this.#attached;
    if (attached === undefined) return;
    this.#attached = undefined;
    this.directories.clear();
    this.terminal.progress("Closing the session");
    try {
      await attached.session.close({ timeout: CLOSING });
    } finally {
      this.terminal.clear();
    }
  }

  /** Carries out a line, and says what is wrong with it. */
  async execute(line: string, signal: AbortSignal): Promise<LineEnd> {
    const before = this.#attached;
    const sessionId = before?.session.sessionId;
    const quiet = this.#tellWaiting();
    try {
      await this.#carryOut(line, signal);
      return this.leaving ? "leave" : "done";
    } catch (error) {
      if (signal.aborted) {
        // Where nobody types, everything ends with it, and its exit status says so. A reader that has enough is no news.
        if (this.interactive) this.terminal.note("Interrupted.");
        return "interrupted";
      }
      this.#complain(error);
      return "failed";
    } finally {
      quiet();
      this.terminal.clear();
      if (before !== undefined && before === this.#attached && before.session.sessionId !== sessionId) {
        this.terminal.note(
          this.terminal.errorColors.yellow(
            `The session was lost and opened again: session ${safeText(String(before.session.sessionId))} now.`,
          ),
        );
      }
    }
  }

  async #carryOut(line: string, signal: AbortSignal): Promise<void> {
    const parsed = parseLine(line, this.#attached?.paths.style ?? "windows", findCommand);
    if (parsed === undefined) return;
    const { command, words, rest, options } = parsed;
    if (parsed.help) {
      await findCommand("help")?.run(this.#call([command.name], "", new Map(), signal));
      return;
    }
    if (command.unattached !== true && this.#attached === undefined) throw new NotAttachedError();
    try {
      await command.run(this.#call(words, rest, options, signal));
    } finally {
      if (command.changesFiles === true) this.directories.clear();
    }
  }

  /** Says, where somebody types, that a command waits, when it shows nothing by itself. Returns what ends that. */
  #tellWaiting(): () => void {
    if (!this.interactive) return () => {};
    const timer = setInterval(() => {
      if (this.hasLocalProgram || this.terminal.isLive) return;
      this.terminal.progress("Waiting for an answer, Ctrl-C stops it");
    }, WAITING).unref();
    return () => clearInterval(timer);
  }

  #call(words: readonly string[], rest: string, options: ReadonlyMap<string, string | true>, signal: AbortSignal) {
    const { terminal } = this;
    return { shell: this, terminal, words, rest, attached: this.#attached, signal, ...optionReader(options) };
  }

  #complain(error: unknown): void {
    const { errorColors } = this.terminal;
    this.terminal.noteUnsafe(`Error: ${errorText(error)}`, errorColors.red);
    if (error instanceof ShellUsageError) {
      this.terminal.note(errorColors.dim(`Usage: ${error.command.name} ${error.command.usage}`.trimEnd()));
    }
  }

  #greet({ session, hostname, directory }: Attachment): void {
    const { terminal } = this;
    const { bold, dim } = terminal.colors;
    const known = session.sessionData.supported_commands ?? [];
    terminal.print(
      `${bold("Session:")} ${safeText(String(session.sessionId))} with ${hostname} (${this.endpoints.noun} ${session.sensorId})`,
    );
    terminal.print(`${bold("Available drives:")} ${safeText(session.drives.join(" "))}`);
    terminal.print(dim(`Supported commands: ${safeText(known.join(", "))}`));
    terminal.print(`${bold("Working directory:")} ${safeText(directory)}`);
  }
}
