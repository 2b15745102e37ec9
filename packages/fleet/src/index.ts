/** Live Response jobs over many endpoints and many machines, durable in Redis. */
export { FleetError, type FleetErrorCode } from "./errors.js";
export { FolderStore } from "./files/folder-store.js";
export type { FileStore, StoredContent } from "./files/store.js";
export { Fleet, type FleetOptions, type ResultOptions, type ResumeOptions } from "./fleet.js";
export * from "./job.js";
export type { RedisAddress } from "./redis/connection.js";
export type {
  FleetOutcome,
  FleetRunningJob,
  FleetTarget,
  OutcomeError,
  OutcomeState,
  RunStatus,
  SlotUse,
  SubmitOptions,
} from "./runs/types.js";
export { edrServer } from "./servers/edr.js";
export type { FleetServer, Presence, ServerSession } from "./servers/server.js";
export type { OfferedJob, WorkerInfo } from "./worker/members.js";
export type { FleetWorker, StopOptions, WorkerOptions } from "./worker/worker.js";
