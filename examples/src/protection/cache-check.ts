// Has an agent check its cache of files.
import { addFlags, CacheCheckFlag, CacheCheckLevel, CbProtectionAPI, Computer } from "cbapi/protection";
import { runExample, UsageError } from "../arguments.js";

const { QuickVerification, RescanKnownFiles, FullScan } = CacheCheckLevel;
const levels = { quick: QuickVerification, rescan: RescanKnownFiles, full: FullScan } as const;
const isLevel = (word: string): word is keyof typeof levels => Object.hasOwn(levels, word);

await runExample(
  {
    name: "cache-check",
    about: "Has the agent of a computer check its cache of files.",
    client: CbProtectionAPI,
    options: {
      computer: { type: "string", short: "c", value: "NAME", required: true, about: "as in 'DOMAIN\\HOST'" },
      level: { type: "string", short: "l", value: "LEVEL", default: "quick", about: "quick, rescan or full" },
      "test-run": { type: "boolean", about: "have the agent report what it would change, and change nothing" },
      "approve-new": { type: "boolean", about: "locally approve the new files that it finds" },
      "dry-run": { type: "boolean", short: "d", about: "show what would be sent, and send nothing" },
    },
  },
  async ({ cb, values, print, signal }) => {
    if (!isLevel(values.level)) throw new UsageError(`--level is one of ${Object.keys(levels).join(", ")}`);
    const flags: number[] = [];
    if (values["test-run"]) flags.push(CacheCheckFlag.TestRun);
    if (values["approve-new"]) flags.push(CacheCheckFlag.LocallyApproveNewFiles);
    const name = values.computer;
    const computer = await cb.select(Computer).where({ name, deleted: false }).one({ signal });
    const check = { ccLevel: levels[values.level], ccFlags: addFlags(0, ...flags) };
    if (values["dry-run"]) {
      const plan = await computer.setDiagnostics(check, { dryRun: true, signal });
      for (const { method, path, body } of plan?.requests ?? []) print(`${method} ${path} ${JSON.stringify(body)}`);
      return;
    }
    await computer.setDiagnostics(check, { signal });
    print(`${name} checks its cache when it next reports`);
  },
);
