export type { Codes, OpenCode } from "../core/model/fields.js";
export * from "../core/public.js";
export { ServerVersion } from "../core/server-version.js";
export { CbEnterpriseProtectionAPI, CbProtectionAPI, type CbProtectionOptions } from "./client.js";
export type { AnalysisFile } from "./connector/analysis-file.js";
export type { ConnectorRegistration } from "./connector/registration.js";
export type {
  AnalysisContext,
  AnalysisDeferral,
  AnalysisOutcome,
  AnalysisProgressCode,
  AnalysisRefusal,
  AnalysisReport,
  AnalysisResultCode,
  AnalysisVerdict,
  ConnectorProblem,
  ConnectorRunOptions,
  ConnectorStatistics,
} from "./connector/types.js";
export {
  Connector,
  type NextAnalysesOptions,
  type RegisterOptions,
  type UnregisterOptions,
} from "./models/analysis/connector.js";
export {
  Notification,
  type NotificationDirectory,
  type NotificationFile,
  type NotificationRegKey,
} from "./models/analysis/notification.js";
export { PendingAnalysis } from "./models/analysis/pending-analysis.js";
export { ApprovalRequest, type ApprovalStatusOptions } from "./models/approvals/approval-request.js";
export { Certificate } from "./models/approvals/certificate.js";
export type { ApprovalDecision, ApprovalRule, RequestResolution } from "./models/approvals/decision.js";
export { Publisher } from "./models/approvals/publisher.js";
export { PublisherCertificate } from "./models/approvals/publisher-certificate.js";
export type { ApprovalDecider } from "./models/approvals/resolving.js";
export { ScriptRule } from "./models/approvals/script-rule.js";
export type { PublisherOptions, SignerOptions } from "./models/approvals/signer-state.js";
export { TrustedDirectory } from "./models/approvals/trusted-directory.js";
export { TrustedUser } from "./models/approvals/trusted-user.js";
export { Updater } from "./models/approvals/updater.js";
export type { ComputerDiagnostics, TemplateSettings } from "./models/computers/advanced-options.js";
export { Computer } from "./models/computers/computer.js";
export type { LocalApprovalOptions, LocalApprovalProgress } from "./models/computers/local-approval.js";
export { Event } from "./models/events/event.js";
export { InternalEvent } from "./models/events/internal-event.js";
export { MeteredExecution } from "./models/events/metered-execution.js";
export { Notifier } from "./models/events/notifier.js";
export { FileAnalysis } from "./models/files/file-analysis.js";
export { FileCatalog, type FileCatalogTerms } from "./models/files/file-catalog.js";
export { FileInstance } from "./models/files/file-instance.js";
export { FileInstanceDeleted } from "./models/files/file-instance-deleted.js";
export { FileInstanceGroup } from "./models/files/file-instance-group.js";
export { FileRule } from "./models/files/file-rule.js";
export { FileUpload } from "./models/files/file-upload.js";
export type { VerifyRulesOptions } from "./models/files/rule-bulk.js";
export type {
  ClearedRules,
  ClearRulesOptions,
  FileChoice,
  FileRuleOutcome,
  RuleCallOptions,
} from "./models/files/rule-changes.js";
export type { FileApproveOptions, FileBanOptions, FileRuleOptions } from "./models/files/rule-wish.js";
export type { UploadOptions, UploadProgress, UploadWaitOptions, UploadWish } from "./models/files/upload-request.js";
export { UploadedFile } from "./models/files/uploaded-file.js";
export type { WhereIsOptions } from "./models/files/where-is.js";
export { type FilePlace, FileWhereabouts, type FormerFilePlace } from "./models/files/whereabouts.js";
export * from "./models/flags.js";
export * from "./models/names.js";
export { DriftReport } from "./models/policies/drift-report.js";
export { DriftReportContents } from "./models/policies/drift-report-contents.js";
export type {
  DriftedComputer,
  DriftedFile,
  DriftSummary,
  DriftSummaryOptions,
} from "./models/policies/drift-summary.js";
export { GrantedUserPolicyPermission } from "./models/policies/granted-user-policy-permission.js";
export { Policy } from "./models/policies/policy.js";
export type { PolicyChoice } from "./models/policies/policy-choice.js";
export type { PolicyOrName } from "./models/policies/policy-target.js";
export { ServerConfig } from "./models/server/server-config.js";
export { ServerPerformance, ServerPerformanceQuery } from "./models/server/server-performance.js";
export { ServerSettings } from "./models/server/server-settings.js";
export { User } from "./models/server/user.js";
export { UserGroup } from "./models/server/user-group.js";
export {
  type OpenDocument,
  type OpenFilter,
  type OpenListOptions,
  OpenObject,
  type OpenWriteOptions,
} from "./open-object.js";
export { ApprovalRequestQuery } from "./queries/approval-request-query.js";
export type { BulkEffectOptions, BulkSelection, EffectOptions } from "./queries/bulk-options.js";
export { ComputerQuery } from "./queries/computer-query.js";
export { EventQuery, type Moment } from "./queries/event-query.js";
export { type EventPosition, EventTail, type TailOptions, type TailProgress } from "./queries/event-tail.js";
export { FileInstanceQuery } from "./queries/file-instance-query.js";
export type { Base } from "./queries/offset-base.js";
export { type Group, type GroupOptions, ProtectionQuery } from "./queries/protection-query.js";
export { allBits, noBits } from "./query-language/bits.js";
export type { ExpandedName, FieldName, FilterTerms, ForeignKey, ValueOf } from "./query-language/filter-fields.js";
