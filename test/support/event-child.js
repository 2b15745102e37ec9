// A program that takes events off a queue and writes a line for each one it has handled, until it is told to end or is killed.
// A line is one write of always as many bytes, so that there are no halves, and that a file's size says how many there are.
import { openSync, writeSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { EventConsumer } from "cbapi/events";

const { address, out, run, ...options } = JSON.parse(process.argv[2]);
const file = openSync(out, "a");
const problems = [];
const events = new EventConsumer(address, {
  ...options,
  connectTimeout: 0,
  onProblem: (error) => problems.push(error.code),
});

events.on("watchlist.#", async ({ raw: { n } }, { redelivered }) => {
  // Before the work is done, after it, and before the word of it goes out: a kill may come at each.
  if (n % 3 === 0) await turn();
  writeSync(file, `${String(n).padStart(8, "0")} ${String(run).padStart(3, "0")} ${redelivered ? 1 : 0}\n`);
  if (n % 3 === 1) await turn();
});
process.once("message", async () => {
  await events.stop();
  process.send(events.statistics, () => process.disconnect());
});
// Nobody is left to tell.
process.once("disconnect", () => process.exit());
await events.start();
process.send("ready");
