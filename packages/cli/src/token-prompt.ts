import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Context } from "./context.js";
import { CommandError } from "./shown-error.js";
import { safeText } from "./text-safety.js";

/** Asks for a token on the terminal, without showing what is typed. */
export async function promptToken(url: string, { interruption }: Context): Promise<string> {
  if (process.stdin.isTTY !== true) {
    throw new CommandError(
      "There is no token: name a profile with --profile, or set CBAPI_TOKEN. It is never taken from the command line, where other users of this machine could read it.",
    );
  }
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() });
  const input = createInterface({ input: process.stdin, output: nothing, terminal: true });
  // While it reads without echo, the terminal sends no signal for Ctrl-C.
  input.on("SIGINT", () => interruption.interrupt());
  process.stderr.write(`API token for ${safeText(url)}: `);
  try {
    const token = (await input.question("", { signal: interruption.signal })).trim();
    if (token === "") throw new CommandError("There is no token: nothing was entered.");
    return token;
  } finally {
    input.close();
    process.stderr.write("\n");
  }
}
