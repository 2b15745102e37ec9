// Files of endpoints: asked for once, waited for, taken as a stream or as a file of the caller's, and removed.
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Computer,
  FileCatalog,
  FileInstance,
  FileUpload,
  InvalidObjectError,
  TimeoutError,
  type UploadProgress,
  UploadStatus,
} from "cbapi/protection";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, sandbox, useProtection, written } from "../support/given-protection.js";

useProtection();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cbapi-uploads-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file that was not uploaded yet, on a computer that is connected, or no longer. */
async function placed(connected = true): Promise<FileInstance> {
  const uploads = await other.select(FileUpload).all();
  for (const instance of await other.select(FileInstance).include("computer").all()) {
    const computer = (await instance.computer) as Computer;
    const isFree = uploads.every(({ fileCatalogId }) => fileCatalogId !== instance.fileCatalogId);
    if (!isFree || computer.connected !== true || (computer.cbSensorId ?? 0) === 0) continue;
    if (!connected) await sandbox.setOnline(computer.cbSensorId ?? 0, false);
    asked();
    return instance;
  }
  throw new Error("there is no such file");
}

describe("a file", () => {
  it("is asked for, waited for, and taken", async () => {
    const { id, fileCatalogId = 0, computerId = 0 } = await placed();
    const plan = await cb.select(FileInstance, id).upload({ priority: 2, dryRun: true });
    const body = { fileCatalogId, computerId, priority: 2 };
    expect(plan?.requests).toEqual([{ method: "POST", path: "/api/bit9platform/v1/fileUpload", body }]);
    const waits: UploadProgress[] = [];
    const upload = await cb.select(FileInstance, id).upload({ priority: 2, onWait: (wait) => void waits.push(wait) });
    expect(upload).toMatchObject({ uploadStatus: UploadStatus.Completed, fileCatalogId, computerId, priority: 2 });
    expect(waits[0]).toEqual({ uploadId: upload.id, uploadStatus: 0, computerId, waited: 0, pause: 1000 });
    expect(written()).toEqual(["POST fileUpload"]);
    const { fileSize } = await other.select(FileCatalog, fileCatalogId);
    const target = join(folder, "sample.bin");
    await upload.file.save(target);
    const bytes = await readFile(target);
    expect([(await stat(target)).size, bytes.subarray(0, 2).toString()]).toEqual([fileSize, "MZ"]);
    const pieces: Buffer[] = [];
    for await (const piece of upload.file.stream()) pieces.push(piece as Buffer);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it("that is there, or on its way, is not asked for again unless it is told", async () => {
    const { fileCatalogId = 0 } = await placed();
    const wish = { fileCatalogId };
    const [one, two] = await Promise.all([1, 2].map(() => FileUpload.request(cb, wish, { wait: false })));
    if (one === undefined || two === undefined) throw new Error("nothing was asked for");
    const { computerId } = one;
    const three = await FileUpload.request(cb, { fileCatalogId, computerId });
    expect([two.id, three.id]).toEqual([one.id, one.id]);
    expect(three.uploadStatus).toBe(UploadStatus.Completed);
    const file = await other.select(FileCatalog, fileCatalogId);
    expect((await cb.select(FileCatalog, file.id).upload()).id).toBe(one.id);
    // Wherever it came from, it is the same file.
    expect((await FileUpload.request(cb, { fileCatalogId, computerId: 999 })).id).toBe(one.id);
    expect(await FileUpload.request(cb, wish, { dryRun: true })).toBeUndefined();
    expect(written()).toEqual(["POST fileUpload"]);
    const again = await FileUpload.request(cb, wish, { again: true });
    expect(again.id).not.toBe(one.id);
    await Promise.all([one.remove(), again.remove()]);
    expect((await FileUpload.request(cb, wish, { wait: false })).id).not.toBe(one.id);
  });

  it("of a computer that is offline is waited for so long, stays asked for, and is given up", async () => {
    const instance = await placed(false);
    const { fileCatalogId = 0, computerId = 0 } = instance;
    const error = await errorOf(() => FileUpload.request(cb, { fileCatalogId, computerId }, { timeout: 20_000 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "NOT_UPLOADED_YET" });
    expect(error.message).toContain(`its uploadStatus is 0, and computer ${computerId} may be offline`);
    const upload = await FileUpload.request(cb, { fileCatalogId, computerId }, { wait: false });
    expect(written()).toEqual(["POST fileUpload"]);
    expect((await upload.cancel({ dryRun: true }))?.changes).toEqual({ uploadStatus: { from: 0, to: 5 } });
    expect((await cb.select(FileUpload, upload.id ?? 0).cancel()).uploadStatus).toBe(UploadStatus.Cancelled);
    await upload.cancel();
    expect(written()).toEqual([`PUT fileUpload/${upload.id}`]);
    const stop = new AbortController();
    const onWait = () => stop.abort(new Error("enough"));
    const waiting = FileUpload.request(cb, { fileCatalogId, computerId }, { signal: stop.signal, onWait });
    await expect(waiting).rejects.toThrow("enough");
  });
});

describe("an upload", () => {
  const state = async (uploadStatus: number) => {
    const { fileCatalogId = 0, computerId = 0 } = await placed();
    await sandbox.put("protection_fileUpload", { id: 500, fileCatalogId, computerId, uploadStatus, priority: 0 });
    return cb.select(FileUpload, 500);
  };

  it.each([
    [4, "UPLOAD_FAILED", "the agent could not send the file"],
    [5, "UPLOAD_CANCELLED", "was cancelled"],
    [6, "UPLOAD_DELETED", "was deleted"],
  ])("that has ended in state %i says why", async (status, code, message) => {
    const upload = await state(status);
    const error = await errorOf(() => upload.waitForFile());
    expect([(error as { code?: string }).code, error.message]).toEqual([code, expect.stringContaining(message)]);
  });

  it("is removed with its file, once, and not cancelled when it has ended", async () => {
    const upload = await state(UploadStatus.Completed);
    const error = await errorOf(() => upload.cancel());
    expect(error).toBeInstanceOf(InvalidObjectError);
    expect(error.message).toContain("uploadStatus is 3");
    expect((await upload.remove()).uploadStatus).toBe(UploadStatus.Deleted);
    await upload.remove();
    expect(await upload.remove({ dryRun: true })).toBeUndefined();
    expect(written()).toEqual(["PUT fileUpload/500"]);
    const gone = await errorOf(() => upload.file.read());
    expect(gone).toMatchObject({ status: 404 });
  });

  it("is waited for while the server is out of order, and taken when it is not busy any more", async () => {
    const upload = await state(UploadStatus.Queued);
    sandbox.faults.add({ match: { pattern: "fileUpload/500$", times: 6 }, do: { status: 500 } });
    const troubles: unknown[] = [];
    const { fileCatalogId = 0, computerId = 0 } = upload;
    const onWait = ({ error }: UploadProgress) => {
      troubles.push(error?.message);
      return sandbox.put("protection_fileUpload", { id: 500, fileCatalogId, computerId, uploadStatus: 3 });
    };
    await upload.waitForFile({ onWait });
    expect(troubles).toContainEqual(expect.stringContaining("500"));
    sandbox.faults.add({ match: { pattern: "downloadFile", times: 2 }, do: { status: 503, retryAfter: 1 } });
    expect((await upload.file.read(2)).toString()).toBe("MZ");
  });

  it("that breaks off leaves no file and nothing beside it, and what was there untouched", async () => {
    const upload = await state(UploadStatus.Completed);
    const before = (await readdir(folder)).sort();
    sandbox.faults.add({ match: { pattern: "downloadFile" }, do: { cut: 300 } });
    await expect(upload.file.save(join(folder, "half.bin"))).rejects.toThrow();
    expect((await readdir(folder)).sort()).toEqual(before);
    sandbox.faults.clear();
    const error = await errorOf(() => upload.file.save(join(folder, "no", "such", "folder")));
    expect(error).toMatchObject({ code: "NOT_WRITTEN" });
  });

  it("takes no options that there are none of", async () => {
    const wrong = [
      () => FileUpload.request(cb, { fileCatalogId: 5, computer: 7 } as never),
      () => FileUpload.request(cb, { fileCatalogId: 5 }, { dryrun: true } as never),
      () => cb.select(FileUpload, 1).waitForFile({ onwait: () => {} } as never),
    ];
    for (const call of wrong) expect(await errorOf(call)).toMatchObject({ code: "UNKNOWN_OPTION" });
    for (const id of [0, -1, 1.5, "5", undefined]) {
      const error = await errorOf(() => FileUpload.request(cb, { fileCatalogId: id as never }));
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    expect(asked()).toEqual([]);
  });
});
