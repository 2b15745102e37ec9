import { createHash, type Hash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import type { FileSource, JobDefinition, StoredFile } from "@cbapi/fleet/job";
import { writeLocal } from "../local-file.js";
import { cleanName } from "../shell/local-names.js";
import { CommandError } from "../shown-error.js";
import type { FleetJob } from "./job-module.js";

/** What `defineJob()` marks its jobs with: looked at here, as whoever has none need not load it. */
const DEFINED = Symbol.for("cbapi.fleet.job");

/** A job of `defineJob()` as one that runs in this process; any other as it is. */
export async function inOneProcess(
  job: FleetJob,
  { params, files }: { readonly params: unknown; readonly files: string | undefined },
): Promise<FleetJob> {
  if (typeof job !== "object" || !(DEFINED in job)) {
    if (params === undefined) return job;
    throw new CommandError("--params is for jobs that defineJob() has made: this script has another one.", {
      exitCode: 2,
    });
  }
  const { asJob } = await import("@cbapi/fleet/job");
  const keep =
    files === undefined
      ? undefined
      : (file: string, source: FileSource, target: number) => keepLocally(files, `${target}-${file}`, source);
  try {
    return asJob(job as unknown as JobDefinition, { params, keep });
  } catch (cause) {
    throw new CommandError(`--params: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Writes what a job keeps to a folder. */
export async function keepLocally(folder: string, file: string, source: FileSource): Promise<StoredFile> {
  await mkdir(folder, { recursive: true });
  const name = cleanName(file).replace(/\s+/g, "_");
  const hash = createHash("sha256");
  const stream = source instanceof Readable ? source : Readable.from(source instanceof Uint8Array ? [source] : source);
  const size = await writeLocal(join(folder, name), async () => hashed(stream, hash), { overwrite: true });
  return { file: name, size, sha256: hash.digest("hex") };
}

function hashed(stream: Readable, hash: Hash): Readable {
  const passing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  stream.on("error", (error) => passing.destroy(error));
  return stream.pipe(passing);
}
