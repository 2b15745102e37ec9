// Files by their content, where they are, the rules for them, and files that are fetched from endpoints.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Certificate,
  Computer,
  FileCatalog,
  FileInstance,
  FileInstanceDeleted,
  FileInstanceGroup,
  FileRule,
  FileState,
  FileUpload,
  LocalState,
  ObjectNotFoundError,
  Publisher,
  SourceType,
  TimeoutError,
  TrustedDirectory,
  UploadStatus,
  wildcard,
} from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { asked, cb, other, sandbox, useProtection, written } from "../support/given-protection.js";

useProtection();

const numbers = (values: readonly (number | undefined)[]) => values.map(Number).sort((a, b) => a - b);

describe("a file of the catalogue", () => {
  it("leads to who signed it, with what, and where it was first seen", async () => {
    const file = await cb.select(FileCatalog).where({ fileName: "ntoskrnl.exe" }).one();
    const [publisher, certificate, computer] = [await file.publisher, await file.certificate, await file.computer];
    expect(publisher).toBeInstanceOf(Publisher);
    expect([publisher?.id, publisher?.name]).toEqual([file.publisherId, file.get("publisher")]);
    expect(certificate).toBeInstanceOf(Certificate);
    expect(certificate?.publisherId).toBe(file.publisherId);
    expect(computer).toBeInstanceOf(Computer);
    expect(computer?.id).toBe(file.computerId);
    expect(await file.certificate.parent.subjectName).toBe("Microsoft Windows Production PCA 2011");
    const unsigned = await cb.select(FileCatalog).where({ publisherId: 0 }).one();
    asked();
    expect([await unsigned.publisher, await unsigned.certificate]).toEqual([undefined, undefined]);
    expect(asked()).toEqual([]);
  });

  it("is found by the name of who signed it, and counted by it", async () => {
    const all = await other.select(FileCatalog).all();
    const signed = all.filter((file) => file.get("publisher") === "Microsoft Corporation");
    for (const publisher of ["microsoft corporation", wildcard("Micro*"), ["x|y", "Microsoft Corporation"]]) {
      const found = await cb.select(FileCatalog).where({ publisher }).all();
      expect(numbers(found.map(({ id }) => id))).toEqual(numbers(signed.map(({ id }) => id)));
    }
    expect(await cb.select(FileCatalog).where({ publisher: "" }).count()).toBe(all.length - signed.length);
    expect(await cb.select(FileCatalog).groupBy("publisher", { by: "count", descending: true })).toEqual([
      { value: "Microsoft Corporation", count: signed.length },
      { value: "", count: all.length - signed.length },
    ]);
  });

  it("has a hash, places and rules", async () => {
    const file = await cb.select(FileCatalog).where({ fileName: "evil.exe" }).one();
    expect(file.fileHash).toBe(file.md5);
    const places = await file.fileInstances.all();
    expect(places.length).toBe(file.prevalence);
    expect(places.map(({ fileCatalogId }) => fileCatalogId)).toEqual(places.map(() => file.id));
    const [rule] = await file.fileRules.all();
    expect([rule?.fileCatalogId, rule?.fileState]).toEqual([file.id, FileState.Banned]);
    expect([file.effectiveState, file.fileState]).toEqual(["Banned", FileState.Banned]);
    // A Ref that knows no more than a key reads the object for them.
    expect(await cb.select(FileCatalog, file.id, { refresh: true }).fileHash).toBe(file.md5);
    expect(await cb.select(FileCatalog, file.id).sha256).toBe(file.sha256);
  });
});

describe("a file on a computer", () => {
  it("leads to the computer, its policy, the content, the certificate and what it came with", async () => {
    const instance = await cb.select(FileInstance).where({ computerId: 4, fileName: "ntoskrnl.exe" }).one();
    expect([await instance.computer.name, await instance.policy.name]).toEqual([
      "WORKGROUP\\WIN-IA9NQ1GN8OI",
      "Low Enforcement",
    ]);
    expect(await instance.fileCatalog.md5).toBe((await other.select(FileCatalog, instance.fileCatalogId ?? 0)).md5);
    expect(await instance.certificate.subjectName).toBe("Microsoft Corporation");
    const group = await instance.fileInstanceGroup;
    expect(group).toBeInstanceOf(FileInstanceGroup);
    expect([group?.id, group?.computerId]).toEqual([instance.fileInstanceGroupId, 4]);
  });

  it("is approved there, which shows once its agent has reported", async () => {
    const instance = await cb
      .select(FileInstance)
      .where({ computerId: 4, localState: LocalState.Unapproved })
      .slice(0, 1)
      .then(([first]) => first);
    if (instance === undefined) throw new Error("there is no such file");
    asked();
    instance.localState = LocalState.Approved;
    expect(await instance.save()).toBe(instance);
    expect(written()).toEqual(["POST fileInstance"]);
    expect(instance.localState).toBe(LocalState.Unapproved);
    await sandbox.clock.step(2);
    expect((await other.select(FileInstance, instance.id)).localState).toBe(LocalState.Approved);
    await instance.refresh();
    // Whoever wants to know waits for the agent, and for no longer than he is told to.
    instance.localState = LocalState.Unapproved;
    await instance.save({ verify: true });
    expect(instance.localState).toBe(LocalState.Unapproved);
    const cbSensorId = (await instance.computer.cbSensorId) ?? 0;
    await sandbox.setOnline(cbSensorId, false);
    instance.localState = LocalState.Approved;
    const error: unknown = await instance.save({ verify: true, timeout: 5_000 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "NOT_SHOWN_YET" });
    await sandbox.setOnline(cbSensorId, true);
    await sandbox.clock.step(2);
    expect((await other.select(FileInstance, instance.id, { refresh: true })).localState).toBe(LocalState.Approved);
  });

  it("leaves a trace when it is gone, which leads to the same", async () => {
    const gone = await cb.select(FileInstanceDeleted).where({ computerId: 4 }).one();
    expect(await gone.computer.id).toBe(4);
    expect(await gone.fileCatalog.id).toBe(gone.fileCatalogId);
    expect(await gone.fileInstanceGroup.id).toBe(gone.fileInstanceGroupId);
    expect(gone.dateDeleted?.getTime()).toBeGreaterThan(gone.dateCreated?.getTime() ?? Number.NaN);
    expect((await cb.select(FileInstanceDeleted, gone.id)).fileName).toBe(gone.fileName);
  });

  it("came with others", async () => {
    const groups = await cb.select(FileInstanceGroup).sort("id").all();
    expect(groups.map(({ computerId }) => computerId)).toEqual([1, 2, 3, 4, 5]);
    const [group] = groups;
    if (group === undefined) throw new Error("there is no group");
    expect(await group.computer.name).toBe("DOMAIN\\MYHOSTNAME");
    expect(await group.fileCatalog.fileName).toBe(group.fileName);
    expect((await cb.select(FileInstanceGroup, group.id)).userName).toBe(group.userName);
    // Groups that many files name are read together.
    cb.clearCache();
    asked();
    const files = await cb.select(FileInstance).include("fileInstanceGroup").all();
    for (const file of files) await file.fileInstanceGroup;
    expect(asked().filter((request) => request.startsWith("fileInstanceGroup"))).toEqual([
      "fileInstanceGroup?limit=5&offset=0&q=id:1|2|3|4|5",
    ]);
  });
});

describe("a rule for a file", () => {
  it("is made, changed and deleted, and the file is judged by it each time", async () => {
    const file = await cb.select(FileCatalog).where({ fileName: "reg.exe" }).first();
    if (file === undefined) throw new Error("there is no such file");
    const stateNow = async () => (await other.select(FileCatalog, file.id, { refresh: true })).effectiveState;
    const before = await stateNow();
    const rule = cb.create(FileRule, { fileCatalogId: file.id, name: "No reg", fileState: FileState.Banned });
    rule.set({ policyIds: [0] });
    await rule.save();
    expect([rule.id, rule.sourceType, rule.fileRuleType]).toEqual([3, SourceType.External, "Ban"]);
    expect(await stateNow()).toBe("Banned");
    expect([await rule.fileCatalog.id, await rule.createdByUser.name]).toEqual([file.id, "admin"]);
    asked();
    rule.set({ policyIds: [3, 5], description: "for some" });
    await rule.save({ verify: true });
    expect(written()).toEqual([`PUT fileRule/${rule.id}`]);
    expect([rule.policyIds, await rule.modifiedByUser.name]).toEqual(["3,5", "admin"]);
    expect(await stateNow()).toBe(before === "Unapproved" ? "Banned by Policy" : "Mixed");
    await rule.delete();
    expect(await stateNow()).toBe(before);
    await expect(other.select(FileRule, rule.id ?? 0)).rejects.toBeInstanceOf(ObjectNotFoundError);
  });

  it("comes from a trusted directory, from somebody, or from elsewhere", async () => {
    await other.select(FileRule).count();
    const rule = { fileCatalogId: 1, fileState: 2, policyIds: "" };
    await sandbox.put("protection_fileRule", { id: 70, ...rule, sourceType: SourceType.TrustedDirectory, sourceId: 1 });
    const [fromDirectory, manual] = [await cb.select(FileRule, 70), await cb.select(FileRule, 1)];
    const directory = await fromDirectory.trustedDirectory;
    expect(directory).toBeInstanceOf(TrustedDirectory);
    expect(directory?.get("path")).toBe("\\\\files\\packages");
    expect(await manual.trustedDirectory).toBeUndefined();
    // No user is named: nobody is asked for.
    asked();
    expect([await fromDirectory.createdByUser, await fromDirectory.modifiedByUser]).toEqual([undefined, undefined]);
    expect(asked()).toEqual([]);
  });
});

describe("a file that is fetched from an endpoint", () => {
  it("arrives at the next check-in, and is read as bytes, as a stream and as the server's archive", async () => {
    const instance = await cb.select(FileInstance).where({ computerId: 4, fileName: "cmd.exe" }).one();
    const { fileCatalogId = 0 } = instance;
    const upload = await cb.create(FileUpload, { fileCatalogId, computerId: 4, priority: 2 }).save();
    expect([upload.uploadStatus, upload.fileName]).toEqual([UploadStatus.Queued, "cmd.exe"]);
    await expect(upload.file.read()).rejects.toMatchObject({ status: 400 });
    await sandbox.clock.step(2);
    await upload.refresh();
    expect([upload.uploadStatus, await upload.computer.id]).toEqual([UploadStatus.Completed, 4]);
    const file = await upload.fileCatalog;
    expect(upload.uploadedFileSize).toBe(file?.fileSize);
    const bytes = await upload.file.read();
    const md5 = (content: Uint8Array) => createHash("md5").update(content).digest("hex");
    expect(bytes.length).toBe(file?.fileSize);
    const streamed: Buffer[] = [];
    for await (const chunk of upload.file.stream()) streamed.push(chunk as Buffer);
    expect(md5(Buffer.concat(streamed))).toBe(md5(bytes));
    let archive = 0;
    let first: Buffer | undefined;
    for await (const chunk of await upload.file.archive()) {
      first ??= chunk as Buffer;
      archive += (chunk as Buffer).length;
    }
    expect(first?.subarray(0, 2).toString()).toBe("PK");
    expect(archive).toBeGreaterThan(100);
    const folder = await mkdtemp(join(tmpdir(), "upload-"));
    try {
      await upload.file.save(join(folder, "cmd.bin"));
      expect(md5(await readFile(join(folder, "cmd.bin")))).toBe(md5(bytes));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is given up while it is on its way, and deleted once it is there", async () => {
    const upload = await cb.create(FileUpload, { fileCatalogId: 1 }).save();
    upload.priority = -1;
    await upload.save();
    expect((await other.select(FileUpload, upload.id ?? 0)).priority).toBe(-1);
    upload.uploadStatus = UploadStatus.Cancelled;
    await upload.save({ verify: true });
    await sandbox.clock.step(4);
    expect((await upload.refresh()).uploadStatus).toBe(UploadStatus.Cancelled);
    const there = await cb.select(FileUpload).where({ uploadStatus: UploadStatus.Completed }).one();
    there.uploadStatus = UploadStatus.Deleted;
    await there.save();
    await expect(there.file.read()).rejects.toBeInstanceOf(ObjectNotFoundError);
  });
});
