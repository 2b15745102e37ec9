import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import { pathOf } from "../../paths.js";
import { between } from "../fields.js";
import { foreign } from "../foreign.js";
import {
  CacheCheckLevel,
  CloneCleanupMode,
  CloneCleanupTimeScale,
  EnforcementLevel,
  Platform,
  ScepStatus,
} from "../names.js";
import { Policy } from "../policies/policy.js";
import { DIAGNOSTICS, TEMPLATE } from "./advanced-options.js";
import { Computer } from "./computer.js";

/**
 * The declaration of {@link Computer}: what the server tells of one, and what it joins to.
 *
 * Imported through `computer.ts` only: a class must be there before the one that it extends is asked for by another way
 * round the circle of joins.
 */
export const ComputerFields = defineModel(
  {
    name: "Computer",
    path: pathOf("computer"),
    key: "id",
    writable: [
      "name",
      "policyId",
      "description",
      "computerTag",
      "automaticPolicy",
      "localApproval",
      "refreshFlags",
      "prioritized",
      "forceUpgrade",
      "tamperProtectionActive",
      ...DIAGNOSTICS,
      ...TEMPLATE,
    ],
    deletable: true,
    update: "key and changes",
    keyOnly: [
      "delete",
      "moveTo",
      "returnToPreviousPolicy",
      "approveLocally",
      "endLocalApproval",
      "setTamperProtection",
      "setDiagnostics",
      "becomeTemplate",
      "endTemplate",
      "resetCLIPassword",
      "waitForCLIPassword",
    ],
  },
  {
    id: t.integer(),
    /** `DOMAIN\HOST`. Can be changed where it is a template. */
    name: t.string(),
    /** Can be changed, unless `automaticPolicy` or `localApproval` is on. See {@link Computer.policy}. */
    policyId: t.integer(),
    policyName: t.string(),
    /** The policy before this one. From 8.0 on. */
    previousPolicyId: t.integer(),
    /** Can be changed. */
    description: t.string(),
    /** Can be changed. */
    computerTag: t.string(),
    /** Can be changed: whether the policy follows from Active Directory. Not together with `localApproval`. */
    automaticPolicy: t.boolean(),
    /** Can be changed: whether new files on it are approved there. Not together with `automaticPolicy`. */
    localApproval: t.boolean(),
    /** The users who logged in last, with commas between them. */
    users: t.string(),
    ipAddress: t.string(),
    macAddress: t.string(),
    connected: t.boolean(),
    /** From 8.0 on. */
    isActive: t.boolean(),
    /** What the agent does with files that are neither approved nor banned. */
    enforcementLevel: t.code(EnforcementLevel),
    /** The same while it cannot reach the server. */
    disconnectedEnforcementLevel: t.code(EnforcementLevel),
    /** The password of the agent's command line. Needs "Manage computers". Never printed. */
    CLIPassword: t.string(),
    /** When the agent last registered. */
    lastRegisterDate: t.dateTime(),
    /** When the agent last asked the server for work. */
    lastPollDate: t.dateTime(),
    dateCreated: t.dateTime(),
    osShortName: t.string(),
    osName: t.string(),
    platformId: t.code(Platform),
    /** `Yes`, `No` or the like. */
    virtualized: t.string(),
    virtualPlatform: t.string(),
    agentVersion: t.string(),
    daysOffline: t.integer(),
    uninstalled: t.boolean(),
    /** The entry is disabled and still listed: `deleted:false` leaves such out. */
    deleted: t.boolean(),
    /** From 8.0 on: whether other entries have its name. */
    hasDuplicates: t.boolean(),
    processorCount: t.integer(),
    /** In MHz. */
    processorSpeed: t.number(),
    processorModel: t.string(),
    machineModel: t.string(),
    /** In MB. */
    memorySize: t.integer(),
    /** `Up to date`, for one. */
    upgradeStatus: t.string(),
    upgradeError: t.string(),
    upgradeErrorTime: t.dateTime(),
    upgradeErrorCount: t.integer(),
    /** What the agent has still to do, see {@link SyncFlag}. */
    syncFlags: t.integer(),
    /** From 0 to 100. */
    syncPercent: t.integer(),
    /** From 0 to 100. From 8.0 on. */
    initPercent: t.integer(),
    /** Can be changed: what the agent is asked to do, see {@link RefreshFlag}. */
    refreshFlags: t.integer(),
    /** `Up to date` once the agent has taken over its policy. */
    policyStatusDetails: t.string(),
    /** `Approvals out of date`, for one. From 8.0 on. */
    policyStatus: t.string(),
    /** Can be changed: whether it is served before others. */
    prioritized: t.boolean(),
    /** Can be changed: from 0 to 8. -1 may be read. */
    debugLevel: between(0, 8),
    /** Can be changed: from 0 to 5. */
    kernelDebugLevel: between(0, 5),
    /** Can be changed: the diagnostics that the agent is asked for, see {@link DebugFlag}. */
    debugFlags: t.integer(),
    /** Can be changed: for how long the debug levels hold, in minutes. */
    debugDuration: t.integer(),
    /** The level that the agent reports. From 8.0 on. */
    activeDebugLevel: t.integer(),
    /** The level that the agent reports. From 8.0 on. */
    activeKernelDebugLevel: t.integer(),
    /** The flags that the agent reports, see {@link DebugFlag}. From 8.0 on. */
    activeDebugFlags: t.integer(),
    /** Can be changed: starts a check of the agent's cache. */
    ccLevel: t.code(CacheCheckLevel),
    /** Can be changed: how that check goes about it, see {@link CacheCheckFlag}. */
    ccFlags: t.integer(),
    supportedKernel: t.boolean(),
    hasHealthCheckErrors: t.boolean(),
    initializing: t.boolean(),
    /** Can be changed: has the agent upgraded. */
    forceUpgrade: t.boolean(),
    /** The version of the list of rules that the agent has. */
    clVersion: t.integer(),
    /** How many the agent has, 0 for none. */
    agentMemoryDumps: t.integer(),
    /** How many the system has, 0 for none. */
    systemMemoryDumps: t.integer(),
    /** Can be changed; it reads as before until the agent has reported that it did so. */
    tamperProtectionActive: t.boolean(),
    agentCacheSize: t.integer(),
    agentQueueSize: t.integer(),
    tdCount: t.integer(),
    /** Can be changed: whether others are cloned from it. Only a computer that is offline and initialised becomes one. */
    template: t.boolean(),
    /** The template that it is a clone of, 0 for none. */
    templateComputerId: t.integer(),
    templateDate: t.dateTime(),
    /** Can be changed: when clones of this template are removed. */
    templateCloneCleanupMode: t.code(CloneCleanupMode),
    /** Can be changed: after how long, in the unit of `templateCloneCleanupTimeScale`. */
    templateCloneCleanupTime: t.integer(),
    /** Can be changed. */
    templateCloneCleanupTimeScale: t.code(CloneCleanupTimeScale),
    /** Can be changed: whether clones report new and modified files only. */
    templateTrackModsOnly: t.boolean(),
    /** Its sensor's id on the EDR server, 0 for none. */
    cbSensorId: t.integer(),
    cbSensorVersion: t.string(),
    /** Which parts of the EDR sensor run, see {@link SensorFlag}. */
    cbSensorFlags: t.integer(),
    SCEPStatus: t.code(ScepStatus),
    get policy() {
      return foreign(Policy, "policyId");
    },
    /** The template that it is a clone of; `undefined` when it is none. */
    get templateComputer() {
      return foreign(Computer, "templateComputerId");
    },
  },
);
