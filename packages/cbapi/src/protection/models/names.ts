// What App Control's numbers stand for. A field reads whatever the server sends, and takes only what the server takes.

import type { OpenCode } from "../../core/model/fields.js";

/** What an agent does with files that are neither approved nor banned. */
export const EnforcementLevel = {
  /** Blocks what is not approved. */
  High: 20,
  /** Asks the user. */
  Medium: 30,
  /** Approves what appears, on this computer. Computers only: no policy has it. */
  LocalApproval: 35,
  /** Lets it run and reports it. */
  Low: 40,
  /** Reports, and bans nothing: visibility. */
  Visibility: 60,
  /** The agent is disabled. */
  None: 80,
} as const;
export type EnforcementLevel = OpenCode<typeof EnforcementLevel>;

/** What a rule says of a file or a publisher. From 8.0 on, those for some policies only read as the last two. */
export const FileState = { Unapproved: 1, Approved: 2, Banned: 3, ApprovedByPolicy: 4, BannedByPolicy: 5 } as const;
export type FileState = OpenCode<typeof FileState>;

/** The state of a file's publisher or certificate, as its entry in the catalog tells it. */
export const SignerState = { None: 0, ...FileState } as const;
export type SignerState = OpenCode<typeof SignerState>;

/** The state of a file on one computer. */
export const LocalState = { Unapproved: 1, Approved: 2, Banned: 3 } as const;
export type LocalState = OpenCode<typeof LocalState>;

/** The state of a file on one computer, and how it came to it. */
export const DetailedLocalState = {
  ApprovedNotPersisted: 1,
  UnapprovedPersisted: 2,
  BannedPrime: 3,
  LocallyApproved: 4,
  Banned: 5,
  BannedReportOnly: 6,
  LocallyApprovedAuto: 7,
  ApprovedAsInstaller: 8,
  Approved: 11,
  ApprovedAsTopLevelInstaller: 12,
  ReportOnlyBan: 13,
  Unapproved: 14,
} as const;
export type DetailedLocalState = OpenCode<typeof DetailedLocalState>;

/** What a certificate is taken for. `Mixed` is read only: the certificates above it disagree. */
export const CertificateState = { Unapproved: 1, Approved: 2, Banned: 3, Mixed: 4 } as const;
export type CertificateState = OpenCode<typeof CertificateState>;

/** Where a rule comes from. */
export const SourceType = {
  Manual: 1,
  TrustedDirectory: 2,
  Reputation: 3,
  Imported: 4,
  /** This API. Some builds say 0. */
  External: 5,
  EventRule: 6,
  ApplicationTemplate: 7,
  UnifiedManagement: 8,
} as const;
export type SourceType = OpenCode<typeof SourceType>;

/** What somebody decided about an approval request. */
export const ApprovalResolution = {
  NotResolved: 0,
  Rejected: 1,
  Approved: 2,
  RuleChange: 3,
  Installer: 4,
  Updater: 5,
  Publisher: 6,
  Other: 7,
} as const;
export type ApprovalResolution = OpenCode<typeof ApprovalResolution>;

/** Where an approval request stands. */
export const ApprovalStatus = {
  Submitted: 1,
  Open: 2,
  Closed: 3,
  /** From 8.0 on. */
  Escalated: 4,
} as const;
export type ApprovalStatus = OpenCode<typeof ApprovalStatus>;

/** What a user asks for with an approval request. */
export const ApprovalRequestType = { Approval: 1, Justification: 2 } as const;
export type ApprovalRequestType = OpenCode<typeof ApprovalRequestType>;

/** How urgent an approval request is. */
export const ApprovalPriority = { High: 0, Medium: 1, Low: 2 } as const;
export type ApprovalPriority = OpenCode<typeof ApprovalPriority>;

/** How far the analysis of a file has come. The last three are final. */
export const AnalysisStatus = {
  Scheduled: 0,
  Submitted: 1,
  Processed: 2,
  Analyzed: 3,
  Error: 4,
  Cancelled: 5,
} as const;
export type AnalysisStatus = OpenCode<typeof AnalysisStatus>;

/** What an analysis found. */
export const AnalysisResult = { NotAvailable: 0, Clean: 1, PotentialThreat: 2, Malicious: 3 } as const;
export type AnalysisResult = OpenCode<typeof AnalysisResult>;

/** How far the upload of a file from an endpoint has come. The last four are final. */
export const UploadStatus = {
  Queued: 0,
  Initiated: 1,
  Uploading: 2,
  Completed: 3,
  Error: 4,
  Cancelled: 5,
  Deleted: 6,
} as const;
export type UploadStatus = OpenCode<typeof UploadStatus>;

/** The system of a computer. */
export const Platform = { Windows: 1, Mac: 2, Linux: 4 } as const;
export type Platform = OpenCode<typeof Platform>;

/** How well a publisher is known. */
export const PublisherReputation = { NotTrusted: 0, Low: 1, Medium: 2, High: 3 } as const;
export type PublisherReputation = OpenCode<typeof PublisherReputation>;

/** How dangerous reputation says that a file is. */
export const Threat = { Unknown: -1, Clean: 0, PotentialRisk: 50, Malicious: 100 } as const;
export type Threat = OpenCode<typeof Threat>;

/** How the SHA-256 of a file was made. */
export const Sha256HashType = { Regular: 5, Fuzzy: 6 } as const;
export type Sha256HashType = OpenCode<typeof Sha256HashType>;

/** What a group of files on a computer came with. */
export const FileGroupType = { Initialization: 0, TopLevel: 1, Process: 2, Msi: 3 } as const;
export type FileGroupType = OpenCode<typeof FileGroupType>;

/** What a meter counts executions by. */
export const MeterType = { Md5: 1, Sha1: 2, FileName: 4, Sha256: 5, FuzzySha256: 6 } as const;
export type MeterType = OpenCode<typeof MeterType>;

/** What an event is about. */
export const EventType = {
  ServerManagement: 0,
  SessionManagement: 1,
  ComputerManagement: 2,
  PolicyManagement: 3,
  PolicyEnforcement: 4,
  Discovery: 5,
  GeneralManagement: 6,
  Internal: 8,
} as const;
export type EventType = OpenCode<typeof EventType>;

/** How severe an event is. */
export const Severity = { Critical: 2, Error: 3, Warning: 4, Notice: 5, Info: 6, Debug: 7 } as const;
export type Severity = OpenCode<typeof Severity>;

/** How thorough a check of an agent's cache is. */
export const CacheCheckLevel = { None: 0, QuickVerification: 1, RescanKnownFiles: 2, FullScan: 3 } as const;
export type CacheCheckLevel = OpenCode<typeof CacheCheckLevel>;

/** When the clones of a template are removed. */
export const CloneCleanupMode = {
  Manual: 1,
  /** After the time that is set. */
  ByTime: 2,
  /** When a computer of the same name comes online. */
  SameNameOnline: 3,
  /** As soon as one is offline. */
  Offline: 4,
} as const;
export type CloneCleanupMode = OpenCode<typeof CloneCleanupMode>;

/** The unit of the time after which clones are removed. */
export const CloneCleanupTimeScale = { Hours: 1, Days: 2, Weeks: 3 } as const;
export type CloneCleanupTimeScale = OpenCode<typeof CloneCleanupTimeScale>;

/** What is known of System Center Endpoint Protection on a computer. */
export const ScepStatus = { Unknown: 0, NotPresent: 1, Disabled: 2, Outdated: 3, Active: 4 } as const;
export type ScepStatus = OpenCode<typeof ScepStatus>;

/** Whether a rule comes from unified management, and whether it may be changed here. */
export const UnifiedFlag = { NotUnified: 0, NoOverride: 1, LocalOverrideAllowed: 3 } as const;
export type UnifiedFlag = OpenCode<typeof UnifiedFlag>;
