// How a job travels. `jobs` takes it, checks its `options` and finds out its `targets`: it is a `submitted` one or part of a
// `run`, whose `feed` reads the targets and whose `batch` counts its jobs. The `scheduler` makes an `entry` of it, in the
// `lane` of its endpoint. A `lookout` looks whether that is online (`recheck`: when it looks again); if so, the lane waits
// among the `candidates` for one of the `slots`. With it, a `worker` opens a session, does the jobs of the lane on it and
// closes it. The outcome, with its reason (`reasons`), settles a submitted job; that of a run is `unread` until it is read.
// What all this is given from outside: `parts`, `availability`. What it is built on: `timers`, `heap`.
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
  SubmittedJob,
} from "./job.js";
export { Jobs } from "./jobs.js";
export { type FileSession, GetFileJob, repeatable } from "./ready-made.js";
export { JobRun } from "./run.js";
export type { Identified, Identify, Targets } from "./targets.js";
