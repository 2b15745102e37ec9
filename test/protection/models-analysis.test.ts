// Files that connectors analyse, from the wish to the result.
import {
  AnalysisResult,
  AnalysisStatus,
  ApiError,
  Connector,
  Event,
  FileAnalysis,
  FileCatalog,
  Notification,
  ObjectNotFoundError,
  PendingAnalysis,
} from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, sandbox, useProtection, written } from "../support/given-protection.js";

useProtection();

const LAB = {
  ...{ name: "Lab", analysisName: "Lab", connectorVersion: "1.0" },
  ...{ canAnalyze: true, enabled: true, analysisEnabled: true },
} as const;

describe("a connector", () => {
  it("registers, changes, registers again as the same one, and is taken off with its results", async () => {
    const connector = await cb.create(Connector, LAB).save();
    expect([connector.id, connector.isInternal, connector.analysisTargets]).toEqual([3, false, []]);
    connector.connectorVersion = "1.1";
    asked();
    await connector.save({ verify: true });
    expect(written()).toEqual(["PUT connector/3"]);
    const again = await cb.create(Connector, { ...LAB, connectorVersion: "2.0" }).save();
    expect([again.id, (await other.select(Connector, 3)).connectorVersion]).toEqual([3, "2.0"]);
    expect(await other.select(Connector).where({ isInternal: false }).count()).toBe(2);
    const analysis = await cb.create(FileAnalysis, { fileCatalogId: 1, connectorId: 3 }).save();
    await again.delete({ deleteData: false });
    expect(written().at(-1)).toBe("DELETE connector/3?deleteData=false");
    expect((await other.select(FileAnalysis, analysis.id ?? 0)).connectorId).toBe(3);
    await expect(other.select(Connector, 3, { refresh: true })).rejects.toBeInstanceOf(ObjectNotFoundError);
  });

  it("is asked for its work, the most urgent first", async () => {
    const connector = await cb.create(Connector, LAB).save();
    const made = [];
    for (const priority of [-1, 2, 0]) {
      const values = { fileCatalogId: 1 + priority + 1, connectorId: connector.id ?? 0, priority };
      made.push(await cb.create(FileAnalysis, values).save());
    }
    const [last, first, middle] = made.map(({ id }) => id);
    expect((await connector.pendingAnalyses.sort("id").all()).map(({ id }) => id)).toEqual([last, first, middle]);
    expect((await connector.nextAnalyses()).map(({ id }) => id)).toEqual([first, middle, last]);
    asked();
    expect((await connector.nextAnalyses({ maxCount: 2 })).map(({ id }) => id)).toEqual([first, middle]);
    expect(asked()).toEqual([`pendingAnalysis?connectorId=${connector.id}&maxCount=2`]);
    expect(await cb.select(Connector, 2).nextAnalyses()).toHaveLength(1);
  });
});

describe("an analysis", () => {
  it("leads to the computer, the file and who analyses it, and is cancelled while it is under way", async () => {
    const analysis = await cb.create(FileAnalysis, { fileCatalogId: 2, connectorId: 2, computerId: 4 }).save();
    expect([await analysis.computer.id, await analysis.fileCatalog.id, await analysis.connector.name]).toEqual([
      ...[4, 2, "Detonation Lab"],
    ]);
    analysis.priority = 1;
    await analysis.save();
    const pending = await other.select(PendingAnalysis, analysis.id ?? 0);
    expect(pending.priority).toBe(1);
    analysis.analysisStatus = AnalysisStatus.Cancelled;
    asked();
    await analysis.save({ verify: true });
    expect(written()).toEqual([`PUT fileAnalysis/${analysis.id}`]);
    expect(
      await other
        .select(PendingAnalysis)
        .where({ id: analysis.id ?? 0 })
        .count(),
    ).toBe(0);
    expect(await other.select(FileAnalysis).where({ analysisStatus: 5 }).count()).toBe(1);
  });

  it("of the server's own connector ends by itself", async () => {
    const values = { fileCatalogId: 51, connectorId: 1, analysisTarget: "Windows 10" };
    const analysis = await cb.create(FileAnalysis, values).save();
    await sandbox.clock.step(4);
    await analysis.refresh();
    expect([analysis.analysisStatus, analysis.analysisResult]).toEqual([
      ...[AnalysisStatus.Analyzed, expect.any(Number)],
    ]);
  });
});

describe("a pending analysis", () => {
  it("has the file that was sent in, and ends with the notification of its result", async () => {
    const pending = await cb.select(PendingAnalysis).one();
    expect([pending.uploaded, await pending.connector.id, await pending.fileCatalog.id]).toEqual([
      ...[true, 2, pending.fileCatalogId],
    ]);
    expect(pending.fileHash).toBe(pending.md5);
    expect((await pending.file.read()).length).toBe(pending.uploadedFileSize);
    const { id } = pending;
    const notification = pending.createNotification({
      ...{ analysisResult: AnalysisResult.Malicious, malwareName: "Nasty", product: "Lab" },
    });
    expect([notification.fileAnalysisId, notification.connectorId, notification.md5]).toEqual([id, 2, pending.md5]);
    asked();
    await notification.save();
    expect(written()).toEqual(["POST notification"]);
    const analysis = await other.select(FileAnalysis, id);
    expect([analysis.analysisStatus, analysis.analysisResult]).toEqual([
      ...[AnalysisStatus.Analyzed, AnalysisResult.Malicious],
    ]);
    expect(await other.select(PendingAnalysis).count()).toBe(0);
    const event = await other.select(Event).where({ indicatorName: "Nasty" }).one();
    expect(event.fileCatalogId).toBe(pending.fileCatalogId);
    const late = await errorOf(() => pending.createNotification({ analysisResult: AnalysisResult.Clean }).save());
    expect(late.message).toContain(`Analysis ${id} is over`);
  });

  it("tells how far it is, and what went wrong", async () => {
    const pending = await cb.select(PendingAnalysis).one();
    pending.analysisStatus = AnalysisStatus.Submitted;
    await pending.save({ verify: true });
    pending.set({ analysisStatus: AnalysisStatus.Error, analysisError: "no such machine" });
    asked();
    await pending.save();
    expect(written()).toEqual([`PUT pendingAnalysis/${pending.id}`]);
    expect((await other.select(FileAnalysis, pending.id)).analysisStatus).toBe(AnalysisStatus.Error);
    expect(await other.select(PendingAnalysis).count()).toBe(0);
  });

  it("of a file that was never seen leads to nothing", async () => {
    await other.select(FileCatalog).count();
    await sandbox.put("protection_fileAnalysis", { id: 80, connectorId: 2, analysisStatus: 0, sha256: "ab" });
    const pending = await cb.select(PendingAnalysis, 80);
    asked();
    expect([await pending.fileCatalog, pending.fileHash]).toEqual([undefined, "ab"]);
    expect(asked()).toEqual([]);
  });
});

describe("a notification", () => {
  it("is sent once, by itself, and cannot be read", async () => {
    const notification = cb.create(Notification, { analysisResult: AnalysisResult.PotentialThreat, connectorId: 2 });
    notification.set({ srcIp: "10.0.0.7", files: [{ fileName: "a.exe", fileSize: 5 }], time: new Date(0) });
    asked();
    await notification.save();
    await notification.save();
    expect(written()).toEqual(["POST notification"]);
    notification.srcIp = "10.0.0.8";
    expect(await errorOf(() => notification.save())).toMatchObject({ code: "ALREADY_SENT" });
    expect(await errorOf(() => notification.refresh())).toBeInstanceOf(ApiError);
    expect((await errorOf(() => cb.select(Notification, 1))).message).toContain("cannot be read");
    expect(asked()).toEqual([]);
  });
});
