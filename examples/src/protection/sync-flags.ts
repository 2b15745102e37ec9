// Which agents are not up to date, and what they have still to do.
import { CbProtectionAPI, Computer, flagNames, range, SyncFlag } from "cbapi/protection";
import { runExample } from "../arguments.js";

await runExample(
  {
    name: "sync-flags",
    about: "Lists the computers whose agents are not up to date, with what they have still to do.",
    client: CbProtectionAPI,
  },
  async ({ cb, print, note, signal }) => {
    const computers = cb.select(Computer).where({ deleted: false, syncFlags: range(1, undefined) });
    const behind = await computers.sort("name").all({ signal });
    for (const { name, syncFlags, syncPercent = 0 } of behind) {
      print(`${name}: ${flagNames(SyncFlag, syncFlags).join(", ")} (${syncPercent}% synchronized)`);
    }
    note(`${behind.length} computers are not up to date`);
  },
);
