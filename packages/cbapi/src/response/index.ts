export * from "../core/errors.js";
export type { IdentityMapOptions } from "../core/model/identity-map.js";
export type { SelectOptions } from "../core/model/model-api.js";
export type { SaveOptions, WritePlan, WriteRequest } from "../core/model/mutable-model.js";
export type { Ref } from "../core/model/ref.js";
export type { Execution, Page } from "../core/query/execution.js";
export type { ListTerms } from "../core/query/list-query.js";
export { ListQuery } from "../core/query/list-query.js";
export type { Results } from "../core/query/query.js";
export type { QueryReport } from "../core/query/report.js";
export {
  present,
  Q,
  type QueryExpression,
  type QueryInput,
  range,
  raw,
  type Terms,
  type TermValue,
  wildcard,
} from "../core/query/terms.js";
export { CbResponseAPI, type CbResponseOptions, type ServerInfo } from "./client.js";
export * from "./events/index.js";
export { BannedHash } from "./models/banned-hash.js";
export { Binary, type Frequency, type SignatureResult, type SigningData, type VersionInfo } from "./models/binary.js";
export { BinaryFile } from "./models/binary-file.js";
export { Process } from "./models/process.js";
export type { ChildProcEvent, ProcessEvent, ProcessEvents, SegmentInfo } from "./models/process-events.js";
export type { ProcessVisitor, WalkOptions, WalkReport } from "./models/process-walk.js";
export { type NetworkInterface, Sensor } from "./models/sensor.js";
export { type InstallerKind, SensorGroup, type TeamAccess } from "./models/sensor-group.js";
export { Site } from "./models/site.js";
export { StoragePartition, type StoragePartitionInfo } from "./models/storage-partition.js";
export type { Tag, WatchlistHit } from "./models/tags.js";
export {
  formatProcessGuid,
  formatUniqueId,
  type ProcessGuid,
  type ProcessId,
  parseProcessGuid,
  splitProcessId,
} from "./process-guid.js";
export { BinaryQuery } from "./queries/binary-query.js";
export { ProcessQuery } from "./queries/process-query.js";
export type { FacetValue } from "./queries/search-query.js";
export { type SensorField, SensorQuery } from "./queries/sensor-query.js";
export { edrDialect, hasTopLevelOr, joinClauses } from "./query-language.js";
export { ServerVersion } from "./server-version.js";
