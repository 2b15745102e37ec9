// All computers with how strictly their agents enforce, as CSV for a spreadsheet.
import { CbProtectionAPI, Computer, EnforcementLevel } from "cbapi/protection";
import { runExample } from "../arguments.js";
import { csvLine } from "../csv.js";

const levels = new Map<number, string>(Object.entries(EnforcementLevel).map(([name, level]) => [level, name]));
const levelOf = (level: number | undefined): string => levels.get(level ?? 0) ?? String(level ?? "");

await runExample(
  {
    name: "list-computers",
    about: "Lists computers and their enforcement levels as CSV.",
    client: CbProtectionAPI,
    options: {
      policy: { type: "string", short: "p", value: "NAME", about: "only computers of this policy" },
    },
  },
  async ({ cb, values: { policy }, print, signal }) => {
    let computers = cb.select(Computer).where({ deleted: false }).sort("name");
    if (policy !== undefined) computers = computers.where({ policyName: policy });
    print(csvLine(["Id", "Name", "Policy", "Enforcement", "Disconnected", "Connected", "Last poll", "Agent"]));
    for (const each of await computers.all({ signal })) {
      const { id, name, policyName, enforcementLevel, disconnectedEnforcementLevel } = each;
      const enforced = [levelOf(enforcementLevel), levelOf(disconnectedEnforcementLevel)];
      print(csvLine([id, name, policyName, ...enforced, each.connected, each.lastPollDate, each.agentVersion]));
    }
  },
);
