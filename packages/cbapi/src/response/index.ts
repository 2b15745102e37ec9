export { BulkOperation } from "../core/bulk/operation.js";
export { BulkError, BulkReport } from "../core/bulk/report.js";
export type {
  BulkBatch,
  BulkCounts,
  BulkItem,
  BulkOptions,
  BulkPlan,
  BulkProgress,
  BulkReason,
  BulkState,
  RetryOptions,
} from "../core/bulk/types.js";
export * from "../core/errors.js";
export type { Values } from "../core/model/declaration.js";
export type { IdentityMapOptions } from "../core/model/identity-map.js";
export type { Model } from "../core/model/model.js";
export type { SelectOptions } from "../core/model/model-api.js";
export type { MutableModel, SaveOptions, WritePlan, WriteRequest } from "../core/model/mutable-model.js";
export type { Ref } from "../core/model/ref-type.js";
export type { DryRun } from "../core/model/write-plan.js";
export type { Execution, Page, PageExecution } from "../core/query/execution.js";
export type { IncludePath } from "../core/query/include.js";
export type { ListTerms } from "../core/query/list-query.js";
export { ListQuery } from "../core/query/list-query.js";
export type { Query, Results } from "../core/query/query.js";
export type { QueryReport } from "../core/query/report.js";
export {
  type Present,
  present,
  Q,
  type QueryExpression,
  type QueryInput,
  type RawText,
  range,
  raw,
  type ScalarValue,
  type SingleValue,
  type Terms,
  type TermValue,
  type ValueRange,
  type Wildcard,
  wildcard,
} from "../core/query/terms.js";
export { LiveResponse } from "../live-response/manager.js";
export { MemoryDump } from "../live-response/memdump.js";
export { type ReadFileOptions, RemoteFile } from "../live-response/remote-file.js";
export {
  type FileSession,
  GetFileJob,
  type Job,
  type JobContext,
  type JobEnd,
  type JobFunction,
  type JobObject,
  type JobOptions,
  type JobOutcome,
  JobRun,
  type JobSession,
  type JobState,
  type RunningJob,
  type RunOptions,
  type RunProgress,
  repeatable,
  type SubmitOptions,
  type SubmittedJob,
} from "../live-response/scheduler/index.js";
export { LiveResponseSession } from "../live-response/session.js";
export type * from "../live-response/types.js";
export type { WalkedDirectory } from "../live-response/walk.js";
export { CbResponseAPI, type CbResponseOptions, type ConsoleObject } from "./client.js";
export * from "./events/index.js";
export type { IsolateOptions, IsolationProgress, IsolationResult } from "./isolation-effort.js";
export type { IsolationState } from "./isolation-state.js";
export type { ActionType } from "./models/actions.js";
export { Alert, type AlertChangeOptions } from "./models/alert.js";
export { ALERT_STATUSES, type AlertStatus } from "./models/alert-changes.js";
export type { Named } from "./models/assigned-join.js";
export { type BanAudit, BannedHash, type BanOptions } from "./models/banned-hash.js";
export { Binary, type Frequency, type SignatureResult, type SigningData, type VersionInfo } from "./models/binary.js";
export { BinaryFile } from "./models/binary-file.js";
export { Feed } from "./models/feed.js";
export { FeedAction } from "./models/feed-action.js";
export { IngressFilter } from "./models/ingress-filter.js";
export { Investigation } from "./models/investigation.js";
export { Process } from "./models/process.js";
export type { ChildProcEvent, ProcessEvent, ProcessEvents, SegmentInfo } from "./models/process-events.js";
export { ProcessBranch, ProcessNode, type Truncation, type TruncationCause } from "./models/process-node.js";
export { type ProcessNodes, ProcessTree, type TreeOptions } from "./models/process-tree.js";
export type { TreeReport } from "./models/process-tree-report.js";
export { TreeWalk } from "./models/process-tree-walk.js";
export type { ProcessVisitor, WalkOptions, WalkReport } from "./models/process-walk.js";
export { type NetworkInterface, Sensor } from "./models/sensor.js";
export { SensorBuilds } from "./models/sensor-builds.js";
export {
  type DataSharing,
  type EventExclusion,
  type InstallerKind,
  type IsolationExclusion,
  SensorGroup,
  type TeamAccess,
} from "./models/sensor-group.js";
export { Site } from "./models/site.js";
export { type PartitionStatus, StoragePartition, type StoragePartitionInfo } from "./models/storage-partition.js";
export { TaggedEvent, type TaggedEventData } from "./models/tagged-event.js";
export type { Tag, WatchlistHit } from "./models/tags.js";
export { type GroupAccess, type GroupLike, Team } from "./models/team.js";
export { type ReportIocs, ThreatReport } from "./models/threat-report.js";
export { ThrottleRule } from "./models/throttle-rule.js";
export { type TeamLike, User, type UserTeam } from "./models/user.js";
export { type IndexType, Watchlist } from "./models/watchlist.js";
export { WatchlistAction } from "./models/watchlist-action.js";
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
export { ProcessQuery } from "./queries/process-query.js";
export type { FacetValue, SearchQuery } from "./queries/search-query.js";
export { type SensorField, SensorQuery } from "./queries/sensor-query.js";
export { SingleQuery } from "./queries/single-query.js";
export { type IgnoreOptions, ThreatReportQuery } from "./queries/threat-report-query.js";
export { edrDialect, hasTopLevelOr, joinClauses } from "./query-language.js";
export type { RenamedRoutes } from "./routes.js";
export {
  type AlertTerms,
  type BinaryTerms,
  type ProcessTerms,
  type SearchField,
  SearchFields,
  type SearchFieldType,
  searchFields,
  type ThreatReportTerms,
} from "./search-fields.js";
export type { SensorStatistics } from "./sensor-statistics.js";
export type { ServerInfo } from "./server-info.js";
export { ServerVersion } from "./server-version.js";
