import type { SensorRecord } from "../../domain/index.js";
import { hash32, Random } from "../../organisation/random.js";
import type { ComputerRecord, PolicyRecord } from "../objects/index.js";

const DAY = 86_400_000;
/** The guide's computer has no EDR sensor; all others follow by the ids of theirs. */
export const GUIDE_COMPUTER = 1;
export const computerIdOf = (sensorId: number): number => sensorId + 1;

/** A computer of a sensor's. */
export function computerOf(sensor: SensorRecord, policies: readonly PolicyRecord[], seed: string): ComputerRecord {
  const random = new Random(`${seed}/protection/computer/${sensor.id}`);
  const policy = policies[(hash32(`${seed}/${sensor.id}`) % 4) + 2];
  const [, ...domain] = sensor.computer_dns_name.split(".");
  const [network] = sensor.interfaces;
  return {
    ...computer(computerIdOf(sensor.id), random, policy, sensor.registration_time, sensor.last_checkin_time),
    name: `${(domain[0] ?? "").toUpperCase() || "WORKGROUP"}\\${sensor.computer_name}`,
    ipAddress: network?.ip ?? "",
    macAddress: network?.mac ?? "",
    connected: sensor.online,
    osName: sensor.os_environment_display_string,
    osShortName: sensor.os_environment_display_string.split(/ (?:Enterprise|Pro|Standard|Datacenter|Home)|,/)[0] ?? "",
    platformId: { windows: 1, osx: 2, linux: 4 }[sensor.os_type],
    memorySize: Math.round(sensor.physical_memory_size / 2 ** 20),
    cbSensorId: sensor.id,
    cbSensorVersion: sensor.build_version_string,
    cbSensorFlags: 3,
  };
}

/** `DOMAIN\MYHOSTNAME`, of the guide's first sample. */
export function guideComputer(policies: readonly PolicyRecord[], seed: string, start: number): ComputerRecord {
  const random = new Random(`${seed}/protection/computer/guide`);
  return {
    ...computer(GUIDE_COMPUTER, random, policies[5], start - 300 * DAY, start - 60_000),
    ...{ name: "DOMAIN\\MYHOSTNAME", ipAddress: "10.201.2.7", macAddress: "00505601aa07", connected: true },
    ...{ osName: "Windows 10 Enterprise, 64-bit", osShortName: "Windows 10", platformId: 1, memorySize: 8192 },
    ...{ cbSensorId: 0, cbSensorVersion: null, cbSensorFlags: 0 },
  };
}

function computer(
  id: number,
  random: Random,
  policy: PolicyRecord | undefined,
  registered: number,
  polled: number,
): ComputerRecord {
  return {
    ...{ id, policyId: policy?.id ?? 1, previousPolicyId: random.chance(0.3) ? 1 : 0 },
    ...{ description: null, computerTag: null, automaticPolicy: false, localApproval: false },
    ...{ users: `user${random.between(1, 40)}`, isActive: true },
    enforcementLevel: policy?.enforcementLevel ?? 40,
    disconnectedEnforcementLevel: policy?.disconnectedEnforcementLevel ?? 40,
    CLIPassword: `${random.hex(4)}-${random.hex(4)}-${random.hex(4)}`,
    ...{ lastRegisterDate: registered, lastPollDate: polled, dateCreated: registered },
    ...{ virtualized: random.chance(0.5) ? "Yes" : "No", virtualPlatform: "", agentVersion: "8.1.4.134" },
    ...{ uninstalled: false, deleted: false, hasDuplicates: false, processorCount: random.pick([2, 4, 8]) },
    ...{ processorSpeed: random.between(2000, 3600), processorModel: "Intel(R) Xeon(R) CPU" },
    ...{ machineModel: random.pick(["Latitude 5400", "ThinkCentre M720", "VMware Virtual Platform"]) },
    ...{ upgradeStatus: "Up to date", upgradeError: "", upgradeErrorTime: null, upgradeErrorCount: 0 },
    ...{ syncFlags: random.chance(0.2) ? 0x08 : 0, syncPercent: 100, initPercent: 100, refreshFlags: 0 },
    ...{ policyStatusDetails: "Up to date", policyStatus: "Up to date", prioritized: false },
    ...{ debugLevel: 0, kernelDebugLevel: 2, debugFlags: 0, debugDuration: 0 },
    ...{ activeDebugLevel: 0, activeKernelDebugLevel: 2, activeDebugFlags: 0, ccLevel: 0, ccFlags: 0 },
    ...{ supportedKernel: true, hasHealthCheckErrors: false, initializing: false, forceUpgrade: false },
    ...{ clVersion: random.between(9000, 9120), agentMemoryDumps: 0, systemMemoryDumps: 0 },
    ...{ tamperProtectionActive: true, agentCacheSize: random.between(10_000, 90_000), agentQueueSize: 0 },
    ...{ tdCount: 0, template: false, templateComputerId: 0, templateDate: null },
    ...{ templateCloneCleanupMode: null, templateCloneCleanupTime: null, templateCloneCleanupTimeScale: null },
    ...{ templateTrackModsOnly: false, SCEPStatus: 1 },
  };
}
