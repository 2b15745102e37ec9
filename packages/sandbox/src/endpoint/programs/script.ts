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

/** What carries out scripts. */
export interface Shell<C> {
  command(command: C, streams: Streams): Promise<number>;
  /** The bytes of a file that a command is to read. */
  read(target: string): Uint8Array;
  /** A sink for a file, and what writes it when the command has ended. */
  open(target: string, append: boolean): { sink: Sink; close: () => void };
  /** Says why something could not be done; returns the exit code. */
  complain(error: unknown, streams: Streams): number;
  /** Whether nothing of the script is to be done any more. */
  readonly finished: boolean;
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
  let code: number;
  try {
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
    code = await work(inner);
  } catch (error) {
    code = shell.complain(error, streams);
  }
  for (const close of closing) {
    try {
      close();
    } catch (error) {
      code = shell.complain(error, streams);
    }
  }
  return code;
}
