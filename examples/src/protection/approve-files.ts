// Approves locally, on each computer of a policy, the unapproved files that are on many computers.
import { CbProtectionAPI, LocalState, Policy } from "cbapi/protection";
import { runExample } from "../arguments.js";

await runExample(
  {
    name: "approve-files",
    about: "Approves locally, on each computer of a policy, the unapproved files that are on many computers.",
    client: CbProtectionAPI,
    options: {
      policy: { type: "string", short: "p", value: "NAME", required: true, about: "the policy of the computers" },
      threshold: {
        type: "number",
        short: "t",
        value: "N",
        default: 10,
        least: 1,
        about: "on so many computers at least",
      },
      "dry-run": { type: "boolean", short: "d", about: "show what would be approved, and approve nothing" },
    },
  },
  async ({ cb, values, print, note, verbose, signal }) => {
    const { threshold } = values;
    const policy = await Policy.byName(cb, values.policy, { signal });
    const computers = await policy.computers.where({ deleted: false }).sort("name").all({ signal });
    for (const computer of computers) {
      // All files are read before the first is approved: those that were approved leave the result that is being read.
      const unapproved = computer.fileInstances.where({ localState: LocalState.Unapproved });
      const files = await unapproved.include("fileCatalog").all({ signal });
      let approved = 0;
      for (const file of files) {
        const { prevalence = 0 } = (await file.fileCatalog) ?? {};
        if (prevalence < threshold) continue;
        if (verbose) note(`${file.pathName}\\${file.fileName} is on ${prevalence} computers`);
        if (!values["dry-run"]) await file.approve({ signal });
        approved++;
      }
      const did = values["dry-run"] ? "Would locally approve" : "Locally approved";
      if (approved > 0) print(`${did} ${approved} files on computer ${computer.name}`);
    }
  },
);
