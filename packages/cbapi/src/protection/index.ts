export type { Codes, OpenCode } from "../core/model/fields.js";
export * from "../core/public.js";
export { ServerVersion } from "../core/server-version.js";
export { CbEnterpriseProtectionAPI, CbProtectionAPI, type CbProtectionOptions } from "./client.js";
export { Connector, type NextAnalysesOptions, type UnregisterOptions } from "./models/analysis/connector.js";
export {
  Notification,
  type NotificationDirectory,
  type NotificationFile,
  type NotificationRegKey,
} from "./models/analysis/notification.js";
export { PendingAnalysis } from "./models/analysis/pending-analysis.js";
export { ApprovalRequest } from "./models/approvals/approval-request.js";
export { Certificate } from "./models/approvals/certificate.js";
export { Publisher } from "./models/approvals/publisher.js";
export { PublisherCertificate } from "./models/approvals/publisher-certificate.js";
export { ScriptRule } from "./models/approvals/script-rule.js";
export { TrustedDirectory } from "./models/approvals/trusted-directory.js";
export { TrustedUser } from "./models/approvals/trusted-user.js";
export { Updater } from "./models/approvals/updater.js";
export { Computer } from "./models/computers/computer.js";
export { Event } from "./models/events/event.js";
export { InternalEvent } from "./models/events/internal-event.js";
export { MeteredExecution } from "./models/events/metered-execution.js";
export { Notifier } from "./models/events/notifier.js";
export { FileAnalysis } from "./models/files/file-analysis.js";
export { FileCatalog } from "./models/files/file-catalog.js";
export { FileInstance } from "./models/files/file-instance.js";
export { FileInstanceDeleted } from "./models/files/file-instance-deleted.js";
export { FileInstanceGroup } from "./models/files/file-instance-group.js";
export { FileRule } from "./models/files/file-rule.js";
export { FileUpload } from "./models/files/file-upload.js";
export { UploadedFile } from "./models/files/uploaded-file.js";
export * from "./models/flags.js";
export * from "./models/names.js";
export { DriftReport } from "./models/policies/drift-report.js";
export { DriftReportContents } from "./models/policies/drift-report-contents.js";
export { GrantedUserPolicyPermission } from "./models/policies/granted-user-policy-permission.js";
export { Policy } from "./models/policies/policy.js";
export { ServerConfig } from "./models/server/server-config.js";
export { ServerPerformance, ServerPerformanceQuery } from "./models/server/server-performance.js";
export { User } from "./models/server/user.js";
export { UserGroup } from "./models/server/user-group.js";
export {
  type OpenDocument,
  type OpenFilter,
  type OpenListOptions,
  OpenObject,
  type OpenWriteOptions,
} from "./open-object.js";
export type { Base } from "./queries/offset-base.js";
export { type Group, type GroupOptions, ProtectionQuery } from "./queries/protection-query.js";
export { allBits, noBits } from "./query-language/bits.js";
export type { ExpandedName, FieldName, FilterTerms, ForeignKey, ValueOf } from "./query-language/filter-fields.js";
