import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, describe, expect, it } from "vitest";
import type { BinaryRecord } from "../../domain/index.js";
import { sampleSensor } from "../../store/samples.js";
import { Store } from "../../store/store.js";
import { Endpoint } from "../endpoint.js";
import { RecordedValues } from "../registry/recorded.js";
import {
  bytesOf,
  codeOf,
  HOST,
  laterCodeOf,
  machineOf,
  machinesOf,
  NOW,
  run,
  smallCompany,
  textOf,
  write,
} from "../samples.js";
import { bytesContent, type Content, joinedContent } from "./content.js";
import { Software } from "./software.js";
import { SpillFolder } from "./spill.js";

const store = smallCompany();
const GIB = 1024 ** 3;
const big = "C:\\data\\big-2.bin";
const machines = machinesOf(store, {
  extraFiles: [
    { sensor: "fin-ws-001", path: big, size: 2 * GIB },
    { sensor: HOST.linux, path: "/data/note.txt", content: "from outside" },
  ],
});
const machine = machineOf(machines, HOST.victim);
afterAll(() => {
  machines.dispose();
  store.close();
});

const digest = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

describe("what is in the files of an endpoint", () => {
  it("is what the guide and the hosts' own records say", async () => {
    expect(await textOf(machineOf(machines, HOST.guide), "c:\\test.txt")).toBe("this is a test");
    expect(codeOf(() => machine.files.size("C:\\test.txt"))).toBe(2);
    const hosts = await textOf(machine, "C:\\Windows\\System32\\drivers\\etc\\hosts");
    expect(hosts).toContain("dc-01.aldermoor.example\r\n");
    expect(await textOf(machineOf(machines, HOST.linux), "/data/note.txt")).toBe("from outside");
    expect(machine.files.list("C:\\Users\\tlindqvist\\Documents\\*.csv")).toHaveLength(1);
  });

  it("is, for every program and library that the host is known to have, the file that the server knows", async () => {
    const rows = store.database.all<{ record: string }>(
      `SELECT b.record FROM binary_host x JOIN binary b ON b.md5_value = x.md5_value WHERE x.sensor_id = ?`,
      [HOST.victim],
    );
    const records = rows.map(({ record }) => JSON.parse(record) as BinaryRecord);
    expect(records.length).toBeGreaterThan(80);
    let collected = 0;
    for (const { observed_filename: names, md5, orig_mod_len, copied_mod_len } of records) {
      const path = names.find((name) => codeOf(() => machine.files.size(name)) === undefined) ?? "";
      const bytes = await bytesOf(machine.files.read(path));
      expect([path, bytes.length, digest(bytes)]).toEqual([path, orig_mod_len, md5]);
      if (copied_mod_len > 0) collected++;
    }
    expect(collected).toBeGreaterThan(40);
    // Under the name that it ran by here, and not under the one of another host.
    expect(codeOf(() => machine.files.size("C:\\Windows\\Temp\\onesyncsvc.exe"))).toBe(2);
    const there = machineOf(machines, HOST.files);
    expect(codeOf(() => there.files.size("C:\\Windows\\Temp\\onesyncsvc.exe"))).toBeUndefined();
    expect(codeOf(() => there.files.size("C:\\Users\\Public\\Libraries\\onesyncsvc.exe"))).toBe(2);
  });

  it("is the same in another run from the same seed, and another from another", async () => {
    const notes = "C:\\Users\\tlindqvist\\Documents\\*.csv";
    const same = machineOf(machinesOf(store), HOST.victim);
    const other = machineOf(machinesOf(store, { seed: "other" }), HOST.victim);
    expect(same.files.list(notes)).toEqual(machine.files.list(notes));
    expect(other.files.list(notes)).not.toEqual(machine.files.list(notes));
  });

  it("can be two gibibytes that take no memory, read at any place", async () => {
    expect(machine.files.size(big)).toBe(2 * GIB);
    const part = await bytesOf(machine.files.read(big, 3_000_000, 500_000));
    expect(await bytesOf(machine.files.read(big, 3_100_000, 7))).toEqual(part.subarray(100_000, 100_007));
    expect((await bytesOf(machine.files.read(big, 2 * GIB - 3))).length).toBe(3);
    expect((await bytesOf(machine.files.read(big, 2 * GIB))).length).toBe(0);
    expect([codeOf(() => machine.files.read(big, -1)), codeOf(() => machine.files.read(big, 0, Number.NaN))]).toEqual([
      ...[87, 87],
    ]);
    const before = process.memoryUsage();
    let size = 0;
    let most = 0;
    for await (const chunk of machine.files.read(big)) {
      size += (chunk as Buffer).length;
      if (size % (64 * 1024 * 1024) === 0) most = Math.max(most, process.memoryUsage().rss - before.rss);
    }
    expect(size).toBe(2 * GIB);
    expect(most / 1024 / 1024).toBeLessThan(200);
  });
});

describe("what is written to an endpoint", () => {
  it("goes to numbered files when it is large, and they go with it", async () => {
    const own = new SpillFolder();
    const shared = {
      ...{ store, software: new Software(store), recorded: new RecordedValues(store), spill: own, extraFiles: [] },
      ...{ options: { now: () => NOW }, onChange: () => {} },
    };
    const endpoint = new Endpoint(sampleSensor({ id: 99, systemvolume_free_size: GIB }), shared);
    const bytes = Buffer.alloc(300_000, "xyz");
    await endpoint.files.write(
      "C:\\temp\\..\\temp\\large.bin",
      Readable.from([bytes.subarray(0, 9), bytes.subarray(9)]),
    );
    expect(readdirSync(own.path ?? "")).toEqual(["1"]);
    expect(digest(await bytesOf(endpoint.files.read("C:\\temp\\large.bin")))).toBe(digest(bytes));
    // Whoever reads it goes on reading when it is removed, and a copy keeps it.
    const reader = endpoint.files.read("C:\\temp\\large.bin", 100_000);
    endpoint.files.put("C:\\temp\\copy.bin", endpoint.files.file("C:\\temp\\large.bin").content);
    endpoint.files.remove("C:\\temp\\large.bin");
    endpoint.files.remove("C:\\temp\\copy.bin");
    expect(readdirSync(own.path ?? "")).toEqual(["1"]);
    expect((await bytesOf(reader)).length).toBe(200_000);
    expect(readdirSync(own.path ?? "")).toEqual([]);
    const folder = own.path ?? "";
    own.dispose();
    expect(existsSync(folder)).toBe(false);
  });

  it("leaves the file that was there when it breaks off, in whichever way", async () => {
    const path = "C:\\temp\\kept.txt";
    await write(machine, path, "old");
    const broken = Readable.from(
      (async function* () {
        yield Buffer.alloc(100_000);
        throw new Error("cut");
      })(),
    );
    await expect(machine.files.write(path, broken)).rejects.toThrow("cut");
    const closed = new Readable({ read() {} });
    closed.push(Buffer.alloc(10));
    setImmediate(() => closed.destroy());
    await expect(machine.files.write(path, closed)).rejects.toThrow(/premature/i);
    const stop = new AbortController();
    const endless = new Readable({ read() {} });
    const writing = machine.files.write(path, endless, stop.signal);
    setImmediate(() => stop.abort());
    await expect(writing).rejects.toThrow(/abort/i);
    await expect(machine.files.write(path, Readable.from(["x"]), AbortSignal.abort())).rejects.toThrow(/abort/i);
    expect(await textOf(machine, path)).toBe("old");
    expect(machine.files.list("C:\\temp\\").map(({ filename }) => filename)).toEqual([".", "..", "kept.txt"]);
    machine.files.remove(path);
  });

  it("ends where the disk is full, and what is removed makes room", async () => {
    const tiny = Store.open();
    tiny.sensor(sampleSensor({ systemvolume_free_size: 100_000 }));
    tiny.sensor(sampleSensor({ id: 2, os_type: "linux", systemvolume_free_size: 10 }));
    const few = machinesOf(tiny);
    const small = machineOf(few, 1);
    await write(small, "C:\\temp\\a", Buffer.alloc(90_000));
    expect(await laterCodeOf(() => write(small, "C:\\temp\\b", Buffer.alloc(10_001)))).toBe(112);
    expect(codeOf(() => small.files.size("C:\\temp\\b"))).toBe(2);
    await write(small, "C:\\temp\\b", Buffer.alloc(10_000));
    small.files.remove("C:\\temp\\a");
    await write(small, "C:\\temp\\c", Buffer.alloc(90_000));
    expect(await laterCodeOf(() => write(machineOf(few, 2), "/tmp/x", "12345678901"))).toBe(28);
    // What comes from outside takes up space as well, whether or not there is any.
    const [there] = [machineOf(few, 2)];
    few.addFile({ sensor: 2, path: "/data/x", size: 4 });
    expect(await laterCodeOf(() => write(there, "/tmp/x", "1234567"))).toBe(28);
    few.addFile({ sensor: 2, path: "/data/x", size: 3 });
    await write(there, "/tmp/x", "1234567");
    few.addFile({ sensor: 2, path: "/data/y", size: 2 ** 40 });
    expect(await laterCodeOf(() => write(there, "/tmp/z", "1"))).toBe(28);
    few.dispose();
    tiny.close();
  });

  it("is refused where its directory was removed meanwhile", async () => {
    machine.files.makeDirectory("C:\\temp\\gone");
    const slow = new Readable({ read() {} });
    const writing = machine.files.write("C:\\temp\\gone\\x", slow);
    slow.push("x");
    machine.files.remove("C:\\temp\\gone");
    slow.push(null);
    expect(await laterCodeOf(() => writing)).toBe(3);
  });
});

describe("what is written on an endpoint", () => {
  it("is held in memory as long as it is small and there is little of it", () => {
    const parent = mkdtempSync(join(tmpdir(), "kept-"));
    const folder = new SpillFolder(parent);
    const files = (): number => (folder.path === undefined ? 0 : readdirSync(folder.path).length);
    const keep = (content: Content): Content => {
      const kept = folder.keep(content);
      kept.retain?.();
      return kept;
    };
    const small = (): Content => bytesContent(Buffer.alloc(60_000, "s"));
    // 64 MiB are 1118 of them, and a rest.
    const kept = Array.from({ length: 1_118 }, () => keep(small()));
    expect(files()).toBe(0);
    kept.push(keep(small()), keep(small()));
    expect(files()).toBe(2);
    const [first, second] = ["a", "b"].map((letter) => bytesContent(Buffer.alloc(8_000_000, letter)));
    if (first === undefined || second === undefined) throw new Error("there are two");
    const large = keep(joinedContent(first, second));
    expect(files()).toBe(4);
    expect(Buffer.from(large.slice(7_999_999, 2)).toString()).toBe("ab");
    for (const content of [...kept, large]) content.release?.();
    expect(files()).toBe(0);
    keep(small());
    expect(files()).toBe(0);
    folder.dispose();
    rmSync(parent, { recursive: true });
  });

  it("goes into a file when a command of the endpoint has written it", async () => {
    const parent = mkdtempSync(join(tmpdir(), "written-"));
    const own = machinesOf(store, { spillParent: parent });
    const machine = machineOf(own, HOST.victim);
    await write(machine, "c:\\large.bin", Buffer.alloc(100_000, "l"));
    await run(machine, "cmd /c for /l %i in (1,1,3) do @type c:\\large.bin>c:\\copy%i.bin");
    expect(await textOf(machine, "c:\\copy3.bin")).toBe("l".repeat(100_000));
    const [folder] = readdirSync(parent);
    expect(readdirSync(join(parent, String(folder)))).toHaveLength(4);
    own.dispose();
    expect(readdirSync(parent)).toEqual([]);
    rmSync(parent, { recursive: true });
  });
});
