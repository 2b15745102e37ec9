// Puts a computer into local approval for some minutes, to install something on it, and back again.
import { CbProtectionAPI, Computer } from "cbapi/protection";
import { runExample } from "../arguments.js";

await runExample(
  {
    name: "local-approval",
    about: "Has everything approved that appears on a computer, for some minutes. Ctrl-C ends it early.",
    client: CbProtectionAPI,
    options: {
      computer: { type: "string", short: "c", value: "NAME", required: true, about: "as in 'DOMAIN\\HOST'" },
      minutes: { type: "number", short: "m", value: "N", default: 10, least: 1, about: "how long" },
      "dry-run": { type: "boolean", short: "d", about: "show what would be sent, and send nothing" },
    },
  },
  async ({ cb, values, print, signal }) => {
    const { computer: name, minutes } = values;
    const computer = await cb.select(Computer).where({ name, deleted: false }).one({ signal });
    if (values["dry-run"]) {
      const plan = await computer.approveLocally({ minutes, dryRun: true, signal });
      for (const { method, path, body } of plan?.requests ?? []) print(`${method} ${path} ${JSON.stringify(body)}`);
      return;
    }
    let isOn = false;
    try {
      await computer.approveLocally({
        minutes,
        signal,
        onWait: ({ until }) => {
          if (!isOn) print(`${name} approves what appears on it until ${until.toISOString()}`);
          isOn = true;
        },
      });
    } catch (error) {
      // Ctrl-C ends the minutes, and local approval with them. That it could not be ended is another matter.
      if (error !== signal.reason) throw error;
    }
    if (isOn) print(`${name} no longer does`);
  },
);
