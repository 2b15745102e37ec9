import { raw, sql } from "../../query/index.js";
import type { SqlText } from "../../store/database.js";
import { date, decimal, each, flag, integer, type Present, type RecordOf, stored, text } from "./field.js";
import { kind } from "./kind.js";

/** How strictly agents enforce; 35 is local approval, which only computers have. */
export const ENFORCEMENT_LEVELS = [20, 30, 35, 40, 60, 80] as const;
/** Whether a computer speaks with the server: as its EDR sensor does, where it has one. */
const online = (row: string): string =>
  `coalesce((SELECT json_extract(s.record, '$.online') FROM sensor s WHERE s.id = ${stored(row, "cbSensorId")}), ${stored(row, "connected")}, 0)`;
const lastPoll = (row: string, { lastRound }: Present): SqlText =>
  sql`(CASE ${raw(online(row))} WHEN 1 THEN max(coalesce(${raw(stored(row, "lastPollDate"))}, 0), ${lastRound})
       ELSE coalesce((SELECT s.last_checkin_time FROM sensor s WHERE s.id = ${raw(stored(row, "cbSensorId"))}),
         ${raw(stored(row, "lastPollDate"))}) END)`;
const DAY = 86_400_000;

/** Computers with an agent. Those that have an EDR sensor too are switched on and off with it. */
export const COMPUTER = kind(
  "computer",
  {
    id: integer(),
    name: text({ writable: true }),
    policyId: integer({ writable: true, of: "policy" }),
    policyName: text({
      computed: (row) =>
        raw(
          `(SELECT json_extract(p.record, '$.name') FROM object p WHERE p.kind = 'protection_policy' AND p.key = ${stored(row, "policyId")})`,
        ),
    }),
    previousPolicyId: integer({ since: 8, of: "policy" }),
    ...each(text({ writable: true }), "description", "computerTag"),
    ...each(flag({ writable: true }), "automaticPolicy", "localApproval"),
    ...each(text(), "users", "ipAddress", "macAddress"),
    connected: flag({ computed: (row) => raw(online(row)) }),
    isActive: flag({ since: 8 }),
    ...each(integer(), "enforcementLevel", "disconnectedEnforcementLevel"),
    CLIPassword: text({ needs: "Manage computers" }),
    lastRegisterDate: date(),
    lastPollDate: date({ computed: lastPoll }),
    dateCreated: date(),
    ...each(text(), "osShortName", "osName"),
    platformId: integer(),
    ...each(text(), "virtualized", "virtualPlatform", "agentVersion"),
    daysOffline: integer({
      computed: (row, present) =>
        sql`(CASE ${raw(online(row))} WHEN 1 THEN 0
             ELSE max(0, CAST((${present.now} - coalesce(${lastPoll(row, present)}, ${present.now})) / ${DAY} AS INTEGER)) END)`,
    }),
    ...each(flag(), "uninstalled", "deleted"),
    hasDuplicates: flag({ since: 8 }),
    processorCount: integer(),
    processorSpeed: decimal(),
    ...each(text(), "processorModel", "machineModel"),
    memorySize: integer(),
    ...each(text(), "upgradeStatus", "upgradeError"),
    upgradeErrorTime: date(),
    ...each(integer(), "upgradeErrorCount", "syncFlags", "syncPercent"),
    initPercent: integer({ since: 8 }),
    refreshFlags: integer({ writable: true }),
    policyStatusDetails: text(),
    policyStatus: text({ since: 8 }),
    prioritized: flag({ writable: true }),
    ...each(integer({ writable: "diagnostics" }), "debugLevel", "kernelDebugLevel", "debugFlags", "debugDuration"),
    ...each(integer({ since: 8 }), "activeDebugLevel", "activeKernelDebugLevel", "activeDebugFlags"),
    ccLevel: integer({ writable: "diagnostics", values: [0, 1, 2, 3] }),
    ccFlags: integer({ writable: "diagnostics" }),
    ...each(flag(), "supportedKernel", "hasHealthCheckErrors", "initializing"),
    forceUpgrade: flag({ writable: true }),
    ...each(integer(), "clVersion", "agentMemoryDumps", "systemMemoryDumps"),
    tamperProtectionActive: flag(),
    ...each(integer(), "agentCacheSize", "agentQueueSize", "tdCount"),
    template: flag({ writable: "template" }),
    templateComputerId: integer({ of: "computer" }),
    templateDate: date(),
    templateCloneCleanupMode: integer({ writable: "template", values: [1, 2, 3, 4] }),
    templateCloneCleanupTime: integer({ writable: "template" }),
    templateCloneCleanupTimeScale: integer({ writable: "template", values: [1, 2, 3] }),
    templateTrackModsOnly: flag({ writable: "template" }),
    cbSensorId: integer(),
    cbSensorVersion: text(),
    ...each(integer(), "cbSensorFlags", "SCEPStatus"),
  },
  { view: "View computers" },
);

export type ComputerRecord = RecordOf<typeof COMPUTER.fields>;

const computersIn = (row: string, condition = ""): SqlText =>
  raw(
    `(SELECT count(*) FROM object c WHERE c.kind = 'protection_computer' AND ${stored("c", "policyId")} = ${row}.key
      AND NOT coalesce(${stored("c", "deleted")}, 0)${condition})`,
  );

/** The same for others than the searches. */
export const connectedAt = (row: string): SqlText => raw(online(row));

/** What agents are to enforce. */
export const POLICY = kind(
  "policy",
  {
    id: integer(),
    ...each(text({ writable: true }), "name", "description"),
    packageName: text(),
    ...each(
      integer({ writable: true, values: [20, 30, 40, 60, 80] }),
      "enforcementLevel",
      "disconnectedEnforcementLevel",
    ),
    ...each(text({ writable: true }), "helpDeskUrl", "imageUrl"),
    ...each(date(), "dateCreated", "dateModified"),
    ...each(integer({ since: 8, of: "user" }), "createdByUserId", "modifiedByUserId"),
    ...each(flag(), "readOnly", "hidden", "automatic"),
    ...each(
      flag({ writable: true }),
      ...(["loadAgentInSafeMode", "reputationEnabled", "fileTrackingEnabled", "customLogo"] as const),
      ...(["automaticApprovalsOnTransition", "allowAgentUpgrades"] as const),
    ),
    totalComputers: integer({ since: 8, computed: (row) => computersIn(row) }),
    connectedComputers: integer({ since: 8, computed: (row) => computersIn(row, ` AND ${online("c")}`) }),
    atEnforcementComputers: integer({
      since: 8,
      computed: (row) =>
        computersIn(row, ` AND ${stored("c", "enforcementLevel")} = ${stored(row, "enforcementLevel")}`),
    }),
    clVersionMax: integer(),
  },
  { view: "View policies" },
);

export type PolicyRecord = RecordOf<typeof POLICY.fields>;

/** How a computer departs from its template. */
export const DRIFT_REPORT = kind(
  "driftReport",
  {
    id: integer(),
    ...each(text(), "name", "description"),
    ...each(date(), "createDate", "modifiedDate"),
  },
  { view: "View drift reports", since: 8 },
);
export type DriftReportRecord = RecordOf<typeof DRIFT_REPORT.fields>;

export const DRIFT_REPORT_CONTENTS = kind(
  "driftReportContents",
  {
    id: integer(),
    driftReportId: integer({ of: "driftReport" }),
    computerId: integer({ of: "computer" }),
    fileCatalogId: integer({ of: "fileCatalog" }),
    ...each(text(), "fileName", "pathName"),
  },
  { view: "View drift reports", since: 8 },
);
export type DriftReportContentsRecord = RecordOf<typeof DRIFT_REPORT_CONTENTS.fields>;

/** What an agent is still to learn, or to tell. */
export interface AgentTask {
  id: number;
  /** Who is to do it; 0 is the server itself. */
  computerId: number;
  /** Ticks that have to go by before. */
  left: number;
  /** Whether it happens when the computer reports, and not at any other tick. */
  atCheckin: boolean;
  /** The kind of the object, as it is kept, its key, and what becomes of it. */
  kept: string;
  key: number;
  changes: Record<string, unknown>;
}

declare module "../../domain/objects.js" {
  interface ObjectRecords {
    protection_computer: ComputerRecord;
    protection_policy: PolicyRecord;
    protection_driftReport: DriftReportRecord;
    protection_driftReportContents: DriftReportContentsRecord;
  }
  interface InternalRecords {
    protection_agent_task: AgentTask;
  }
}
