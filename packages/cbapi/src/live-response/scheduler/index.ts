export type { Availability, Seen, SessionSource } from "./availability.js";
export type {
  Job,
  JobContext,
  JobEnd,
  JobFunction,
  JobObject,
  JobOptions,
  JobOutcome,
  JobSession,
  JobState,
  RunningJob,
  RunOptions,
  RunProgress,
  SubmitOptions,
  SubmittedJob,
} from "./job.js";
export { Jobs } from "./jobs.js";
export { type FileSession, GetFileJob, repeatable } from "./ready-made.js";
export { JobRun } from "./run.js";
export type { Identified, Identify, Targets } from "./targets.js";
