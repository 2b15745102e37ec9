export * from "../core/public.js";
export { ServerVersion } from "../core/server-version.js";
export * from "../live-response/public.js";
export type { EventJoins } from "./bus/joined-event.js";
export { CbResponseAPI, type CbResponseOptions, type ConsoleObject, type ServerEventOptions } from "./client.js";
export * from "./events/index.js";
export type { IsolateOptions, IsolationProgress, IsolationResult } from "./isolation/effort.js";
export type { IsolationState } from "./isolation/state.js";
export type { LiveResponseTarget } from "./live-response/target.js";
export {
  type PartitionStatus,
  StoragePartition,
  type StoragePartitionInfo,
} from "./models/administration/storage-partition.js";
export { type GroupAccess, Team } from "./models/administration/team.js";
export { User, type UserTeam } from "./models/administration/user.js";
export { type BanAudit, BannedHash, type BanOptions } from "./models/binary/banned-hash.js";
export {
  Binary,
  type Frequency,
  type SignatureResult,
  type SigningData,
  type VersionInfo,
} from "./models/binary/binary.js";
export { BinaryFile } from "./models/binary/binary-file.js";
export type { ActionType } from "./models/detection/actions.js";
export { Alert, type AlertChangeOptions } from "./models/detection/alert.js";
export { ALERT_STATUSES, type AlertIgnoreOptions, type AlertStatus } from "./models/detection/alert-changes.js";
export { Feed, type ScoreRange, type SynchronizeOptions } from "./models/detection/feed.js";
export { FeedAction } from "./models/detection/feed-action.js";
export { type ReportIocs, ThreatReport } from "./models/detection/threat-report.js";
export { type IndexType, Watchlist } from "./models/detection/watchlist.js";
export { WatchlistAction } from "./models/detection/watchlist-action.js";
export { Investigation } from "./models/investigation/investigation.js";
export { TaggedEvent, type TaggedEventData } from "./models/investigation/tagged-event.js";
export type { ChildProcEvent, ProcessEvent, ProcessEvents, SegmentInfo } from "./models/process/events.js";
export { ProcessBranch, ProcessNode, type Truncation, type TruncationCause } from "./models/process/node.js";
export { Process } from "./models/process/process.js";
export { type ProcessNodes, ProcessTree, type TreeOptions } from "./models/process/tree.js";
export type { TreeReport } from "./models/process/tree-report.js";
export { TreeWalk } from "./models/process/tree-walk.js";
export type { ProcessVisitor, ProcessWalkOptions, WalkReport } from "./models/process/walk.js";
export { IngressFilter } from "./models/sensor/ingress-filter.js";
export { SensorInstaller } from "./models/sensor/installer.js";
export { type NetworkInterface, Sensor } from "./models/sensor/sensor.js";
export { SensorBuilds } from "./models/sensor/sensor-builds.js";
export {
  type DataSharing,
  type EventExclusion,
  type InstallerKind,
  type IsolationExclusion,
  SensorGroup,
  type TeamAccess,
} from "./models/sensor/sensor-group.js";
export { Site } from "./models/sensor/site.js";
export { ThrottleRule } from "./models/sensor/throttle-rule.js";
export type { Tag, WatchlistHit } from "./models/tags.js";
export {
  formatProcessGuid,
  formatUniqueId,
  type ProcessGuid,
  type ProcessId,
  parseProcessGuid,
  splitProcessId,
} from "./process-guid.js";
export { AlertQuery } from "./queries/alert-query.js";
export { BinaryQuery } from "./queries/binary-query.js";
export type { ChildListQuery } from "./queries/child-list-query.js";
export type { ConsoleSearchQuery } from "./queries/console-search-query.js";
export { ProcessQuery } from "./queries/process-query.js";
export type { FacetValue, SearchQuery } from "./queries/search-query.js";
export { type SensorField, SensorQuery } from "./queries/sensor-query.js";
export { SingleQuery } from "./queries/single-query.js";
export { type IgnoreOptions, ThreatReportQuery } from "./queries/threat-report-query.js";
export { type SearchField, SearchFields, type SearchFieldType } from "./query-language/declare-search.js";
export {
  type AlertTerms,
  type BinaryTerms,
  type ProcessTerms,
  searchFields,
  type ThreatReportTerms,
} from "./query-language/search-fields.js";
export type { RenamedRoutes, RouteOptions } from "./routes.js";
export type { SensorStatistics } from "./sensor-statistics.js";
export type { ServerInfo } from "./server-info.js";
