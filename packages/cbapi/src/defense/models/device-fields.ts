import { defineModel } from "../../core/model/define-model.js";
import { t } from "../../core/model/fields.js";
import { moment } from "./milliseconds.js";

/** A word of the device, and when it was said. */
export interface DeviceMessage {
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** How much a device is worth to an attacker, or a policy to a company. */
export const PRIORITIES = ["LOW", "MEDIUM", "HIGH", "MISSION_CRITICAL"] as const;

/** The declaration of {@link Device}. */
export const DeviceFields = defineModel(
  {
    name: "Device",
    path: "/integrationServices/v3/device",
    key: "deviceId",
    writable: ["policyId", "policyName"],
    update: "changes",
  },
  {
    deviceId: t.integer(),
    /** The host name, with the domain before it where there is one. */
    name: t.string(),
    deviceGuid: t.string(),
    deviceSessionId: t.integer(),
    deviceOwnerId: t.integer(),
    testId: t.integer(),
    email: t.string(),
    firstName: t.string(),
    middleName: t.string(),
    lastName: t.string(),
    assignedToId: t.integer(),
    assignedToName: t.string(),
    organizationId: t.integer(),
    organizationName: t.string(),
    deviceType: t.choice(["MAC", "WINDOWS", "LINUX", "OTHER"]),
    osVersion: t.string(),
    windowsPlatform: t.choice(["CLIENT_X64", "CLIENT_X86", "SERVER_X64", "SERVER_X86"]),
    linuxKernelVersion: t.string(),
    vdiBaseDevice: t.integer(),
    /** Can be changed. */
    policyId: t.integer(),
    /** Can be changed: the name of a policy, exactly. */
    policyName: t.string(),
    targetPriorityType: t.choice(PRIORITIES),
    status: t.choice([
      ...(["ACTIVE", "ALL", "BYPASS", "BYPASS_ON", "DEREGISTERED", "ERROR", "INACTIVE", "PENDING"] as const),
      ...(["QUARANTINE", "REGISTERED", "UNINSTALLED"] as const),
    ]),
    quarantined: t.boolean(),
    /** Whether its sensor lets everything through. */
    passiveMode: t.boolean(),
    avMaster: t.boolean(),
    rootedBySensor: t.boolean(),
    rootedByAnalytics: t.boolean(),
    sensorVersion: t.string(),
    sensorOutOfDate: t.boolean(),
    scanStatus: t.string(),
    messages: t.array(t.object<DeviceMessage>()),
    sensorStates: t.array(t.string()),
    lastInternalIpAddress: t.string(),
    lastExternalIpAddress: t.string(),
    lastLocation: t.choice(["OFFSITE", "ONSITE", "UNKNOWN"]),
    avEngine: t.string(),
    avStatus: t.array(t.string()),
    avUpdateServers: t.array(t.string()),
    avLastScanTime: moment,
    createTime: moment,
    registeredTime: moment,
    deregisteredTime: moment,
    uninstalledTime: moment,
    lastContact: moment,
    lastReportedTime: moment,
    lastResetTime: moment,
    lastShutdownTime: moment,
    lastVirusActivityTime: moment,
    firstVirusActivityTime: moment,
    scanLastActionTime: moment,
    scanLastCompleteTime: moment,
    rootedBySensorTime: moment,
    rootedByAnalyticsTime: moment,
    activationCodeExpiryTime: moment,
    /** A secret: printing a device hides it. */
    activationCode: t.string(),
    /** A secret: printing a device hides it. */
    uninstallCode: t.string(),
    updateVersion: t.string(),
    targetHash: t.string(),
  },
);
