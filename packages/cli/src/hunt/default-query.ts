import type { CbResponseAPI } from "cbapi/response";
import { searchFor } from "./hunt.js";

/** The query of the guide: who mounted an internal share with `net use`? */
export const GUIDE_QUERY = "process_name:net.exe cmdline:\\\\test\\blah";

/** A query and what it looks for. */
export interface Suspicion {
  readonly query: string;
  readonly meaning: string;
}

const shells =
  "(process_name:powershell.exe OR process_name:cmd.exe OR process_name:wscript.exe OR process_name:mshta.exe)";

/** What an analyst would look for first in logs that he knows nothing about, the gravest first. */
export const suspicions: readonly Suspicion[] = [
  { query: "filemod:lsass*.dmp", meaning: "processes that wrote a dump of LSASS, which holds credentials" },
  {
    query: `(parent_name:winword.exe OR parent_name:excel.exe OR parent_name:outlook.exe) ${shells}`,
    meaning: "shells that a document or a mail started",
  },
  {
    query: `(parent_name:wsmprovhost.exe OR parent_name:wmiprvse.exe OR parent_name:psexesvc.exe) ${shells}`,
    meaning: "shells that were started from another machine",
  },
  {
    query: "process_name:powershell.exe (cmdline:enc OR cmdline:encodedcommand)",
    meaning: "PowerShell with an encoded command",
  },
  { query: "process_name:rundll32.exe cmdline:comsvcs.dll", meaning: "memory dumps by way of rundll32" },
  { query: "process_name:powershell.exe netconn_count:[1 TO *]", meaning: "PowerShell that spoke with the network" },
];

/** Nothing else is left to ask for: whatever has a name. */
const ANYTHING: Suspicion = { query: "process_name:*", meaning: "all processes, because nothing else was found" };

/** Takes the first suspicion that finds anything. Each one tried costs a request. */
export async function chooseQuery(cb: CbResponseAPI, signal: AbortSignal): Promise<Suspicion> {
  await cb.connect({ signal });
  for (const suspicion of suspicions) {
    if ((await searchFor(cb, suspicion.query).count({ signal })) > 0) return suspicion;
  }
  return ANYTHING;
}
