import type { Context } from "../context.js";
import { abortWith, unlessInterrupted } from "../interruption.js";
import { complete } from "./completion.js";
import type { History } from "./history.js";
import type { Shell } from "./shell.js";
import { TypedLines } from "./typed-lines.js";

/** Milliseconds in which a second Ctrl-C is meant for the shell. */
const AGAIN = 1000;
/** Milliseconds after a command in which Ctrl-C was most likely meant for that. */
const JUST_ENDED = 400;

/** Lets somebody type commands until he leaves. Returns what the process ends with. */
export async function interact(shell: Shell, { terminal, interruption }: Context, history: History): Promise<number> {
  let interrupted = Number.NEGATIVE_INFINITY;
  let ended = Number.NEGATIVE_INFINITY;
  let left = false;
  const lines = new TypedLines({
    history: await history.load(),
    output: process.stdout.isTTY === true ? process.stdout : process.stderr,
    signal: interruption.signal,
    complete: (line) => complete(shell, line),
    onInterrupt(empty) {
      const now = performance.now();
      const again = now - interrupted < AGAIN;
      interrupted = now;
      if (empty && !again && now - ended < JUST_ENDED) {
        terminal.note("\n(The command had ended already. Ctrl-C once more leaves.)");
        return false;
      }
      if (empty) {
        left = true;
        return true;
      }
      process.stderr.write("^C\n");
      return false;
    },
  });
  try {
    for (;;) {
      const line = await lines.next(shell.prompt);
      if (line === undefined || interruption.signal.aborted) break;
      if (line.trim() === "") continue;
      await history.add(line);
      const stop = new AbortController();
      interrupted = Number.NEGATIVE_INFINITY;
      interruption.onInterrupt = () => {
        if (shell.hasLocalProgram) return true;
        if (stop.signal.aborted) return false;
        interrupted = performance.now();
        stop.abort(new Error("The command was interrupted"));
        return true;
      };
      const release = abortWith(stop, interruption.signal);
      const end = await unlessInterrupted(interruption.signal, shell.execute(line, stop.signal)).finally(release);
      interruption.onInterrupt = undefined;
      ended = performance.now();
      if (end === "leave") break;
    }
  } finally {
    interruption.onInterrupt = undefined;
    lines.close();
  }
  return left ? 130 : 0;
}
