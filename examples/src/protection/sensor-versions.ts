// Which versions of the EDR sensor there are beside the agents of App Control, and on how many computers.
import { CbProtectionAPI, Computer } from "cbapi/protection";
import { runExample } from "../arguments.js";

await runExample(
  {
    name: "sensor-versions",
    about: "Counts computers by the version of the EDR sensor that is beside the agent of App Control.",
    client: CbProtectionAPI,
  },
  async ({ cb, print, signal }) => {
    const computers = cb.select(Computer).where({ deleted: false });
    const versions = await computers.groupBy("cbSensorVersion", { by: "count", descending: true, signal });
    for (const { value = "", count } of versions) print(`${String(count).padStart(7)}  ${value || "no sensor"}`);
    print(`${String(await computers.count({ signal })).padStart(7)}  computers`);
  },
);
