import type { Endpoints } from "../endpoints/endpoint.js";
import type { Terminal } from "../terminal.js";
import type { Attachment } from "./attachment.js";
import type { DirectoryCache } from "./directory-cache.js";

/** What a word of a command names, for completion: `existing` is a path of the endpoint that may be a pattern. */
export type ArgumentKind = "remote" | "existing" | "local" | "command" | "none";

/** A command of the shell. */
export interface ShellCommand {
  readonly name: string;
  /** Other spellings: of Unix, of Windows, of the shell that people know. */
  readonly aliases?: readonly string[];
  /** What comes behind its name: `[-f] REMOTE [LOCAL]`. */
  readonly usage: string;
  /** In the list of commands. */
  readonly summary: string;
  /** Lines of help. */
  readonly details?: readonly string[];
  /** Options, by letter: whether a value follows. */
  readonly options?: Readonly<Record<string, "flag" | "value">>;
  /** How many words it takes at least and at most. */
  readonly words: readonly [least: number, most: number];
  /** Whether what follows the options is one text, blanks and quotes included. */
  readonly takesRest?: boolean;
  /** What the words name; the last one holds for all that follow. */
  readonly arguments?: readonly ArgumentKind[];
  /** Words that can only be one of these, at the first place. */
  readonly subcommands?: readonly string[];
  /** Whether it works without a session. */
  readonly unattached?: boolean;
  /** Whether the endpoint's files are other ones afterwards. */
  readonly changesFiles?: boolean;
  run(call: Call): Promise<void>;
}

/** What a command may ask of the shell that carries it out. */
export interface CommandHost {
  readonly endpoints: Endpoints;
  /** Whether somebody types; otherwise commands come from a file or the command line. */
  readonly interactive: boolean;
  readonly directories: DirectoryCache;
  /** All commands, in the order in which help lists them. */
  readonly commands: readonly ShellCommand[];
  /** The command of a name or another spelling of it, in small letters. */
  find(name: string): ShellCommand | undefined;
  /** Set by the command that leaves. */
  leaving: boolean;
  /** Whether a program of this machine has the terminal, and Ctrl-C with it. */
  hasLocalProgram: boolean;
  /** Opens a session and makes it the one that commands work in. The one before is closed first: slots are few. */
  connect(host: string, signal: AbortSignal): Promise<void>;
  /** Closes the session. Ctrl-C does not stop that: the slot would stay taken with nobody to free it. */
  detach(): Promise<void>;
}

/** A command as it was given. */
export interface Call {
  readonly shell: CommandHost;
  readonly terminal: Terminal;
  readonly words: readonly string[];
  /** What follows the options, as it was typed, of a command that takes it. */
  readonly rest: string;
  /** The session; undefined only for commands that work without. */
  readonly attached: Attachment | undefined;
  /** Aborted when the command is to stop. */
  readonly signal: AbortSignal;
  flag(letter: string): boolean;
  value(letter: string): string | undefined;
}

/** A command that was typed in a wrong way. */
export class ShellUsageError extends Error {
  readonly command: ShellCommand;

  constructor(message: string, command: ShellCommand) {
    super(message);
    this.command = command;
  }
}

/** There is no session, and the command needs one. */
export class NotAttachedError extends Error {
  constructor() {
    super("You must attach to a session: connect HOST");
  }
}

/** The session of a command that needs one. @throws NotAttachedError */
export function attachmentOf({ attached }: Call): Attachment {
  if (attached === undefined) throw new NotAttachedError();
  return attached;
}

/** The whole path on the endpoint of what was typed. */
export function remotePath(call: Call, typed: string): string {
  const { paths, directory } = attachmentOf(call);
  return paths.resolve(directory, typed);
}
