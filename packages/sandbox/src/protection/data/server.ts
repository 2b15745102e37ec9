import { Random } from "../../organisation/random.js";
import type { Store } from "../../store/index.js";
import type { ObjectWriter } from "./writer.js";

const HOUR = 3_600_000;
/** As far back as performance is known. */
const KNOWN_HOURS = 30 * 24;

/** The server's settings, of which some follow from how it is played now. */
export function writeServerConfig(
  store: Store,
  writer: ObjectWriter,
  start: number,
  version: string,
  url: string,
): void {
  const address = new URL(url);
  const values: Record<string, string> = {
    ...{ ParityServerVersion: version, API_Version: "1.0", WebServerAddress: address.hostname, BinaryPort: "41002" },
    ...{ CBServerUrl: url, ParityServerOSDescription: "Windows Server 2016 Standard", ABExclusionEnabled: "false" },
    ...{ CLVersionMax: "9120", AgentRegistrationEnabled: "true", ReputationEnabled: "true", LicenseType: "Enterprise" },
    ...{ EventRetentionDays: "180", SyslogEnabled: "false", TamperProtectionDefault: "true" },
  };
  const kept = store.collection("protection_serverConfig");
  Object.entries(values).forEach(([name, value], index) => {
    const id = index + 1;
    const record = { id, name, value, dateModified: start, modifiedBy: "System" };
    const known = kept.get(id);
    if (known === undefined) writer.put("protection_serverConfig", record);
    // What was kept in a file may have been played as another version, at another address.
    else if (known.name === name && known.value !== value && index < 5) kept.put(id, { ...known, value });
  });
}

/** Sees to it that each hour until now has its figures, the same for the same hour. */
export function addPerformance(store: Store, seed: string, now: number, connected: number): void {
  const kept = store.collection("protection_serverPerformance");
  const latest = Math.floor(now / HOUR);
  const highest = store.database.count(
    "SELECT max(json_extract(record, '$.dateCreated')) AS n FROM object WHERE kind = 'protection_serverPerformance'",
  );
  let id = kept.nextKey();
  for (let hour = Math.max(latest - KNOWN_HOURS, Math.floor(highest / HOUR)) + 1; hour <= latest; hour++) {
    const random = new Random(`${seed}/protection/performance/${hour}`);
    const figure = (): number => Math.round(random.fraction() * 1000) / 100;
    store.object("protection_serverPerformance", id, {
      ...{ id, dateCreated: hour * HOUR, connectedAgents: connected, agentFileBacklog: random.between(0, 50) },
      ...{ agentProcessingRate: random.between(10, 90), serverFileBacklog: random.between(0, 20) },
      ...{ serverProcessingRate: random.between(10, 90), serverFiles: 20_000 + (hour % 5_000) },
      ...{ diskDataWrite: random.between(0, 900_000), diskDataRead: random.between(0, 900_000) },
      ...{ diskIndexWrite: random.between(0, 90_000), diskIndexRead: random.between(0, 90_000) },
      ...{ diskLogWrite: random.between(0, 90_000), diskDataIOPS: figure(), diskIndexIOPS: figure() },
      ...{ diskLogIOPS: figure(), avgDiskLogWriteStallMs: figure(), avgDiskDataWriteStallMs: figure() },
      ...{ avgDiskIndexWriteStallMs: figure(), avgDiskDataReadStallMs: figure(), avgDiskIndexReadStallMs: figure() },
      ...{ sqlMemoryPressure: figure(), sqlLatencyMs: figure(), sqlInsertLatencyMs: figure() },
    });
    id += 1;
  }
}
