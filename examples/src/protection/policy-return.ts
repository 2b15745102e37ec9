// Sends all computers of a policy back to the policies that they were in before.
import { CbApiError, CbProtectionAPI, Policy } from "cbapi/protection";
import { runExample } from "../arguments.js";

await runExample(
  {
    name: "policy-return",
    about: "Sends all computers of a policy back to the policies that they were in before.",
    client: CbProtectionAPI,
    options: {
      policy: { type: "string", short: "p", value: "POLICY", required: true, about: "its name or its id" },
      "dry-run": { type: "boolean", short: "d", about: "show who would be moved, and move nobody" },
    },
  },
  async ({ cb, values, print, note, signal }) => {
    const isId = /^\d+$/.test(values.policy);
    const policy = await (isId
      ? cb.select(Policy, Number(values.policy))
      : Policy.byName(cb, values.policy, { signal }));
    // All computers are read before the first is moved: those that were moved leave the result that is being read.
    for (const computer of await policy.computers.where({ deleted: false }).all({ signal })) {
      const { name, policyName, previousPolicyId } = computer;
      try {
        if (values["dry-run"]) {
          const plan = await computer.returnToPreviousPolicy({ dryRun: true, signal });
          if (plan !== undefined) print(`${name} is in ${policyName} and would go to policy ${previousPolicyId}`);
          continue;
        }
        await computer.returnToPreviousPolicy({ signal });
        print(`${name} was in ${policyName}`);
        print(`${name} is now in ${computer.policyName}`);
      } catch (error) {
        // One that came from nowhere, or whose policy follows from Active Directory, stays; the others are moved all the same.
        if (!(error instanceof CbApiError)) throw error;
        note(`${name} stays in ${policyName}: ${error.message}`);
        process.exitCode = 1;
      }
    }
  },
);
