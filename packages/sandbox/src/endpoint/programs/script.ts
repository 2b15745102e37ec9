import { bytesContent, joinedContent } from "../disk/content.js";
import type { Disk } from "../disk/disk.js";
import { Output, type Sink } from "./output.js";
import type { Streams } from "./program.js";

/** Where a command's streams lead other than to where the shell's do. */
export interface Redirect {
  stream: 0 | 1 | 2;
  mode: "read" | "write" | "append" | "same";
  /** A file as it was written; with `same`, nothing. */
  target: string;
}

/** A command line that was read: what a shell has to do, in order. */
export type Script<C> =
  | { kind: "command"; command: C; redirects: Redirect[] }
  | { kind: "group"; body: Script<C>; redirects: Redirect[] }
  | { kind: "pipe"; parts: Script<C>[] }
  | { kind: "list"; items: { when: "always" | "success" | "failure"; script: Script<C> }[] };

/** A file that a command writes to, and what writes it when the command has ended. */
export interface FileSink {
  sink: Sink;
  close: () => void;
}

/** So much of a file is read into memory. */
const MOST_READ = 8 * 1024 * 1024;

/** What a command that reads from a file gets to see of it. */
export function startOf(files: Disk, path: string): Uint8Array {
  const { content } = files.file(path);
  return content.slice(0, Math.min(content.size, MOST_READ));
}

/** Opens a file to be written anew, or on from its end. */
export function fileSink(files: Disk, path: string, append: boolean): FileSink {
  const sink = new Output();
  const before = append && files.find(path)?.kind === "file" ? files.file(path).content : undefined;
  const write = (): void => {
    const written = bytesContent(sink.bytes());
    files.put(path, before === undefined ? written : joinedContent(before, written));
  };
  // The file is there, or is emptied, as soon as the command begins.
  write();
  // The command itself may remove it.
  before?.retain?.();
  const close = (): void => {
    write();
    before?.release?.();
  };
  return { sink, close };
}

/** What carries out scripts. */
export interface Shell<C> {
  command(command: C, streams: Streams): Promise<number>;
  /** The bytes of a file that a command is to read. */
  read(target: string): Uint8Array;
  open(target: string, append: boolean): FileSink;
  /** Says why something could not be done; returns the exit code. */
  complain(error: unknown, streams: Streams): number;
  /** Whether nothing of the script is to be done any more. */
  readonly finished: boolean;
  /** Lets others have their turn; throws when the shell is ended from outside. */
  pause(): Promise<void>;
}

/** Carries out a script. Parts of a pipe run one after the other, each with all that the one before it wrote. */
export async function execute<C>(script: Script<C>, shell: Shell<C>, streams: Streams): Promise<number> {
  switch (script.kind) {
    case "list": {
      let code = 0;
      for (const { when, script: each } of script.items) {
        if (shell.finished) break;
        if (when === "always" || (when === "success") === (code === 0)) code = await execute(each, shell, streams);
      }
      return code;
    }
    case "pipe": {
      let code = 0;
      let { input } = streams;
      for (const [index, part] of script.parts.entries()) {
        if (index === script.parts.length - 1) return await execute(part, shell, { ...streams, input });
        const between = new Output();
        code = await execute(part, shell, { ...streams, input, out: between });
        input = between.bytes();
      }
      return code;
    }
    case "group":
    case "command":
      await shell.pause();
      return await redirected(script.redirects, shell, streams, (inner) =>
        script.kind === "group" ? execute(script.body, shell, inner) : shell.command(script.command, inner),
      );
  }
}

async function redirected<C>(
  redirects: readonly Redirect[],
  shell: Shell<C>,
  streams: Streams,
  work: (streams: Streams) => Promise<number>,
): Promise<number> {
  const inner = { ...streams };
  const closing: (() => void)[] = [];
  const open = (): void => {
    for (const { stream, mode, target } of redirects) {
      if (mode === "read") inner.input = shell.read(target);
      else if (mode === "same") {
        if (stream === 2) inner.error = inner.out;
        else inner.out = inner.error;
      } else {
        const { sink, close } = shell.open(target, mode === "append");
        closing.push(close);
        if (stream === 2) inner.error = sink;
        else inner.out = sink;
      }
    }
  };
  let code = 0;
  try {
    open();
    code = await work(inner);
  } catch (error) {
    code = shell.complain(error, streams);
  } finally {
    // Also of a command that was ended: what it has written is there.
    for (const close of closing) {
      try {
        close();
      } catch (error) {
        code = shell.complain(error, streams);
      }
    }
  }
  return code;
}
