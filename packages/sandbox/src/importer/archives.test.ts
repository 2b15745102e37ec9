import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { importSysmon } from "./index.js";
import { Collected, flat, imported, lines, story } from "./samples.js";

describe("containers", () => {
  const events = flat(story);
  const text = lines(events);
  const array = JSON.stringify(events);
  const forms: Record<string, Uint8Array> = {
    "JSON lines": strToU8(text),
    "lines with CR and blanks": strToU8(`\ufeff\r\n${text.replaceAll("\n", "\r\n\r\n")}`),
    "one array": strToU8(array),
    "an indented array": strToU8(JSON.stringify(events, undefined, 2)),
    "indented objects": strToU8(events.map((event) => JSON.stringify(event, undefined, 2)).join("\n")),
    "UTF-16": Buffer.from(`\ufeff${text}`, "utf16le"),
    gzip: gzipSync(text),
    "gzip of an array": gzipSync(array),
    zip: zipSync({ "../../log.json": strToU8(text) }),
    "a zip of two": zipSync({
      "a.json": strToU8(lines(events.slice(0, 9)).trimEnd()),
      "b.json": strToU8(lines(events.slice(9))),
    }),
    "a stored zip": zipSync({ "a.json": [strToU8(text), { level: 0 }] }),
  };
  test.each(Object.entries(forms))("%s, cut anywhere", async (_, bytes) => {
    const reference = await imported(text);
    for (const chunk of [1, 13, 997, 1_000_000]) {
      const log = await imported(bytes, { chunk });
      expect(log.report).toEqual(reference.report);
      expect(log.processes).toEqual(reference.processes);
    }
  });

  test("a file by its path, whatever its name", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sysmon-"));
    try {
      const path = join(folder, "log.txt");
      await writeFile(path, gzipSync(text));
      const report = await importSysmon(path, new Collected());
      expect(report).toMatchObject({ file: "log.txt", events: story.length });
      await expect(importSysmon(join(folder, "absent.json"), new Collected())).rejects.toThrow("ENOENT");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("an archive that ends early or swells too far is named, and what came before is kept", async () => {
    const many = lines(
      Array.from({ length: 400 }, (_, index) => ({ ...events[2], Serial: index, Noise: `${(index * 7919) % 9973}` })),
    );
    const gzip = gzipSync(many);
    const short = await imported(gzip.subarray(0, gzip.length - 40));
    expect(short.report.skipped.map((entry) => entry.what)).toContain("gzip archive");
    const zip = zipSync({ "a.json": strToU8(many) });
    const cut = await imported(zip.subarray(0, 600));
    expect(cut.report.skipped.map((entry) => entry.what)).toContain("ZIP archive");
    const bomb = await imported(gzipSync(new Uint8Array(30_000_000)), { maxBytes: 1_000_000, maxEventLength: 10_000 });
    expect(bomb.report.skipped[0]).toMatchObject({ what: "archive" });
    expect(bomb.processes).toEqual([]);
  });

  test("an empty log", async () => {
    for (const nothing of ["", "\n\n", "[]"]) {
      const log = await imported(nothing);
      expect(log.report).toMatchObject({ lines: 0, processes: 0, sensors: 0, firstTime: undefined });
      expect(log.report.skipped).toEqual([{ what: "file", reason: "there is nothing in it", count: 1 }]);
    }
  });
});

describe("archives that are not what they seem", () => {
  const good = strToU8(lines(flat(story)));
  const zip = zipSync({ "good.json": good });
  const troubles = async (bytes: Uint8Array): Promise<string[]> => {
    const { report } = await imported(bytes);
    return report.skipped
      .filter(({ what }) => what.includes("archive"))
      .map(({ what, reason }) => `${what}: ${reason}`);
  };
  const bytes = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts);
  const junk = Buffer.from("no part of any archive ".repeat(50));

  test("a ZIP of which only the beginning is one", async () => {
    for (const broken of [bytes(zip.subarray(0, 40), junk), bytes(zip.subarray(0, 4), junk), zip.subarray(0, -30)]) {
      const { report } = await imported(broken);
      expect(report).toMatchObject({ lines: 0 });
      expect(report.skipped).toEqual([{ what: "ZIP archive", reason: expect.stringMatching(/directory/), count: 1 }]);
    }
  });

  test("a ZIP with something behind it is read, and that is said", async () => {
    const { report } = await imported(bytes(zip, junk));
    expect(report).toMatchObject({ events: story.length });
    expect(await troubles(bytes(zip, junk))).toEqual([expect.stringMatching(/1150 bytes after its end/)]);
  });

  test("a ZIP without a file, and one with empty, packed and odd ones", async () => {
    expect(await troubles(zipSync({}))).toEqual(["ZIP archive: there is no file in it"]);
    const mixed = zipSync({
      "folder/": new Uint8Array(0),
      "empty.json": new Uint8Array(0),
      "inner.zip": zip,
      "__MACOSX/._good.json": junk,
      "array.json": strToU8(JSON.stringify(flat(story.slice(0, 1)))),
      "lines.json.gz": gzipSync(lines(flat(story.slice(1)))),
      "wide.json": Buffer.from(`\ufeff${lines(flat(story.slice(3, 4)))}`, "utf16le"),
    });
    const { report } = await imported(mixed);
    // Each file is a log by itself: one may be an array and the next one lines, in another encoding.
    expect(report).toMatchObject({ events: story.length + 1, malformedLines: 0 });
    expect((await troubles(mixed)).sort()).toEqual([
      "__MACOSX/._good.json in the ZIP archive: it only keeps what macOS knows of another file",
      "empty.json in the ZIP archive: there is nothing in it",
      "inner.zip in the ZIP archive: it is an archive within the archive",
    ]);
  });

  test("a damaged, an encrypted and a strangely packed file beside good ones", async () => {
    const both = Buffer.from(zipSync({ "first.json": good, "second.json": [good, { level: 0 }] }));
    const second = both.lastIndexOf("PK\x01\x02");
    const first = both.lastIndexOf("PK\x01\x02", second - 1);
    const changed = (change: (copy: Buffer) => void): Buffer => {
      const copy = Buffer.from(both);
      change(copy);
      return copy;
    };
    const cases: [Buffer, RegExp][] = [
      [changed((copy) => copy.writeUInt16LE(1, first + 8)), /^first.json .*encrypted/],
      [changed((copy) => copy.writeUInt16LE(12, first + 10)), /^first.json .*method 12/],
      [changed((copy) => copy.fill(0xff, 60, 90)), /^first.json /],
      [changed((copy) => copy.writeUInt32LE(7, first + 16)), /^first.json .*checksum/],
      [changed((copy) => copy.writeUInt32LE(7, second + 24)), /^second.json .*size/],
      [changed((copy) => copy.writeUInt32LE(9, first + 42)), /^first.json .*not where/],
      [changed((copy) => copy.writeUInt32LE(0x7fffffff, first + 20)), /^first.json .*ends in the middle/],
    ];
    for (const [archive, expected] of cases) {
      const { report } = await imported(archive);
      expect(report.events).toBeGreaterThanOrEqual(story.length);
      expect(await troubles(archive)).toEqual([expect.stringMatching(expected)]);
    }
    const { report } = await imported(changed((copy) => copy.writeUInt32LE(0, second)));
    expect(report.skipped[0]?.reason).toMatch(/directory is damaged: 1 of 2/);
  });

  test("sizes that only the 64-bit fields hold", async () => {
    const plain = Buffer.from(zipSync({ "large.json": [good, { level: 0 }] }));
    const central = plain.indexOf("PK\x01\x02");
    const extra = Buffer.alloc(20);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(16, 2);
    extra.writeBigUInt64LE(BigInt(good.length), 4);
    extra.writeBigUInt64LE(BigInt(good.length), 12);
    const entry = Buffer.from(plain.subarray(central, central + 46 + "large.json".length));
    entry.writeUInt32LE(0xffffffff, 20);
    entry.writeUInt32LE(0xffffffff, 24);
    entry.writeUInt16LE(extra.length, 30);
    const end64 = Buffer.alloc(56 + 20);
    end64.writeUInt32LE(0x06064b50, 0);
    end64.writeBigUInt64LE(1n, 32);
    end64.writeBigUInt64LE(BigInt(entry.length + extra.length), 40);
    end64.writeBigUInt64LE(BigInt(central), 48);
    end64.writeUInt32LE(0x07064b50, 56);
    end64.writeBigUInt64LE(BigInt(central + entry.length + extra.length), 64);
    const end = Buffer.from(plain.subarray(-22));
    end.fill(0xff, 8, 20);
    const { report } = await imported(bytes(plain.subarray(0, central), entry, extra, end64, end));
    expect(report).toMatchObject({
      events: story.length,
      skipped: expect.not.arrayContaining([{ what: "ZIP archive" }]),
    });
  });

  test("a gzip that was cut short anywhere, or goes on after its end", async () => {
    const gzip = gzipSync(good);
    for (const length of [3, 9, 10, 15, 19, 100, gzip.length - 9, gzip.length - 1]) {
      expect(await troubles(gzip.subarray(0, length)), String(length)).toEqual([
        expect.stringMatching(/^gzip archive: .*(end|there is nothing)/),
      ]);
    }
    expect(await troubles(bytes(gzip, junk))).toEqual([expect.stringMatching(/after its end|header check/)]);
    expect((await imported(bytes(gzip, gzip))).report.lines).toBe(2 * story.length);
  });

  test("a ZIP on the disk is read in place", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sysmon-"));
    try {
      const path = join(folder, "logs.zip");
      await writeFile(path, zip);
      expect(await importSysmon(path, new Collected())).toMatchObject({ file: "logs.zip", events: story.length });
      await writeFile(path, zip.subarray(0, 100));
      expect((await importSysmon(path, new Collected())).skipped[0]).toMatchObject({ what: "ZIP archive" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
