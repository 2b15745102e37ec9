// Binaries: what is known of them, who has them, how common they are, and their bytes.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { BannedHash, Binary, InvalidHashError, ObjectNotFoundError, Process } from "cbapi/response";
import { describe, expect, it } from "vitest";
import { cb, other, sandbox, useSandbox } from "../support/given.js";
import { requested } from "../support/sandbox.js";

/** net.exe of the guide's host. */
const NET = "79B6D4C5283FC806387C55B8D7C8B762";

useSandbox({ seed: 7, organisation: { hosts: 12, processes: 600, binaries: 330 } });

describe("a search for binaries", () => {
  const signed = () => cb.select(Binary).where("digsig_result:Signed");

  it("is narrowed, ordered and read in every way", async () => {
    const rows = await signed().all();
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.every((binary) => binary.signed)).toBe(true);
    expect(rows.report()).toMatchObject({ complete: true });
    expect(await signed().count()).toBe(rows.length);
    const microsoft = signed().and({ digsig_publisher: "Microsoft Corporation" });
    expect(microsoft.query).toContain("digsig_result:Signed");
    const some = await microsoft.all();
    expect(some.length).toBeLessThan(rows.length);
    expect(new Set(some.map(({ digsig_publisher }) => digsig_publisher))).toEqual(new Set(["Microsoft Corporation"]));
    const sorted = signed().sort("md5 asc").batchSize(20).stable();
    const hashes = rows.map(({ md5 }) => md5).sort();
    expect((await sorted.slice(2, 5)).map(({ md5 }) => md5)).toEqual(hashes.slice(2, 5));
    expect(await sorted.at(-1).md5).toBe(hashes.at(-1));
    expect(await sorted.first().md5).toBe(hashes[0]);
    const iterated = [];
    for await (const { md5 } of sorted.iterate({ timeout: 60_000 })) iterated.push(md5);
    expect(iterated).toEqual(hashes);
    expect(sorted.report()).toMatchObject({ complete: true, returned: hashes.length });
    const pages = [];
    for await (const { items } of sorted.pages()) pages.push(...items);
    expect(pages).toHaveLength(hashes.length);
    expect((await cb.select(Binary).where(`md5:${NET}`).one()).original_filename).toMatch(/^net\.exe/i);
    expect(await cb.select(Binary).raw(`q=md5%3A${NET}`).count()).toBe(1);
    expect(signed().webui_link).toMatch(/binar/);
  });

  it("counts values, takes joins along, and becomes a watchlist", async () => {
    const { digsig_result } = await cb.select(Binary).facets("digsig_result");
    expect(digsig_result.map(({ name }) => name)).toEqual(expect.arrayContaining(["Signed", "Unsigned"]));
    expect(await signed().include().first().md5).toMatch(/^[0-9A-F]{32}$/);
    const watchlist = await cb.select(Binary).where("digsig_result:Unsigned").createWatchlist("Unsigned");
    expect(watchlist).toMatchObject({ name: "Unsigned", index_type: "modules" });
    let seen = 0;
    for await (const _ of signed()) if (++seen === 3) break;
    expect(seen).toBe(3);
  });
});

describe("a binary", () => {
  it("is what its summary says", async () => {
    const binary = await cb.select(Binary, NET.toLowerCase());
    expect(binary).toMatchObject({ md5: NET, md5sum: NET, signed: true, webui_link: `${cb.url}/#binary/${NET}` });
    expect(binary.size).toBe(binary.orig_mod_len);
    expect(binary.copied_size).toBe(binary.copied_mod_len);
    expect(binary.observed_filenames.some((path) => path.endsWith("\\net.exe"))).toBe(true);
    expect(binary.signing_data).toMatchObject({ result: "Signed", publisher: "Microsoft Corporation" });
    expect(binary.signing_data.sign_time).toEqual(binary.digsig_sign_time);
    expect(binary.version_info).toMatchObject({ company_name: binary.company_name, original_filename: "net.exe" });
    expect(binary.icon?.subarray(1, 4).toString()).toBe("PNG");
    expect(() => cb.select(Binary, "no hash")).toThrow(InvalidHashError);
    await expect(cb.select(Binary, "F".repeat(32)).size).rejects.toThrow(ObjectNotFoundError);
  });

  it("knows the sensors that have seen it, by their names without a request", async () => {
    const binary = await cb.select(Binary).where("observed_filename:onesyncsvc.exe").first();
    sandbox.requests.clear();
    const names = await Promise.all((binary?.endpoints ?? []).map((sensor) => sensor.computer_name));
    expect(names).toEqual(expect.arrayContaining(["FIN-WS-001", "FILE-01"]));
    expect(requested(sandbox)).toEqual([]);
    expect(binary?.host_count).toBe(2);
    expect(binary?.tags).toEqual(expect.arrayContaining(["soc", "virustotal"]));
    expect(binary?.tagInfo("soc")).toMatchObject({ score: 90 });
    expect(binary?.tagInfo("nobody")).toBeUndefined();
  });

  it("is as common as its processes", async () => {
    const binary = await cb.select(Binary, NET);
    const segments = await cb.select(Process).where(`process_md5:${NET}`).count();
    const { process_count, all_process_count, computer_count, module_frequency } = await binary.frequency;
    expect(process_count).toBe(segments);
    expect(computer_count).toBeGreaterThan(0);
    expect(module_frequency).toBeCloseTo(process_count / all_process_count, 10);
    sandbox.requests.clear();
    expect(await binary.getFrequency({ timeout: 60_000 })).toMatchObject({ process_count });
    expect(requested(sandbox)).toEqual([]);
  });

  it("can be banned, and says so from then on", async () => {
    const binary = await cb.select(Binary).where("observed_filename:onesyncsvc.exe").one();
    expect(await binary.banned).toBe(false);
    await binary.ban({ text: "the implant" });
    const ban = await binary.banned;
    expect(ban).toBeInstanceOf(BannedHash);
    const { md5hash, text, enabled } = ban === false ? {} : ban;
    expect({ md5hash: md5hash?.toUpperCase(), text, enabled }).toEqual({
      md5hash: binary.md5,
      text: "the implant",
      enabled: true,
    });
    expect(await binary.getBanned({ timeout: 60_000 })).toBeInstanceOf(BannedHash);
    // The bytes and the ban need no more than the hash.
    sandbox.requests.clear();
    expect(await other.select(Binary, NET).banned).toBe(false);
    expect(requested(sandbox).filter((path) => path.includes("/summary"))).toEqual([]);
  });
});

describe("the file of a binary", () => {
  it("comes as bytes, as a stream, as the server's archive and as a file", async () => {
    const { file, copied_size } = await cb.select(Binary, NET);
    const bytes = await file.read();
    expect(bytes).toHaveLength(copied_size);
    expect(bytes.subarray(0, 2).toString()).toBe("MZ");
    expect(await file.read(2)).toEqual(Buffer.from("MZ"));
    expect((await buffer(file.stream())).equals(bytes)).toBe(true);
    const archive = await buffer(await file.archive());
    expect(archive.subarray(0, 2).toString()).toBe("PK");
    expect(archive.includes("filedata")).toBe(true);
    const folder = await mkdtemp(join(tmpdir(), "cbapi binary "));
    await file.save(join(folder, "net.bin"));
    expect((await readFile(join(folder, "net.bin"))).equals(bytes)).toBe(true);
    await rm(folder, { recursive: true });
  });
});
