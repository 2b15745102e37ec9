// Reads what is written to places in the registry from which Windows starts programs by itself.
import type { RegistryModification } from "cbapi/events";
import { CbResponseAPI, type LiveResponseSession, repeatable } from "cbapi/response";
import { runExample } from "../arguments.js";
import { EVENT_OPTIONS, EventLoop } from "../event-loop.js";

const CURRENT = "software\\microsoft\\windows\\currentversion";
const NT_CURRENT = "software\\microsoft\\windows nt\\currentversion";

/** Keys and values of the machine, with all that is below them. */
const OF_MACHINE = [
  "system\\currentcontrolset\\control\\session manager\\bootexecute",
  "system\\currentcontrolset\\services",
  `${CURRENT}\\run`,
  `${CURRENT}\\runonce`,
  `${CURRENT}\\runonceex`,
  `${CURRENT}\\runservices`,
  `${CURRENT}\\runservicesonce`,
  `${CURRENT}\\policies\\explorer\\run`,
  `${CURRENT}\\shellserviceobjectdelayload`,
  `${CURRENT}\\explorer\\sharedtaskscheduler`,
  `${NT_CURRENT}\\winlogon\\notify`,
  `${NT_CURRENT}\\winlogon\\userinit`,
  `${NT_CURRENT}\\winlogon\\shell`,
  `${NT_CURRENT}\\windows`,
  `${NT_CURRENT}\\windows\\appinit_dlls`,
];

/** The same of each user. */
const OF_USERS = [
  `${CURRENT}\\run`,
  `${CURRENT}\\runonce`,
  `${CURRENT}\\runservices`,
  `${CURRENT}\\runservicesonce`,
  `${CURRENT}\\policies\\explorer\\run`,
  `${NT_CURRENT}\\winlogon\\shell`,
  `${NT_CURRENT}\\windows\\load`,
];

const AUTORUNS = [
  ...OF_MACHINE.map((key) => patternOf("\\registry\\machine\\", key)),
  ...OF_USERS.map((key) => patternOf("\\registry\\user\\", `*\\${key}`)),
];

await runExample(
  {
    name: "get-reg-autoruns",
    about:
      "Reads by Live Response what is written to registry keys from which programs start by themselves. Ctrl-C ends it.",
    client: CbResponseAPI,
    options: EVENT_OPTIONS,
  },
  async (example) => {
    const { print } = example;
    const loop = new EventLoop(example);
    await loop.run<RegistryModification>("ingress.event.regmod", "regmods", (event) => {
      const { path = "", action, sensor_id, computer_name } = event;
      const written = path.trim();
      if (!AUTORUNS.some((pattern) => pattern.test(written))) return;
      const where = sensor_id ?? computer_name ?? "of an unknown number";
      const key = written
        .replace(/^\\registry\\machine\\/i, () => "HKLM\\")
        .replace(/^\\registry\\user\\/i, () => "HKEY_USERS\\");
      if (action === "delkey" || action === "delval") {
        print(`Sensor ID ${where}: registry key ${key} was deleted`);
        return;
      }
      if (sensor_id === undefined) {
        loop.fail(`Registry key ${key} cannot be read: its event names no sensor`);
        return;
      }
      const read = repeatable((session: LiveResponseSession, { signal }) => session.getRegistryValue(key, { signal }));
      loop.submit(`Reading ${key}`, read, sensor_id, ({ value_data }) => {
        const value = Array.isArray(value_data) ? JSON.stringify(value_data) : String(value_data);
        print(`Got result for sensor ID ${sensor_id} registry key ${key}: value is ${value}`);
      });
    });
  },
);

/** What matches a key or value and all below it, in any case. `*` stands for one name, and control sets have numbers. */
function patternOf(root: string, key: string): RegExp {
  const text = `${root}${key}`
    .replace(/[\\^$.()[\]{}+?|]/g, "\\$&")
    .replace("*", "[^\\\\]+")
    .replace("currentcontrolset", "(?:current)?controlset(?:\\d{3})?");
  return new RegExp(`^${text}(?:\\\\|$)`, "i");
}
