// A file by its hash: on all computers, with the computers; and what is said when it is on none.
import { inspect } from "node:util";
import { Computer, FileCatalog, FileInstance, FileInstanceDeleted, InvalidHashError } from "cbapi/protection";
import { beforeEach, describe, expect, it } from "vitest";
import { asked, cb, other, protectionClient, sandbox, useProtection } from "../support/given-protection.js";

const NEVER = "0123456789abcdef".repeat(4);

/** A file that is on several computers, and where, by another way. */
async function spread(least = 3): Promise<{ file: FileCatalog; on: Map<number, FileInstance[]> }> {
  const all = await other.select(FileInstance).all();
  const files = new Map<number, FileInstance[]>();
  for (const row of all) files.set(row.fileCatalogId ?? 0, [...(files.get(row.fileCatalogId ?? 0) ?? []), row]);
  const [id, rows = []] = [...files].find(([, list]) => list.length >= least) ?? [0];
  const on = new Map<number, FileInstance[]>();
  for (const row of rows) on.set(row.computerId ?? 0, [...(on.get(row.computerId ?? 0) ?? []), row]);
  return { file: await other.select(FileCatalog, id), on };
}

/** A file that only one computer ever had, and that is nowhere now. */
async function gone(): Promise<FileCatalog> {
  const [was] = await other.select(FileInstanceDeleted).all({ limit: 1 });
  const sha256 = "9".repeat(64);
  const hashes = { md5: "9".repeat(32), sha1: "9".repeat(40), sha256 };
  await sandbox.put("protection_fileCatalog", { id: 900_001, fileName: "gone.exe", ...hashes });
  await sandbox.put("protection_fileInstanceDeleted", {
    ...{ id: 900_001, fileCatalogId: 900_001, computerId: was?.computerId ?? 0, dateDeleted: sandbox.clock.now() },
    ...{ fileName: "gone.exe", pathName: "c:\\temp" },
  });
  return other.select(FileCatalog, 900_001);
}

describe.each(["8.1.4.134", "7.2.3.1100"])("on a server %s", (version) => {
  useProtection({ organisation: { hosts: 12, processes: 60, binaries: 60 }, versions: { protection: version } }, false);
  beforeEach(() => cb.connect().then(() => void asked()));
  const has8 = version.startsWith("8");

  it.each(["md5", "sha1", "sha256"] as const)("a file is found by its %s, with the computers", async (field) => {
    const { file, on } = await spread();
    asked();
    const found = await FileInstance.whereIs(cb, String(file[field]).toUpperCase());
    const requests = asked();
    expect(found).toMatchObject({ state: "found", complete: true, reasons: [], notes: [], former: undefined });
    expect(found.hash).toBe(file[field]);
    expect(found.files.map(({ id }) => id)).toEqual([file.id]);
    expect(new Set(found.computers.map(({ id }) => id))).toEqual(new Set(on.keys()));
    expect(found.places.map(({ instance }) => instance.id).sort()).toEqual(
      [...on.values()]
        .flat()
        .map(({ id }) => id)
        .sort(),
    );
    // The joins are there: nothing more is asked for.
    for (const { instance, computer } of found.places) {
      expect(await instance.computer).toBe(computer);
      expect((await instance.fileCatalog)?.sha256).toBe(file.sha256);
    }
    expect(asked()).toEqual([]);
    for (const { instance, computer, file: entry } of found.places) {
      const { id, name, policyName, connected } = await other.select(Computer, instance.computerId ?? 0);
      expect(computer).toMatchObject({ id, name, policyName, connected });
      expect(entry.id).toBe(file.id);
    }
    // One search from 8.0 on; before, the catalogue, the places, the computers.
    expect(requests.map((path) => path.split("?")[0])).toEqual(
      has8 ? ["fileInstance"] : ["fileCatalog", "fileInstance", "computer"],
    );
    expect(inspect(found)).toContain(`on ${on.size} computers (`);
  });

  it("one that no computer ever reported is told from one that is on none now", async () => {
    const never = await FileInstance.whereIs(cb, NEVER);
    expect(never).toMatchObject({ state: "unseen", complete: true, files: [], places: [], computers: [] });
    expect(inspect(never)).toBe(`<FileWhereabouts of ${NEVER}: never seen>`);
    expect(await FileCatalog.find(cb, NEVER)).toEqual([]);

    const file = await gone();
    const nowhere = await FileInstance.whereIs(cb, file.sha256 ?? "");
    expect(nowhere).toMatchObject({ state: "gone", complete: true, places: [] });
    const [former, ...more] = nowhere.former ?? [];
    expect(more).toEqual([]);
    expect(former?.deleted).toMatchObject({ fileName: "gone.exe", pathName: "c:\\temp", fileCatalogId: file.id });
    expect(former?.computer?.name).toBe((await other.select(Computer, former?.deleted.computerId ?? 0)).name);
    expect(inspect(nowhere)).toContain("seen, on no computer now, 1 places where it was");
    asked();
    const brief = await FileInstance.whereIs(cb, file.sha256 ?? "", { former: false });
    expect(brief).toMatchObject({ state: "gone", former: undefined });
    expect(asked().filter((path) => path.startsWith("fileInstanceDeleted"))).toEqual([]);
  });

  it("where it was is told as well, if that is asked for", async () => {
    const [was] = await other.select(FileInstanceDeleted).all({ limit: 1 });
    const file = await other.select(FileCatalog, was?.fileCatalogId ?? 0);
    const deleted = await other.select(FileInstanceDeleted).where(`fileCatalogId:${file.id}`).all();
    const found = await FileInstance.whereIs(cb, file.md5 ?? "", { former: true });
    expect(found.state).toBe("found");
    expect(found.former?.map((each) => each.deleted.id)).toEqual(deleted.map(({ id }) => id));
    expect((await FileInstance.whereIs(cb, file.md5 ?? "")).former).toBeUndefined();
  });

  it("many are asked for together, each with an answer of its own", async () => {
    const files = (await other.select(FileCatalog).all()).slice(0, 40);
    const away = await gone();
    const hashes = files.flatMap(({ md5, sha1, sha256 }, index) => [md5, sha1, sha256][index % 3] ?? []);
    const list = [...hashes, NEVER, String(away.sha1), String(hashes[0]).toUpperCase()];
    asked();
    const found = await FileInstance.whereAre(cb, list);
    const requests = asked();
    expect(found.map(({ hash }) => hash)).toEqual(list.slice(0, -1));
    expect(found.map(({ state }) => state).slice(-2)).toEqual(["unseen", "gone"]);
    expect(requests.length).toBeLessThan(14);
    for (const path of requests) expect(encodeURI(path).length).toBeLessThan(2048);
    const all = await other.select(FileInstance).all();
    for (const [index, file] of files.entries()) {
      const own = all.filter(({ fileCatalogId }) => fileCatalogId === file.id);
      const { places = [] } = found[index] ?? {};
      expect(places.map(({ instance }) => instance.id).sort(), file.fileName).toEqual(own.map(({ id }) => id).sort());
      expect(places.every(({ computer, instance }) => computer?.id === instance.computerId)).toBe(true);
    }
  });

  it("is asked of its entry in the catalogue too, loaded or not", async () => {
    const { file, on } = await spread();
    const found = await cb.select(FileCatalog, file.id).whereIs();
    expect(found.state).toBe("found");
    expect(new Set(found.computers.map(({ id }) => id))).toEqual(new Set(on.keys()));
    expect((await FileCatalog.find(cb, file.sha1 ?? ""))[0]?.id).toBe(file.id);
  });

  it("places of a computer that the server has forgotten, and odd counts, are given and said", async () => {
    const { file } = await spread();
    const lost = { id: 900_002, fileCatalogId: file.id, computerId: 888_888, fileName: "lost.exe", pathName: "c:\\" };
    await sandbox.put("protection_fileInstance", lost);
    const found = await FileInstance.whereIs(cb, file.sha256 ?? "");
    const place = found.places.find(({ instance }) => instance.id === lost.id);
    expect(place).toMatchObject({ computer: undefined, file: { id: file.id } });
    expect(JSON.parse(JSON.stringify(found))).toMatchObject({
      state: "found",
      places: expect.arrayContaining([expect.objectContaining({ computerId: 888_888, fileName: "lost.exe" })]),
    });
    await sandbox.put("protection_fileInstance", { ...lost, fileCatalogId: 0 });
  });

  it("is complete beyond a page", async () => {
    const sha256 = "8".repeat(64);
    await sandbox.put("protection_fileCatalog", { id: 900_003, fileName: "many.exe", md5: "8".repeat(32), sha256 });
    const computers = (await other.select(Computer).all()).map(({ id }) => id);
    for (let n = 0; n < 1100; n++) {
      const computerId = computers[n % computers.length] ?? 0;
      const place = { id: 910_000 + n, fileCatalogId: 900_003, computerId, fileName: `${n}.exe`, pathName: "c:\\" };
      await sandbox.put("protection_fileInstance", place);
    }
    const found = await FileInstance.whereIs(cb, sha256);
    expect([found.places.length, found.complete]).toEqual([1100, true]);
    expect(found.computers.map(({ id }) => id).sort()).toEqual(computers.sort());
  });

  it("of a text that is no hash nothing is asked", async () => {
    for (const text of ["", "abc", "g".repeat(32), "a".repeat(33), 5 as never, undefined as never]) {
      await expect(FileInstance.whereIs(cb, text)).rejects.toThrow(InvalidHashError);
      await expect(FileCatalog.find(cb, text)).rejects.toThrow("32");
    }
    await expect(FileInstance.whereAre(cb, [NEVER, "x", "y"])).rejects.toThrow(/"x", "y" cannot be a hash/);
    expect(asked()).toEqual([]);
  });

  it("stops when it is told to, and says which permission it lacks", async () => {
    const { file } = await spread();
    await expect(FileInstance.whereIs(cb, NEVER, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
    const token = "no-computers-0123456789";
    sandbox.tokens.add({ username: "nosy", token, globalAdmin: false, rights: ["View files"] });
    const reader = protectionClient({ token });
    // Without the version, it is asked step by step.
    const denied = FileInstance.whereIs(reader, file.sha256 ?? "");
    await expect(denied).rejects.toMatchObject({
      code: "MISSING_PERMISSION",
      message: expect.stringContaining("View computers"),
    });
    await reader.close();
  });
});

describe("a server that gives less than it was asked for", () => {
  useProtection({ organisation: { hosts: 12, processes: 60, binaries: 60 } }, false);

  it("sends no computers along: they are asked for, and the files too", async () => {
    const { file, on } = await spread();
    const rows = [...on.values()].flat().map((row) => row.toJSON());
    sandbox.faults.add({ match: { pattern: "/fileInstance\\?.*expand" }, do: { status: 200, body: rows } });
    asked();
    const found = await FileInstance.whereIs(cb, file.sha256 ?? "");
    expect(found).toMatchObject({ state: "found", complete: true, files: [{ id: file.id }] });
    expect(new Set(found.computers.map(({ id }) => id))).toEqual(new Set(on.keys()));
    expect(asked().map((path) => path.split("?")[0])).toEqual([
      "serverConfig",
      "fileInstance",
      "computer",
      "fileCatalog",
    ]);
  });

  it("gives rows that cannot be told apart: the result says so", async () => {
    const { file, on } = await spread();
    const rows = [...on.values()].flat().map((row) => row.toJSON());
    const body = [...rows, { fileCatalogId: file.id, computerId: 1, fileName: "nameless.exe" }];
    sandbox.faults.add({ match: { pattern: "/fileInstance\\?" }, do: { status: 200, body } });
    const found = await cb.select(FileCatalog, file.id).whereIs();
    expect([found.places.length, found.complete]).toEqual([rows.length, false]);
    expect(inspect(found)).toContain("not complete: 1 row was left out: the server gave no usable id");
  });
});
