/** What the subpath of every product gives of the ground: objects, queries and their results, bulk writes, errors. */
export { BulkOperation } from "./bulk/operation.js";
export { BulkError, BulkReport } from "./bulk/report.js";
export type {
  BulkBatch,
  BulkCounts,
  BulkItem,
  BulkNote,
  BulkOptions,
  BulkPlan,
  BulkProgress,
  BulkReason,
  BulkState,
  RetryOptions,
} from "./bulk/types.js";
export * from "./errors.js";
export type { ModelOrKey } from "./model/assigned-join.js";
export type { Values } from "./model/declaration.js";
export type { CacheStats, IdentityMapOptions } from "./model/identity-map.js";
export type { Model } from "./model/model.js";
export type { SelectOptions } from "./model/model-api.js";
export type { MutableModel, SaveOptions, WritePlan, WriteRequest } from "./model/mutable-model.js";
export type { Ref } from "./model/ref-type.js";
export type { ServerFile } from "./model/server-file.js";
export type { DryRun } from "./model/write-plan.js";
export type { Execution, Page, PageExecution } from "./query/execution.js";
export type { IncludePath } from "./query/include.js";
export type { ListTerms } from "./query/list-query.js";
export { ListQuery } from "./query/list-query.js";
export type { Query, Results } from "./query/query.js";
export type { QueryReport } from "./query/report.js";
export {
  type Comparison,
  type Present,
  present,
  Q,
  type QueryExpression,
  type QueryInput,
  type RangeBound,
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
} from "./query/terms.js";
