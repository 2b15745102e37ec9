import type { JobObject, JobSession } from "./job.js";

/** A session that files can be read with. */
export interface FileSession {
  /** Reads a file of the endpoint into memory. */
  getFile(path: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<Buffer>;
}

/**
 * The job that reads a file of the endpoint. Doing it twice does no harm.
 * @example for await (const { target, value } of cb.liveResponse.run(new GetFileJob("c:\\test.txt"), sensors)) ...
 */
export class GetFileJob implements JobObject<Buffer, FileSession> {
  readonly repeatable = true;
  /** The file on the endpoint. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Reads the file into memory. */
  run(session: FileSession, context?: { readonly signal: AbortSignal }): Promise<Buffer> {
    return session.getFile(this.path, { signal: context?.signal });
  }
}

/** Marks a job as one that may be done again when its session was lost half way. */
export function repeatable<T, S extends JobSession>(
  work: JobObject<T, S>["run"],
): JobObject<T, S> & { readonly repeatable: true } {
  return { run: work, repeatable: true };
}
