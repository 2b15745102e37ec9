// What scripts import: definitions of jobs need neither Redis nor a server.
import type { Readable } from "node:stream";
import type { Job, JobContext, JobObject, LiveResponseSession } from "cbapi/response";
import { FleetError, invalid } from "./errors.js";

export { jsonOf, type PutBytes } from "./json-of.js";

/** A file that a job has kept, as it stands in the job's result. */
export interface StoredFile {
  /** What the job has called it. */
  readonly file: string;
  /** In bytes. */
  readonly size: number;
  /** Of its content, in small hexadecimal letters: the store is asked by it. */
  readonly sha256: string;
}

/** What can be kept: bytes, or a stream of them. */
export type FileSource = Uint8Array | AsyncIterable<Uint8Array> | Readable;

/** What a job is told besides its session. */
export interface FleetJobContext<P = unknown> extends JobContext {
  /** What the job was submitted with. */
  readonly params: P;
  /**
   * Keeps a file with the result: it is there, and whole, when this resolves.
   * @throws FleetError when there is no place for it
   */
  keep(file: string, source: FileSource): Promise<StoredFile>;
  /** Fetches a file of the endpoint as a stream and keeps it, under its own name unless another one is given. */
  keepFile(remotePath: string, file?: string): Promise<StoredFile>;
}

/** How a job is defined. */
export interface JobDefinitionInit<T, P> {
  /** What it is submitted by: letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  /**
   * Whether it changes the endpoint. One that does is never begun a second time without being asked to: when nobody knows how
   * it ended, its outcome is `unknown`. Default true: whoever only reads says so.
   */
  readonly changes?: boolean | undefined;
  /** Checks and converts what it was submitted with, before a session is opened; what it throws fails the job. */
  readonly parameters?: ((given: unknown) => P) | undefined;
  /** Does it. What is thrown, or rejects, fails the job. */
  run(session: LiveResponseSession, context: FleetJobContext<P>): T | Promise<T>;
}

const MARK = Symbol.for("cbapi.fleet.job");

/** A job with a name: the same for one process (`cbapi lr run`, `asJob()`) and for the workers of a fleet. */
export interface JobDefinition<T = unknown, P = unknown> extends JobObject<T> {
  /** What it is submitted by. */
  readonly name: string;
  /** Whether it changes the endpoint. */
  readonly changes: boolean;
  /** The opposite of `changes`, in the words of the SDK. */
  readonly repeatable: boolean;
  /** Checks and converts what it was submitted with. */
  readonly parameters: ((given: unknown) => P) | undefined;
  /** Does it. The context of a fleet has more than the SDK's. */
  run(session: LiveResponseSession, context: JobContext): T | Promise<T>;
}

/**
 * Defines a job that workers offer by its name.
 * @throws FleetError when the definition makes no sense
 * @example
 * export default defineJob({
 *   name: "autoruns",
 *   changes: false,
 *   run: (session) => session.listRegistryValues("HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run"),
 * });
 */
export function defineJob<T, P = unknown>(init: JobDefinitionInit<T, P>): JobDefinition<T, P> {
  const { name, changes = true, parameters, run } = init;
  if (typeof name !== "string" || !/^[\w.-]{1,64}$/.test(name)) {
    throw invalid(`${JSON.stringify(name)} is no name for a job: use up to 64 letters, digits, ".", "_" and "-".`);
  }
  if (typeof changes !== "boolean") throw invalid(`changes of job ${name} must be true or false.`);
  if (typeof run !== "function") throw invalid(`Job ${name} has no function run(session, context).`);
  return Object.assign(Object.create({ [MARK]: true }) as object, {
    name,
    changes,
    repeatable: !changes,
    parameters,
    run: (session: LiveResponseSession, context: JobContext) => run.call(init, session, context as FleetJobContext<P>),
  });
}

/** Whether something was made by `defineJob()`, of whichever copy of this package. */
export function isJobDefinition(value: unknown): value is JobDefinition {
  return typeof value === "object" && value !== null && MARK in value;
}

/** A definition of a job of the SDK: it changes the endpoint unless it is `repeatable`. */
export function definitionOf(name: string, job: Job<unknown>): JobDefinition {
  if (isJobDefinition(job)) return job;
  return defineJob({
    name,
    changes: job.repeatable !== true,
    run: (session, context) => (typeof job === "function" ? job(session, context) : job.run(session, context)),
  });
}

/** What a job that runs in one process is given in place of a fleet's run. */
export interface InProcess {
  /** What it would be submitted with. */
  readonly params?: unknown;
  /** Where its files go. */
  readonly keep?: ((file: string, source: FileSource, target: number) => Promise<StoredFile>) | undefined;
}

/**
 * A definition as a job of the SDK, for `cb.liveResponse.run()`.
 * @throws what `parameters` throws
 */
export function asJob<T, P>(definition: JobDefinition<T, P>, { params, keep }: InProcess = {}): JobObject<T> {
  const checked = definition.parameters === undefined ? params : definition.parameters(params);
  return {
    repeatable: definition.repeatable,
    run: (session, context) => definition.run(session, fleetContext(session, context, checked, keep)),
  };
}

/** The context of a fleet's job, from the SDK's. @internal */
export function fleetContext<P>(
  session: LiveResponseSession,
  context: JobContext,
  params: P,
  keep: InProcess["keep"],
): FleetJobContext<P> {
  const keepFile = async (file: string, source: FileSource): Promise<StoredFile> => {
    if (keep === undefined) {
      throw new FleetError("INVALID_ARGUMENT", `There is no place to keep ${file} in: name a folder for files.`);
    }
    return keep(file, source, context.target);
  };
  return {
    target: context.target,
    attempt: context.attempt,
    signal: context.signal,
    log: (message) => context.log(message),
    progress: (how) => context.progress(how),
    params,
    keep: keepFile,
    keepFile: async (remotePath, file = lastPart(remotePath)) => {
      const { signal } = context;
      return keepFile(file, (await session.getRawFile(remotePath, { signal })).stream({ signal }));
    },
  };
}

const lastPart = (path: string): string => path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
