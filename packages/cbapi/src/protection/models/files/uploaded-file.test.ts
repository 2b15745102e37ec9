import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { ApiError, ClientError, InvalidObjectError, ServerError } from "../../../core/errors.js";
import { protectionServer } from "../../../test-support/protection-server.js";
import { jumping } from "../../../test-support/transport-server.js";
import { PendingAnalysis } from "../analysis/pending-analysis.js";
import { UploadStatus } from "../names.js";
import { FileAnalysis } from "./file-analysis.js";
import { FileUpload } from "./file-upload.js";

const CONTENT = Buffer.from("MZ uploaded");
const ARCHIVE = zipSync({ "a.exe": CONTENT, metadata: Buffer.from("{}") });

describe("a file that was uploaded", () => {
  it("is the first entry of the ZIP that the server sends, whatever that is called", async () => {
    const { cb, requests } = await protectionServer({ "fileUpload/4": ARCHIVE, "pendingAnalysis/61": ARCHIVE });
    expect(await cb.select(FileUpload, 4).file.read()).toEqual(CONTENT);
    expect(await cb.select(PendingAnalysis, 61).file.read(2)).toEqual(Buffer.from("MZ"));
    // Its object needs not be read for that.
    expect(requests).toEqual(["fileUpload/4?downloadFile=true", "pendingAnalysis/61?downloadFile=true"]);
    const archive = await cb.select(FileUpload, 4).file.archive();
    expect(Buffer.concat(await archive.toArray())).toEqual(Buffer.from(ARCHIVE));
  });

  it("is saved under the caller's name", async () => {
    const { cb } = await protectionServer({ "fileUpload/4": ARCHIVE });
    const folder = await mkdtemp(join(tmpdir(), "cbapi upload "));
    try {
      await cb.select(FileUpload, 4).file.save(join(folder, "sample"));
      expect(await readFile(join(folder, "sample"))).toEqual(CONTENT);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is asked for again while the server is busy with others", async () => {
    let busy = 2;
    const clock = jumping();
    const { cb, requests } = await protectionServer(
      { "fileUpload/4": () => (busy-- > 0 ? { status: 503, text: "busy" } : ARCHIVE) },
      { maxRetries: 3, clock },
    );
    expect(await cb.select(FileUpload, 4).file.read()).toEqual(CONTENT);
    expect([requests.length, clock.pauses.length]).toEqual([3, 2]);
  });

  it.each([
    ["an archive without a file", zipSync({}), ApiError, "The downloaded archive has no entry"],
    ["an archive that breaks off", ARCHIVE.subarray(0, 40), ApiError, "ends in the middle of its first entry"],
    [
      "a page",
      { status: 200, text: "<!DOCTYPE html><html>Log in</html>" },
      ServerError,
      "a web page instead of a file",
    ],
    ["a refusal", { status: 400, text: '{"Message":"not uploaded yet"}' }, ClientError, "not uploaded yet"],
  ])("is none when %s comes in its place", async (_, answer, kind, message) => {
    const { cb } = await protectionServer({ "fileUpload/4": answer });
    const failure = await cb
      .select(FileUpload, 4)
      .file.read()
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(failure).toBeInstanceOf(kind);
    expect((failure as Error).message).toContain(message);
  });
});

describe("an upload", () => {
  it("is asked for, and cancelled as long as it is under way", async () => {
    const { cb, writes } = await protectionServer({
      fileUpload: ({ body }) => ({ ...(body as object), id: 4, uploadStatus: 0 }),
      "fileUpload/4": ({ body }) => body as object,
    });
    const upload = await cb.create(FileUpload, { computerId: 7, fileCatalogId: 12, priority: 2 }).save();
    upload.uploadStatus = UploadStatus.Cancelled;
    await upload.save();
    expect(writes).toEqual([
      { method: "POST", path: "fileUpload", body: { computerId: 7, fileCatalogId: 12, priority: 2 } },
      { method: "PUT", path: "fileUpload/4", body: { id: 4, uploadStatus: 5 } },
    ]);
    await expect(upload.delete()).rejects.toThrow("Cannot delete a FileUpload");
  });

  it.each([3, 4, 5, 6])("that has ended (%i) is not cancelled, but its file can be deleted", async (status) => {
    const { cb, writes } = await protectionServer({
      "fileUpload/4": ({ body }) => ({ id: 4, uploadStatus: status, ...(body as object) }),
    });
    const upload = await cb.select(FileUpload, 4);
    if (status !== UploadStatus.Cancelled) {
      upload.uploadStatus = UploadStatus.Cancelled;
      await expect(upload.save()).rejects.toThrow(InvalidObjectError);
    }
    if (status !== UploadStatus.Deleted) {
      upload.uploadStatus = UploadStatus.Deleted;
      await upload.save();
    }
    expect(writes.map(({ body }) => body)).toEqual(status === 6 ? [] : [{ id: 4, uploadStatus: 6 }]);
  });

  it("gets its state from the server", async () => {
    const { cb } = await protectionServer({});
    const upload = cb.create(FileUpload, { fileCatalogId: 12, uploadStatus: 5 });
    await expect(upload.save()).rejects.toThrow("the server gives a new one its uploadStatus");
  });
});

describe("an analysis that is asked for", () => {
  it("is cancelled as long as it is under way, and set to nothing else", async () => {
    const { cb, writes } = await protectionServer({
      fileAnalysis: ({ body }) => ({ ...(body as object), id: 61, analysisStatus: 1 }),
      "fileAnalysis/61": ({ body }) => body as object,
      "fileAnalysis/62": { id: 62, analysisStatus: 3 },
    });
    const analysis = await cb.create(FileAnalysis, { fileCatalogId: 12, connectorId: 5, computerId: 0 }).save();
    expect(() => analysis.set({ analysisStatus: 3 as never })).toThrow("expected one of 5 (Cancelled)");
    await analysis.set({ analysisStatus: 5 }).save();
    expect(writes.map(({ body }) => body)).toEqual([
      { fileCatalogId: 12, connectorId: 5, computerId: 0 },
      { id: 61, analysisStatus: 5 },
    ]);
    const done = await cb.select(FileAnalysis, 62);
    await expect(done.set({ analysisStatus: 5 }).save()).rejects.toThrow("no longer under way (analysisStatus is 3)");
  });
});
