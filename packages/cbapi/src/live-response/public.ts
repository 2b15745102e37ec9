/** What the subpath of every product with Live Response gives of it. */
export { LiveResponse } from "./manager.js";
export { type DumpWait, MemoryDump } from "./memdump.js";
export { type ReadFileOptions, RemoteFile } from "./remote-file.js";
export {
  type FileSession,
  GetFileJob,
  type Job,
  type JobContext,
  type JobEnd,
  type JobFunction,
  type JobObject,
  type JobOptions,
  type JobOutcome,
  JobRun,
  type JobSession,
  type JobState,
  type RunningJob,
  type RunOptions,
  type RunProgress,
  repeatable,
  type SubmittedJob,
} from "./scheduler/index.js";
export { LiveResponseSession } from "./session.js";
export type * from "./types.js";
export type { WalkedDirectory } from "./walk.js";
