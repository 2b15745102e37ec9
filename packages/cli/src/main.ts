/** Where the process begins and ends: nothing but this file touches its exit code. */
import { run } from "./run.js";

const { code, interrupted } = await run(process.argv.slice(2));
process.exitCode = code;
// What was interrupted may still wait for something, a pause before a repetition for example. It is not waited for.
if (interrupted) process.stdout.write("", () => process.exit(code));
