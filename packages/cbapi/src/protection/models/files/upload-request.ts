import { CALL, checkCall } from "../../../core/call-options.js";
import { ApiError, TimeoutError } from "../../../core/errors.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Model } from "../../../core/model/model.js";
import { takeOver } from "../../../core/model/rebase.js";
import { inTurnNamed } from "../../../core/model/turns.js";
import { readNow } from "../../../core/model/write.js";
import type { WritePlan } from "../../../core/model/write-plan.js";
import { isPassing } from "../../../core/passing.js";
import { pauseAfter } from "../../../core/pauses.js";
import { timeLimit } from "../../../core/transport/limits.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { protection } from "../../host.js";
import { UploadStatus } from "../names.js";
import { FileUpload } from "./file-upload.js";

/** Which file is fetched from an endpoint, and from where. */
export interface UploadWish {
  /** The file, by its id in the catalogue. */
  readonly fileCatalogId: number;
  /** The computer that it is fetched from, by its id; 0, or left out: the server chooses one. */
  readonly computerId?: number | undefined;
  /** From -2 to 2, the highest first. Default 0. */
  readonly priority?: number | undefined;
}

/** What is known while an upload is waited for. */
export interface UploadProgress {
  readonly uploadId: number;
  /** How far it has come. */
  readonly uploadStatus: UploadStatus | undefined;
  /** The computer that it is fetched from; 0 while the server has not chosen one. One that is offline sends nothing. */
  readonly computerId: number | undefined;
  /** How long this call has waited, in milliseconds. */
  readonly waited: number;
  /** In how many milliseconds it is looked at again. */
  readonly pause: number;
  /** Why it could not be looked at this time; absent when it could. */
  readonly error?: Error;
}

/** How an upload is waited for. */
export interface UploadWaitOptions extends CallOptions {
  /** For how long to wait, in milliseconds; without it there is no limit. The upload stays asked for. */
  readonly timeout?: number | undefined;
  /** Stops the waiting; the upload stays asked for. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each pause and awaited. What it throws ends this call. */
  readonly onWait?: ((progress: UploadProgress) => void | Promise<void>) | undefined;
}

/** The names of {@link UploadWaitOptions}. */
const WAITING = ["onWait", ...CALL] as const;

/** How a file is asked for. */
export interface UploadOptions extends UploadWaitOptions {
  /** Whether the file is asked for although it was uploaded already, or is on its way. Default false. */
  readonly again?: boolean | undefined;
  /** Whether to wait until the file is there. Default true. */
  readonly wait?: boolean | undefined;
  /** Sends nothing and gives what would be sent. */
  readonly dryRun?: boolean | undefined;
}

/** Those that are on their way. */
const GOING_ON: readonly (number | undefined)[] = [UploadStatus.Queued, UploadStatus.Initiated, UploadStatus.Uploading];

/** Asks for a file, unless it is there or on its way, and waits for it. */
export async function requestUpload(
  client: ModelHost,
  wish: UploadWish,
  options: UploadOptions,
): Promise<FileUpload | WritePlan | undefined> {
  checkCall("FileUpload.request()", options, ["again", "dryRun", "wait", ...WAITING]);
  const { again = false, wait = true, dryRun = false, ...waiting } = options;
  checkCall("FileUpload.request()", wish, ["fileCatalogId", "computerId", "priority"]);
  const { fileCatalogId, computerId = 0, priority } = wish;
  requireId("fileCatalogId", fileCatalogId, 1);
  requireId("computerId", computerId, 0);
  const made = new FileUpload({ client }).set({
    fileCatalogId,
    computerId,
    ...(priority === undefined ? {} : { priority }),
  });
  const { clock } = protection(client);
  const since = clock.now();
  const { signal, timeout } = waiting;
  const asked = await inTurnNamed(client, `FileUpload of file ${fileCatalogId}`, { signal, timeout }, async (call) => {
    const known = again ? undefined : await findUpload(client, fileCatalogId, computerId, call);
    if (known !== undefined) return dryRun ? undefined : known;
    return dryRun ? made.save({ ...call, dryRun: true }) : made.save({ signal: call.signal, timeout: call.timeout });
  });
  if (!(asked instanceof FileUpload) || !wait) return asked;
  const left = timeout === undefined ? undefined : timeLimit(timeout) - (clock.now() - since);
  const rest = left === undefined || timeLimit(timeout ?? 0) === 0 ? undefined : Math.max(1, left);
  return waitForUpload(asked, { ...waiting, timeout: rest });
}

/** Waits until a file is there. */
export async function waitForUpload(upload: FileUpload, options: UploadWaitOptions): Promise<FileUpload> {
  checkCall("waitForFile()", options, WAITING);
  const { signal, onWait } = options;
  const { client } = Model.stateOf(upload);
  const { clock } = protection(client);
  const since = clock.now();
  const limit = options.timeout === undefined ? 0 : timeLimit(options.timeout);
  const end = limit === 0 ? Number.POSITIVE_INFINITY : since + limit;
  for (let looks = 0; ; looks++) {
    const trouble = await look(upload, end - clock.now(), signal);
    const { uploadStatus } = upload;
    if (trouble === undefined && uploadStatus === UploadStatus.Completed) return upload;
    if (trouble === undefined && !GOING_ON.includes(uploadStatus)) throw failed(upload);
    const pause = Math.min(pauseAfter(looks), end - clock.now());
    if (pause <= 0) throw late(upload, limit, trouble);
    const { computerId } = upload;
    const waited = clock.now() - since;
    const uploadId = Number(Model.stateOf(upload).key);
    await onWait?.({ uploadId, uploadStatus, computerId, waited, pause, ...(trouble && { error: trouble }) });
    await clock.sleep(pause, signal);
  }
}

/** Reads an upload; gives what kept it from that, where a later look may succeed. */
async function look(upload: FileUpload, left: number, signal: AbortSignal | undefined): Promise<Error | undefined> {
  const timeout = Number.isFinite(left) ? Math.max(1, left) : undefined;
  try {
    takeOver(upload, await readNow(upload, { signal, timeout }), ["uploadStatus"]);
    return undefined;
  } catch (error) {
    if (signal?.aborted === true || !isPassing(error)) throw error;
    return error;
  }
}

/** An upload of the file that is there, or one that is on its way, from that computer where one is named. */
async function findUpload(
  client: ModelHost,
  fileCatalogId: number,
  computerId: number,
  options: CallOptions,
): Promise<FileUpload | undefined> {
  const wanted = [UploadStatus.Completed, ...GOING_ON].join("|");
  const query = FileUpload.query(client).where(`fileCatalogId:${fileCatalogId}`).where(`uploadStatus:${wanted}`);
  const uploads = await query.sort("id DESC").all(options);
  // The content is the same, wherever it came from; on its way it is only as fast as the computer that sends it.
  const there = uploads.find(({ uploadStatus }) => uploadStatus === UploadStatus.Completed);
  return there ?? uploads.find((upload) => computerId === 0 || upload.computerId === computerId);
}

function failed(upload: FileUpload): ApiError {
  const { uploadStatus, computerId, fileCatalogId } = upload;
  const what = `Upload ${Model.stateOf(upload).key} of file ${fileCatalogId}`;
  switch (uploadStatus) {
    case UploadStatus.Cancelled:
      return new ApiError(`${what} was cancelled. Ask for the file again`, { code: "UPLOAD_CANCELLED" });
    case UploadStatus.Deleted:
      return new ApiError(`${what} was deleted, and its file with it. Ask for the file again`, {
        code: "UPLOAD_DELETED",
      });
    default: {
      const why =
        "the agent could not send the file: it may be gone, in use or too large there, or the server had no room for it";
      return new ApiError(
        `${what} failed (uploadStatus is ${uploadStatus}): computer ${computerId} was asked, and ${why}. Ask for it again, or of ` +
          "another computer that has the file",
        { code: "UPLOAD_FAILED" },
      );
    }
  }
}

function late(upload: FileUpload, timeout: number, cause: Error | undefined): TimeoutError {
  const { uploadStatus, computerId } = upload;
  const where =
    computerId === undefined || computerId === 0
      ? "no computer is chosen yet"
      : `computer ${computerId} may be offline`;
  return new TimeoutError(
    `Upload ${Model.stateOf(upload).key} is not completed after ${timeout} ms: its uploadStatus is ${uploadStatus}, and ${where}. ` +
      "It stays asked for; cancel() takes it back, and waitForFile() goes on waiting",
    { code: "NOT_UPLOADED_YET", timeout, cause },
  );
}

function requireId(name: keyof UploadWish, id: unknown, least: number): void {
  if (typeof id === "number" && Number.isSafeInteger(id) && id >= least) return;
  throw invalidArgument(`FileUpload.request: ${name} is a whole number from ${least} on, got ${JSON.stringify(id)}`);
}
