export { type ClockOptions, SIMULATION_START, SimulationClock, type TickListener } from "./clock.js";
export type { CloudSwitches } from "./cloud/index.js";
export type { SandboxCredentials } from "./credentials.js";
export type { ExtraFile } from "./endpoint/index.js";
export type { ImportReport, Mapped } from "./importer/index.js";
export type { AddedContent, LiveResponseControl } from "./live-response/control.js";
export type {
  FaultOutcome as LiveResponseFaultOutcome,
  LiveResponseFault,
} from "./live-response/fault-rule.js";
export type { GeneratedSchedule, HostSchedule, OnlineSchedule } from "./live-response/schedule.js";
export type { LiveResponseChanges, LiveResponseSettings } from "./live-response/settings.js";
export type { LiveResponseStats, SlotStats } from "./live-response/tally.js";
export type { OrganisationSize, ProductVersions, SandboxOptions, SandboxTls } from "./options.js";
export { INTRUSION, type IntrusionStep } from "./organisation/story.js";
export type { ProtectionSwitches } from "./protection/index.js";
export type { ResponseSwitches } from "./response/behaviour.js";
export type { EventOptions } from "./response/event-bus/options.js";
export type { KeyBeside, ObjectKind, ObjectRecords } from "./response/routes/index.js";
export type {
  BlockedProcess,
  FilteredProcess,
  LaunchReport,
  PreventedProcess,
  StartedProcess,
} from "./response/simulation/launch.js";
export type { LaunchRequest } from "./response/simulation/launch-request.js";
export { Sandbox } from "./sandbox.js";
export * from "./server/index.js";
export { CertificateAuthority, type CertificateVariant, type ServerCertificate } from "./tls/index.js";
