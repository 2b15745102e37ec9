// Removes the entries that computers leave behind when their agents are installed anew: of all entries with the same name,
// the one that was heard of last stays.
import { CbProtectionAPI, Computer } from "cbapi/protection";
import { runExample } from "../arguments.js";
import { confirm } from "../confirm.js";

await runExample(
  {
    name: "remove-duplicates",
    about: "Deletes all entries of a computer but the one that was heard of last.",
    client: CbProtectionAPI,
    options: {
      "dry-run": { type: "boolean", short: "d", about: "show what would be deleted, and delete nothing" },
      yes: { type: "boolean", short: "y", about: "do not ask" },
    },
  },
  async ({ cb, values, print, note, signal }) => {
    const entries = await cb.select(Computer).where({ deleted: false, template: false }).all({ signal });
    const names = new Map<string, Computer[]>();
    for (const entry of entries) {
      const name = entry.name?.toLowerCase() ?? "";
      names.set(name, [...(names.get(name) ?? []), entry]);
    }
    const stale: Computer[] = [];
    for (const same of names.values()) {
      const [, ...others] = same.sort((a, b) => heardOf(b) - heardOf(a));
      for (const entry of others) {
        // Two that are connected at the same time are two computers.
        if (entry.connected) note(`${entry.name} (id ${entry.id}) stays: it is connected`);
        else stale.push(entry);
      }
    }
    for (const { id, name, daysOffline } of stale) {
      print(`deleting computer id ${id} (offline ${daysOffline} days, hostname ${name})`);
    }
    if (stale.length === 0 || values["dry-run"]) return;
    if (!values.yes && !(await confirm(`Delete ${stale.length} entries?`, signal))) return;
    print("deleting from server...");
    for (const entry of stale) {
      // The answer may have been long in coming.
      const { connected } = await entry.refresh({ signal });
      if (connected) note(`${entry.name} (id ${entry.id}) stays: it is connected by now`);
      else await entry.delete({ signal });
    }
  },
);

/** When the server last heard of it; one that is connected it hears of all the time. */
function heardOf({ connected, lastPollDate }: Computer): number {
  return connected ? Number.POSITIVE_INFINITY : Number(lastPollDate ?? 0);
}
