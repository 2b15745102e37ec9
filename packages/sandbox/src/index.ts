export { type ClockOptions, SIMULATION_START, SimulationClock, type TickListener } from "./clock.js";
export type { ImportReport, Mapped } from "./importer/index.js";
export { INTRUSION, type IntrusionStep } from "./organisation/story.js";
export type {
  BlockedProcess,
  FilteredProcess,
  LaunchReport,
  StartedProcess,
} from "./response/simulation/launch.js";
export type { LaunchRequest } from "./response/simulation/launch-request.js";
export { type OrganisationSize, Sandbox, type SandboxOptions, type SandboxTls } from "./sandbox.js";
export * from "./server/index.js";
export { CertificateAuthority, type CertificateVariant, type ServerCertificate } from "./tls/index.js";
