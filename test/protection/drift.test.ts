// Drift reports: rows with what they name, and what they come to.
import { Computer, DriftReport, DriftReportContents, FileCatalog } from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, protectionClient, sandbox, useProtection } from "../support/given-protection.js";

/** A report over several computers and files; row n is about computer n % 3 and file n % 2, the last about neither. */
async function report(rows = 9): Promise<{ id: number; computers: Computer[]; files: FileCatalog[] }> {
  const computers = (await other.select(Computer).all()).slice(0, 3);
  const files = (await other.select(FileCatalog).all()).slice(0, 2);
  await sandbox.put("protection_driftReport", { id: 7, name: "Weekly", createDate: sandbox.clock.now() });
  for (let n = 0; n < rows; n++) {
    const about = { computerId: computers[n % 3]?.id ?? 0, fileCatalogId: files[n % 2]?.id ?? 0, pathName: `c:\\${n}` };
    const nothing = { computerId: 0, fileCatalogId: 0, pathName: "" };
    const row = n === rows - 1 ? nothing : about;
    await sandbox.put("protection_driftReportContents", {
      id: 700 + n,
      driftReportId: 7,
      fileName: `${n}.exe`,
      ...row,
    });
  }
  asked();
  return { id: 7, computers, files };
}

describe("a drift report", () => {
  useProtection();

  it("gives its rows, with the computers and files that they name", async () => {
    const { id, computers, files } = await report();
    const drift = await cb.select(DriftReport, id);
    expect(drift.createDate).toEqual(new Date(sandbox.clock.now()));
    expect(drift.get("name")).toBe("Weekly");
    const rows = await drift.contents.include("computer", "fileCatalog").all();
    expect(rows.report()).toMatchObject({ complete: true, available: 9 });
    asked();
    for (const [n, row] of rows.slice(0, -1).entries()) {
      expect((await row.computer)?.name).toBe(computers[n % 3]?.name);
      expect((await row.fileCatalog)?.sha256).toBe(files[n % 2]?.sha256);
      expect([row.get("pathName"), row.get("fileName")]).toEqual([`c:\\${n}`, `${n}.exe`]);
    }
    expect(await rows.at(-1)?.computer).toBeUndefined();
    expect(await rows.at(-1)?.fileCatalog).toBeUndefined();
    expect((await rows[0]?.driftReport)?.id).toBe(id);
    expect(await drift.contents.where({ fileName: "3.exe", computerId: computers[0]?.id ?? 0 }).count()).toBe(1);
  });

  it("is counted by computer and by file", async () => {
    const { id, computers, files } = await report();
    const summary = await cb.select(DriftReport, id).summary();
    expect(asked().filter((path) => /^drift/.test(path))).toHaveLength(3);
    expect(summary).toMatchObject({ count: 9, reasons: [] });
    expect(summary.computers.map(({ computer, count }) => [computer?.name, count])).toEqual([
      [computers[0]?.name, 3],
      [computers[1]?.name, 3],
      [computers[2]?.name, 2],
      [undefined, 1],
    ]);
    expect(summary.files.map(({ fileCatalogId, file, count }) => [fileCatalogId, file?.sha256, count])).toEqual([
      [files[0]?.id, files[0]?.sha256, 4],
      [files[1]?.id, files[1]?.sha256, 4],
      [undefined, undefined, 1],
    ]);
    const top = await cb.select(DriftReport, id).summary({ top: 1 });
    expect([top.computers.length, top.files.length, top.count, top.reasons]).toEqual([1, 1, 9, []]);
  });

  it("says when its counts do not add up, and when rows have other fields", async () => {
    const { id } = await report();
    const groups = [{ value: 2, count: 100 }];
    sandbox.faults.add({ match: { pattern: "group=computerId" }, do: { status: 200, body: groups } });
    const { reasons } = await cb.select(DriftReport, id).summary();
    expect(reasons).toEqual([
      "the report had 9 rows, and 100 when they were counted by computerId: it changed meanwhile",
    ]);
    sandbox.faults.add({
      match: { pattern: "group=fileCatalogId" },
      do: { status: 400, body: { Message: "no field" } },
    });
    const error = await errorOf(() => cb.select(DriftReport, id).summary());
    expect(error.message).toContain("if the server has no fileCatalogId");
    for (const options of [{ top: 0 }, { top: 1.5 }, { limit: 1 } as never]) {
      await expect(cb.select(DriftReport, id).summary(options)).rejects.toMatchObject({
        code: expect.stringMatching(/INVALID|UNKNOWN/),
      });
    }
  });

  it("that came with the server has the files that a computer has beside its template", async () => {
    const [first] = await cb.select(DriftReport).all();
    const rows = (await first?.contents.all()) ?? [];
    expect(rows.length).toBeGreaterThan(0);
    const summary = await first?.summary();
    expect(summary?.computers).toMatchObject([{ computerId: rows[0]?.computerId, count: rows.length }]);
    expect(await cb.select(DriftReportContents).count()).toBe(rows.length);
  });
});

describe("a server before 8.0", () => {
  useProtection({ versions: { protection: "7.2.3.1100" } });

  it("has none", async () => {
    const old = protectionClient();
    await expect(old.select(DriftReport, 1).summary()).rejects.toMatchObject({ code: "SERVER_TOO_OLD" });
    expect(asked().filter((path) => path.startsWith("drift"))).toEqual([]);
    await old.close();
  });
});
