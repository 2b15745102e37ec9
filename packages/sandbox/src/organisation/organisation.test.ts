import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type {
  BinaryRecord,
  GroupRecord,
  OrganisationSink,
  ProcessRecord,
  SensorRecord,
  SiteRecord,
} from "../domain/index.js";
import {
  binaryContent,
  FLEET_PINGS,
  GUIDE,
  generateOrganisation,
  INTRUSION,
  intrusionStart,
  type OrganisationOptions,
  type OrganisationSummary,
  parseProcessGuid,
} from "./index.js";

class Collected implements OrganisationSink {
  readonly sites: SiteRecord[] = [];
  readonly groups: GroupRecord[] = [];
  readonly sensors = new Map<number, SensorRecord>();
  readonly binaries = new Map<string, BinaryRecord>();
  readonly processes = new Map<string, ProcessRecord>();
  readonly summary: OrganisationSummary;

  constructor(options: OrganisationOptions = {}) {
    this.summary = generateOrganisation(this, options);
  }
  site(record: SiteRecord): void {
    this.sites.push(record);
  }
  object(): void {}
  group(record: GroupRecord): void {
    this.groups.push(record);
  }
  sensor(record: SensorRecord): void {
    this.sensors.set(record.id, record);
  }
  binary(record: BinaryRecord): void {
    expect(this.binaries.has(record.md5), record.md5).toBe(false);
    this.binaries.set(record.md5, record);
  }
  process(record: ProcessRecord): void {
    if (this.processes.has(record.id)) throw new Error(`twice: ${record.id}`);
    this.processes.set(record.id, record);
  }

  get list(): ProcessRecord[] {
    return [...this.processes.values()];
  }
  find(test: (process: ProcessRecord) => boolean): ProcessRecord[] {
    return this.list.filter(test);
  }
  known(id: string): ProcessRecord {
    const process = this.processes.get(id);
    if (process === undefined) throw new Error(`no process ${id}`);
    return process;
  }
  byMd5(md5: string): BinaryRecord {
    const binary = this.binaries.get(md5.toLowerCase());
    if (binary === undefined) throw new Error(`no binary ${md5}`);
    return binary;
  }
}

function digest(options: OrganisationOptions): string {
  const hash = createHash("sha256");
  const write = (record: object): void => {
    hash.update(JSON.stringify(record));
  };
  const object = (kind: string, key: number | string, record: object): void => write({ kind, key, record });
  generateOrganisation({ site: write, group: write, sensor: write, binary: write, process: write, object }, options);
  return hash.digest("hex");
}

let all: Collected;
beforeAll(() => {
  all = new Collected();
});

describe("the default organisation", () => {
  test("has the size that was asked for", () => {
    expect(all.sensors.size).toBe(48);
    expect(all.processes.size).toBeGreaterThanOrEqual(20_000);
    expect(all.processes.size).toBe(all.summary.processes);
    expect(all.binaries.size).toBeGreaterThanOrEqual(1600);
    expect(all.binaries.size).toBe(all.summary.binaries);
    expect(new Set([...all.sensors.values()].map((sensor) => sensor.os_type))).toEqual(
      new Set(["windows", "linux", "osx"]),
    );
    for (const group of all.groups) expect(all.sites.some((site) => site.id === group.site_id)).toBe(true);
    for (const sensor of all.sensors.values())
      expect(all.groups.some((group) => group.id === sensor.group_id)).toBe(true);
  });

  test("has events of every kind, in numbers that vary", () => {
    for (const [kind, count] of Object.entries(all.summary.events)) expect(count, kind).toBeGreaterThan(20);
    const loads = new Set(all.list.map((process) => process.events.modload?.length ?? 0));
    expect(loads.size).toBeGreaterThan(8);
  });

  test("has running, ended, suppressed and unknown processes, and some of several segments", () => {
    expect(all.find((process) => process.end === undefined && !process.placeholder).length).toBeGreaterThan(1000);
    expect(all.find((process) => process.end !== undefined).length).toBeGreaterThan(10_000);
    expect(all.find((process) => process.suppressed === true).length).toBeGreaterThan(20);
    expect(all.find((process) => process.placeholder === true).every((process) => process.pid === -1)).toBe(true);
    expect(all.find((process) => process.segments.length > 1).length).toBeGreaterThan(500);
  });

  test("has a process with far more children than a summary shows", () => {
    const script = all.find((process) => process.cmdline.includes("Find-SilentHosts.ps1"));
    expect(script).toHaveLength(1);
    const id = script[0]?.id;
    expect(all.find((process) => process.parent_id === id)).toHaveLength(FLEET_PINGS);
    expect(script[0]?.events.childproc?.filter((event) => event.started)).toHaveLength(FLEET_PINGS);
  });

  test("gives every process its parent, on the same host and not younger", () => {
    for (const process of all.list) {
      if (process.parent_id === undefined) {
        expect(process.placeholder === true || /^(ntoskrnl\.exe|systemd|launchd)$/.test(process.process_name)).toBe(
          true,
        );
        continue;
      }
      const parent = all.known(process.parent_id);
      if (parent.sensor_id !== process.sensor_id || parent.start > process.start) throw new Error(process.id);
      if (parent.process_name !== process.parent_name || parent.pid !== process.parent_pid) throw new Error(process.id);
      if (parent.end !== undefined && parent.end < process.start) throw new Error(`${process.id} outlived`);
    }
  });

  test("leads every process up to the first of its host", () => {
    for (const process of all.list) {
      let top = process;
      for (let depth = 0; top.parent_id !== undefined; depth++) {
        if (depth > 30) throw new Error(`no end above ${process.id}`);
        top = all.known(top.parent_id);
      }
    }
  });

  test("has GUIDs that say sensor, pid and start", () => {
    for (const process of all.list) {
      const guid = parseProcessGuid(process.id);
      if (guid?.sensorId !== process.sensor_id || guid.start !== process.start) throw new Error(process.id);
      if (!process.placeholder && guid.pid !== process.pid) throw new Error(process.id);
    }
  });

  test("lets nothing happen before a process starts, after it ends or after the present", () => {
    for (const process of all.list) {
      expect(process.segments.length).toBeGreaterThan(0);
      const ids = process.segments.map((segment) => segment.segment_id);
      if (ids.some((id, index) => index > 0 && id <= (ids[index - 1] ?? 0))) throw new Error(process.id);
      const last = Math.max(process.end ?? 0, all.summary.now);
      for (const event of Object.values(process.events).flat()) {
        if (event.time < process.start || event.time > last) throw new Error(`${process.id}: ${JSON.stringify(event)}`);
        if ((event.segment ?? 0) >= process.segments.length) throw new Error(process.id);
      }
    }
  });

  test("knows every binary that is run or loaded", () => {
    for (const process of all.list) {
      if (!process.placeholder && !all.binaries.has(process.md5))
        throw new Error(`${process.process_name} ${process.md5}`);
      for (const load of process.events.modload ?? []) if (!all.binaries.has(load.md5)) throw new Error(load.path);
    }
  });

  test("has binaries whose hashes are those of their bytes, the guide's excepted", () => {
    let checked = 0;
    for (const binary of all.binaries.values()) {
      if (binary.copied_mod_len === 0 || binary.copied_mod_len > 30_000) continue;
      const content = binaryContent(binary);
      expect(content.length).toBe(binary.copied_mod_len);
      expect(createHash("md5").update(content).digest("hex")).toBe(binary.md5);
      expect(createHash("sha256").update(content).digest("hex")).toBe(binary.sha256);
      checked++;
    }
    expect(checked).toBeGreaterThan(500);
  });
});

describe("determinism", () => {
  const small = { hosts: 14, processes: 1500, binaries: 600 };

  test("the same seed gives the same records byte for byte", () => {
    expect(digest({ ...small, seed: 7 })).toBe(digest({ ...small, seed: 7 }));
    expect(digest({ ...small, seed: "seven" })).not.toBe(digest({ ...small, seed: 7 }));
  });

  test("the guide's part does not depend on the seed", () => {
    const one = new Collected({ ...small, seed: 1 });
    const other = new Collected({ ...small, seed: 2 });
    const guide = (from: Collected): ProcessRecord[] => from.find((process) => process.sensor_id <= GUIDE.sensors);
    expect(guide(one)).toEqual(guide(other));
  });

  test("wrong sizes are refused", () => {
    expect(() => new Collected({ hosts: 3 })).toThrow(RangeError);
    expect(() => new Collected({ processes: Number.NaN })).toThrow(RangeError);
  });
});

describe("scales", () => {
  test("empty has a site and a group", () => {
    const empty = new Collected({ scale: "empty" });
    expect([
      empty.sites.length,
      empty.groups.length,
      empty.sensors.size,
      empty.processes.size,
      empty.binaries.size,
    ]).toEqual([1, 1, 0, 0, 0]);
  });

  test("small is the guide's organisation, with its own three shells", () => {
    const small = new Collected({ scale: "small" });
    expect([...small.sensors.keys()]).toEqual([1, 2, 3, 4]);
    expect(small.groups.map((group) => group.name)).toEqual(["Default Group"]);
    const shells = small.find((process) => process.process_name === "cmd.exe" && process.sensor_id > 1);
    expect(shells.map((process) => process.id).sort()).toEqual(
      [GUIDE.otherShells.host2, GUIDE.chain.shell, GUIDE.otherShells.host3].sort(),
    );
  });
});

describe("the guide's story", () => {
  test("the two net use lead up to the kernel line by line", () => {
    const found = all.find((process) => process.process_name === "net.exe" && /test\W+blah/i.test(process.cmdline));
    found.sort((a, b) => (b.segments.at(-1)?.last_update ?? 0) - (a.segments.at(-1)?.last_update ?? 0));
    const line = (process: ProcessRecord): string =>
      `${new Date(process.start).toISOString()} ${process.username} ${process.cmdline}`;
    expect(found.map(line)).toEqual([
      "2016-11-11T20:59:31.631Z WIN-IA9NQ1GN8OI\\bit9rad net  use y: \\\\test\\blah",
      "2016-11-11T20:59:25.667Z WIN-IA9NQ1GN8OI\\bit9rad net  use z: \\\\test\\blah",
    ]);
    const lines: string[] = [];
    let walked = found[0];
    while (walked?.parent_id !== undefined) {
      walked = all.known(walked.parent_id);
      lines.push(walked.placeholder ? `unknown ${walked.id} ${walked.process_name}` : `${walked.id} ${line(walked)}`);
    }
    expect(lines).toEqual([
      '00000003-0000-036c-01d2-2efd3af51186 2016-10-25T20:20:29.790Z WIN-IA9NQ1GN8OI\\bit9rad "C:\\Windows\\system32\\cmd.exe"',
      "00000003-0000-0c34-01d2-2ec94f09cae6 2016-10-25T14:08:49.651Z WIN-IA9NQ1GN8OI\\bit9rad C:\\Windows\\Explorer.EXE",
      "00000003-0000-0618-01d2-2ec94edef208 2016-10-25T14:08:49.370Z WIN-IA9NQ1GN8OI\\bit9rad C:\\Windows\\system32\\userinit.exe",
      "00000003-0000-02ec-01d2-2ec9412b4b70 2016-10-25T14:08:26.382Z SYSTEM winlogon.exe",
      "00000003-0000-02b0-01d2-2ec94115df7a 2016-10-25T14:08:26.242Z SYSTEM \\SystemRoot\\System32\\smss.exe 00000001 00000030",
      "00000003-0000-0218-01d2-2ec93f813429 2016-10-25T14:08:23.590Z SYSTEM \\SystemRoot\\System32\\smss.exe",
      "00000003-0000-0004-01d2-2ec93f7c7181 2016-10-25T14:08:23.559Z SYSTEM c:\\windows\\system32\\ntoskrnl.exe",
      "00000003-0000-0000-01d2-2ec93f6051ee 2016-10-25T14:08:23.374Z  c:\\windows\\system32\\ntoskrnl.exe",
      "unknown 00000003-0000-0004-01d2-2ec93f6051ee ntoskrnl.exe",
    ]);
  });

  test("binaries carry the hashes, and were signed as long before as it prints", () => {
    const days = (md5: string, at: number): number =>
      Math.floor((at - (all.byMd5(md5).digsig_sign_time ?? 0)) / 86_400_000);
    expect(days("79B6D4C5283FC806387C55B8D7C8B762", Date.UTC(2016, 10, 11, 20, 59, 31))).toBe(1569);
    expect(days("79B6D4C5283FC806387C55B8D7C8B762", Date.UTC(2016, 10, 11, 20, 59, 25))).toBe(1569);
    expect(days("BF93A2F9901E9B3DFCA8A7982F4A9868", Date.UTC(2016, 9, 25, 20, 20, 29))).toBe(1552);
    expect(all.byMd5("79B6D4C5283FC806387C55B8D7C8B762").digsig_publisher).toBe("Microsoft Corporation");
    const control = all.byMd5("08D1631FAF39538A133D94585644D5A8");
    expect(control).toMatchObject({
      observed_filename: ["c:\\windows\\syswow64\\appwiz.cpl"],
      product_version: "6.2.9200.16384",
      orig_mod_len: 669_696,
      is_executable_image: false,
      is_64bit: false,
      digsig_sign_time: Date.UTC(2012, 6, 26, 8, 56),
      legal_copyright: "© Microsoft Corporation. All rights reserved.",
    });
    const users = all.find((process) => process.events.modload?.some((load) => load.md5 === control.md5) ?? false);
    expect(new Set(users.map((process) => process.sensor_id)).size).toBe(1);
    expect(all.byMd5("CA4FAFFA957C71C006B59E29DFE3EB8B").file_desc).toBe("PNRP Name Space Provider");
    for (const md5 of ["24DA05ADE2A978E199875DA0D859E7EB", "7FB55F5A62E78AF9B58D08AAEEAEF848"]) {
      expect(Buffer.from(binaryContent(all.byMd5(md5)).subarray(0, 2)).toString()).toBe("MZ");
    }
  });

  test("shells on hosts 2 and 3, and the one of seven segments on host 1", () => {
    const shells = all.find((process) => process.process_name === "cmd.exe" && [2, 3].includes(process.sensor_id));
    shells.sort((a, b) => (b.segments[0]?.last_update ?? 0) - (a.segments[0]?.last_update ?? 0));
    expect(shells.map((process) => process.id)).toEqual([
      GUIDE.chain.shell,
      GUIDE.otherShells.host3,
      GUIDE.otherShells.host2,
    ]);
    expect(shells.every((process) => process.segments.length === 1)).toBe(true);
    const segments = [...all.known(GUIDE.segmented).segments].sort((a, b) => b.last_update - a.last_update);
    expect(segments.map((segment) => segment.segment_id)).toEqual([
      1495465643405, 1495465407157, 1495463680155, 1495463807694, 1495463543944, 1495463176570, 1495463243492,
    ]);
  });

  test("hosts, notepad and evil.exe", () => {
    expect(all.sensors.get(3)).toMatchObject({ computer_name: "WIN-IA9NQ1GN8OI", group_id: 1, online: true });
    expect(all.sensors.get(4)).toMatchObject({
      computer_name: "HOSTNAME",
      build_version_string: "005.002.000.61003",
      online: true,
    });
    expect(all.find((process) => process.process_name === "evil.exe").length).toBeGreaterThan(0);
    const notepads = all.find((process) => process.process_name === "notepad.exe");
    expect(notepads.length).toBeGreaterThan(0);
    for (const process of notepads) expect(all.byMd5(process.md5).copied_mod_len).toBeGreaterThan(0);
  });

  test("the histogram of the user's programs", () => {
    const runs = new Map<string, number>();
    const mine = all.find((process) => process.sensor_id === 3 && process.username.endsWith("\\bit9rad"));
    for (const process of mine) runs.set(process.process_name, (runs.get(process.process_name) ?? 0) + 1);
    const top = [...runs].sort((a, b) => b[1] - a[1]).slice(0, 4);
    expect(top.map(([name, count]) => `${name} ${((100 * count) / mine.length).toFixed(1)}`)).toEqual([
      "taskhost.exe 6.0",
      "conhost.exe 4.7",
      "ping.exe 4.0",
      "wermgr.exe 3.5",
    ]);
  });
});

describe("the intrusion", () => {
  const on = (host: string): ((process: ProcessRecord) => boolean) => {
    const sensor = [...all.sensors.values()].find((candidate) => candidate.computer_name === host);
    return (process) => process.sensor_id === sensor?.id;
  };
  const one = (test: (process: ProcessRecord) => boolean): ProcessRecord => {
    const found = all.find(test);
    expect(found).toHaveLength(1);
    return found[0] as ProcessRecord;
  };

  test("runs from the document to the dump on the workstation", () => {
    const macro = one((process) => process.parent_name === "winword.exe" && process.process_name === "powershell.exe");
    const encoded = macro.cmdline.split(" ").at(-1) ?? "";
    expect(Buffer.from(encoded, "base64").toString("utf16le")).toContain(INTRUSION.domain);
    expect(on(INTRUSION.hosts.workstation)(macro)).toBe(true);
    expect(all.known(macro.parent_id ?? "").parent_name).toBe("outlook.exe");
    const dump = one((process) => process.cmdline.includes("comsvcs.dll"));
    const opened = dump.events.crossproc?.find((event) => event.path.endsWith("\\lsass.exe"));
    expect(opened).toMatchObject({ kind: "ProcessOpen", privileges: 0x1fffff, is_target: false });
    expect(
      all
        .known(opened?.other_id ?? "")
        .events.crossproc?.some((event) => event.other_id === dump.id && event.is_target),
    ).toBe(true);
    expect(dump.cmdline).toContain(` ${all.known(opened?.other_id ?? "").pid} `);
    const implant = all.known(dump.parent_id ?? "");
    expect(implant.parent_id).toBe(macro.id);
    expect(implant.events.regmod?.some((event) => event.path.endsWith("currentversion\\run\\onesync"))).toBe(true);
    expect(all.byMd5(implant.md5)).toMatchObject({ digsig_result: "Unsigned" });
    expect(macro.events.filemod?.some((event) => event.md5 === implant.md5 && event.path === implant.path)).toBe(true);
  });

  test("moves on over WinRM and PsExec, packs and carries off", () => {
    const arrived = one(
      (process) => process.parent_name === "wsmprovhost.exe" && process.process_name === "powershell.exe",
    );
    expect(on(INTRUSION.hosts.fileServer)(arrived)).toBe(true);
    expect(arrived.username).toBe(INTRUSION.stolenAccount);
    const provider = all.known(arrived.parent_id ?? "");
    const inbound = provider.events.netconn?.[0];
    const outbound = all
      .find(on(INTRUSION.hosts.workstation))
      .flatMap((process) => process.events.netconn ?? [])
      .find((event) => event.remote_port === 5985);
    expect(outbound).toMatchObject({
      local_ip: inbound?.remote_ip,
      local_port: inbound?.remote_port,
      remote_ip: inbound?.local_ip,
    });
    const shell = one((process) => process.parent_name === "psexesvc.exe");
    expect(on(INTRUSION.hosts.database)(shell)).toBe(true);
    expect(all.known(shell.parent_id ?? "").parent_name).toBe("services.exe");
    const pack = one((process) => process.cmdline.includes("ledger.7z") && process.process_name === "7z.exe");
    const upload = one(
      (process) => process.events.netconn?.some((event) => event.domain === INTRUSION.dropSite.domain) ?? false,
    );
    expect([pack.parent_id, upload.parent_id]).toEqual([shell.id, shell.id]);
    expect(upload.start).toBeGreaterThan(pack.end ?? Number.POSITIVE_INFINITY);
    expect(shell.start).toBeGreaterThan(arrived.start);
  });

  test("speaks with its servers from all three hosts, on one day before the present", () => {
    const talkers = all.find(
      (process) => process.events.netconn?.some((event) => event.domain.endsWith(INTRUSION.domain)) ?? false,
    );
    expect(new Set(talkers.map((process) => process.sensor_id)).size).toBe(3);
    const start = intrusionStart(all.summary.now);
    for (const process of talkers) {
      expect(process.start).toBeGreaterThan(start);
      expect(process.start).toBeLessThan(start + 4 * 3_600_000);
    }
    expect(new Date(intrusionStart(all.summary.now)).toISOString()).toBe("2026-01-02T09:41:00.000Z");
    expect(all.find((process) => process.process_name === "onesyncsvc.exe").map((process) => process.md5)).toEqual([
      expect.any(String),
      expect.any(String),
    ]);
    expect(
      new Set(all.find((process) => process.process_name === "onesyncsvc.exe").map((process) => process.md5)).size,
    ).toBe(1);
  });
});
