export * from "../core/public.js";
export type { CloudRoutes } from "../psc/routes.js";
export { CbLiveQueryAPI, type CbLiveQueryOptions } from "./client.js";
export type { DifferencesOptions, RunWaitOptions } from "./models/any-run.js";
export { DeviceSummary } from "./models/device-summary.js";
export { DeviceSummaryFacet, type FacetValue, ResultFacet } from "./models/facets.js";
export { Result } from "./models/result.js";
export type { ResultExport } from "./models/result-export.js";
export { type AnyRun, Run } from "./models/run.js";
export { RunHistory } from "./models/run-history.js";
export type {
  DeviceDifference,
  DifferenceField,
  RunDeviceFilter,
  RunDifferences,
  RunProgress,
  RunScheduleStatus,
} from "./models/run-values.js";
export { Template } from "./models/template.js";
export type { ResultDevice, ResultFields, ResultMetrics } from "./models/values.js";
export { DeviceSummaryFacetQuery, FacetQuery, ResultFacetQuery } from "./queries/facet-query.js";
export { RunHistoryQuery, TemplateQuery } from "./queries/history-query.js";
export { ResultQuery } from "./queries/result-query.js";
export { ResultStream, type StreamOptions } from "./queries/result-stream.js";
export { RunQuery } from "./queries/run-query.js";
export { SummaryQuery } from "./queries/summary-query.js";
export type { RunSchedule } from "./schedule.js";
export type { SqlValue } from "./sql.js";
