/** The systems that devices run. */
export const DEVICE_OS = ["WINDOWS", "ANDROID", "MAC", "IOS", "LINUX", "OTHER"] as const;
/** One of {@link DEVICE_OS}. */
export type DeviceOs = (typeof DEVICE_OS)[number];

/** The states by which devices are searched. Few of them stand in the documents. */
export const DEVICE_STATUS = [
  "PENDING",
  "REGISTERED",
  "UNINSTALLED",
  "DEREGISTERED",
  "ACTIVE",
  "INACTIVE",
  "ERROR",
  "ALL",
  "BYPASS_ON",
  "BYPASS",
  "QUARANTINE",
  "SENSOR_OUTOFDATE",
  "DELETED",
  "LIVE",
] as const;
/** One of {@link DEVICE_STATUS}. */
export type DeviceStatus = (typeof DEVICE_STATUS)[number];

/** How much a device is worth to an attacker. */
export const TARGET_PRIORITY = ["LOW", "MEDIUM", "HIGH", "MISSION_CRITICAL"] as const;
/** One of {@link TARGET_PRIORITY}. */
export type TargetPriority = (typeof TARGET_PRIORITY)[number];

/** What a device is and where it runs. */
export const DEPLOYMENT_TYPE = ["ENDPOINT", "WORKLOAD", "VDI", "AWS", "AZURE", "GCP"] as const;
/** One of {@link DEPLOYMENT_TYPE}. */
export type DeploymentType = (typeof DEPLOYMENT_TYPE)[number];

/** The fields by whose values devices can be counted. */
export const DEVICE_FACET_FIELDS = [
  "policy_id",
  "status",
  "os",
  "ad_group_id",
  "cloud_provider_account_id",
  "auto_scaling_group_name",
  "virtual_private_cloud_id",
  "deployment_type",
] as const;
/** One of {@link DEVICE_FACET_FIELDS}. */
export type DeviceFacetField = (typeof DEVICE_FACET_FIELDS)[number];

/** The kinds of sensors, by which {@link Device.updateSensorVersion} takes versions. A service newer than this library may know others. */
export type SensorKit =
  | "XP"
  | "WINDOWS"
  | "MAC"
  | "AV_SIG"
  | "OTHER"
  | "RHEL"
  | "UBUNTU"
  | "SUSE"
  | "AMAZON_LINUX"
  | "MAC_OSX"
  | (string & {});
