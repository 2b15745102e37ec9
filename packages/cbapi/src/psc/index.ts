export * from "../core/public.js";
export * from "../live-response/public.js";
export { CbPSCBaseAPI, type CbPSCOptions, type CloudProduct } from "./client.js";
export type { LiveResponseDevice, LiveResponseTarget } from "./live-response/target.js";
export { type AboutOptions, BaseAlert } from "./models/alerts/alert.js";
export type {
  AlertDetermination,
  AlertWatchlist,
  GroupDetails,
  RawWorkflow,
  ThreatIndicator,
} from "./models/alerts/alert-fields.js";
export { AlertOperation, type AlertOutcome, type AlertSelection } from "./models/alerts/alert-operation.js";
export {
  type AlertPosition,
  AlertTail,
  type AlertTailOptions,
  type AlertTailProgress,
} from "./models/alerts/alert-tail.js";
export { BaseAlertSearchQuery } from "./models/alerts/base-alert-query.js";
export { AlertSearch } from "./models/alerts/base-query.js";
export type { AlertChange, AlertWords } from "./models/alerts/change.js";
export type {
  AlertFacet,
  AlertFacetField,
  AlertFacetValue,
  ClassicFacetField,
  CurrentFacetField,
} from "./models/alerts/facets.js";
export { GroupedAlert, GroupedAlertSearchQuery } from "./models/alerts/grouped.js";
export { AlertNote } from "./models/alerts/notes.js";
export {
  CBAnalyticsAlertSearchQuery,
  VMwareAlertSearchQuery,
  WatchlistAlertSearchQuery,
} from "./models/alerts/subtype-queries.js";
export { CBAnalyticsAlert, VMwareAlert, WatchlistAlert } from "./models/alerts/subtypes.js";
export type { SearchSuggestion } from "./models/alerts/threats.js";
export type {
  AlertCategory,
  AlertDeviceLocation,
  AlertDeviceOs,
  AlertReputation,
  AlertRunState,
  AlertSensorAction,
  AlertType,
  ClosureReason,
  Determination,
  KillChainStatus,
  PolicyApplied,
  TargetValue,
  ThreatCategory,
  ThreatCauseVector,
  WorkflowState,
  WorkflowStatusWord,
} from "./models/alerts/values.js";
export { Workflow } from "./models/alerts/workflow.js";
export { WorkflowStatus, type WorkflowWaitOptions } from "./models/alerts/workflow-status.js";
export { AuditLog, AuditLogQuery } from "./models/audit/audit-log.js";
export { type ListenerOptions, type ListenerProgress, QueueListener } from "./models/audit/queue-listener.js";
export type { QueuedAuditLog } from "./models/audit/queued.js";
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
export { QueryBuilder } from "./query-language/query-builder.js";
export type { CloudRoutes } from "./routes.js";
