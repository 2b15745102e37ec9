export * from "../core/public.js";
export * from "../live-response/public.js";
export { CbPSCBaseAPI, type CbPSCOptions, type CloudProduct } from "./client.js";
export type { LiveResponseDevice, LiveResponseTarget } from "./live-response/target.js";
export type {
  DeviceActionOptions,
  DeviceActionReply,
  DeviceBulkOptions,
  DeviceQueryActionOptions,
  SensorVersions,
} from "./models/devices/actions.js";
export { Device } from "./models/devices/device.js";
export { DeviceFacet, type DeviceFacetValue } from "./models/devices/device-facet.js";
export type { DeviceAssetGroup, DeviceMetaData } from "./models/devices/device-fields.js";
export { DeviceList } from "./models/devices/device-list.js";
export { DeviceSearchQuery, type DeviceTerms } from "./models/devices/device-search-query.js";
export * from "./models/devices/words.js";
export { Job, type JobProgress, type JobWaitOptions } from "./models/jobs/job.js";
export { JobOutput } from "./models/jobs/job-output.js";
export { JobQuery } from "./models/jobs/job-query.js";
export { CloudQuery, type SortDirection } from "./queries/cloud-query.js";
export type { TimeRange } from "./queries/time-range.js";
export type { CloudRoutes } from "./routes.js";
