// A question before something is done that cannot be taken back.
import { createInterface } from "node:readline/promises";
import { UsageError } from "./arguments.js";

/**
 * Whether the answer is yes.
 * @throws UsageError where nobody is there to be asked
 */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError(`${question} Nobody is there to answer: --yes does it`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    terminal.close();
  }
}
