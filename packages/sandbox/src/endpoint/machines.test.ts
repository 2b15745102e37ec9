import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { Endpoint } from "./endpoint.js";
import type { ProgramStart } from "./options.js";
import { codeOf, HOST, machineOf, machinesOf, NOW, run, smallCompany, textOf, write } from "./samples.js";

const store = smallCompany();
afterAll(() => store.close());

/** Waits until something holds; programs take turns of the event loop. */
const until = (holds: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(holds()).toBe(true), { timeout: 30_000, interval: 1 });

describe("the processes of an endpoint", () => {
  it("are those that the server knows to run, and what no system is without", () => {
    const machines = machinesOf(store);
    const list = machineOf(machines, HOST.victim).processes.list();
    expect(list.map(({ pid }) => pid)).toEqual(list.map(({ pid }) => pid).sort((a, b) => a - b));
    const byName = (name: string) => list.filter(({ path }) => path.endsWith(`\\${name}`));
    const [implant] = byName("onesyncsvc.exe");
    expect(implant).toMatchObject({
      ...{ username: "ALDERMOOR\\tlindqvist", sid: "s-1-5-21-3623811015-3361044348-30300820-1131" },
      command_line: '"C:\\Users\\Public\\Libraries\\onesyncsvc.exe" -svc',
    });
    expect(byName("lsass.exe")[0]).toMatchObject({ username: "NT AUTHORITY\\SYSTEM", sid: "s-1-5-18" });
    const [services] = byName("services.exe");
    expect(byName("cb.exe")).toMatchObject([{ parent: services?.pid, parent_guid: services?.proc_guid }]);
    for (const sensor of [1, 2, HOST.guide, 4, HOST.linux, HOST.mac]) {
      const machine = machineOf(machines, sensor);
      const names = machine.processes.list().map(({ path }) => path.replace(/^.*[\\/]/, ""));
      const wanted = {
        windows: "smss.exe services.exe explorer.exe cb.exe",
        linux: "systemd cbdaemon",
        osx: "launchd",
      };
      expect(names).toEqual(expect.arrayContaining(wanted[machine.sensor.os_type].split(" ")));
      expect(machineOf(machinesOf(store), sensor).processes.list()).toEqual(machine.processes.list());
    }
  });

  it("can be ended, upon which the server knows that they have; those that keep the system alive cannot", () => {
    const machine = machineOf(machinesOf(store), HOST.files);
    const { processes } = machine;
    const find = (name: string) => processes.list().find(({ path }) => path.endsWith(name));
    const spooler = find("spoolsv.exe");
    processes.kill(spooler?.pid ?? -1);
    expect(find("spoolsv.exe")).toBeUndefined();
    const row = store.database.first<{ ended: number }>("SELECT ended FROM process WHERE id = ?", [
      spooler?.proc_guid ?? "",
    ]);
    expect(row?.ended).toBe(NOW);
    expect(codeOf(() => processes.kill(spooler?.pid ?? -1))).toBe(87);
    for (const name of ["csrss.exe", "lsass.exe", "services.exe", "cb.exe"]) {
      expect(codeOf(() => processes.kill(find(name)?.pid ?? -1))).toBe(5);
    }
    expect([codeOf(() => processes.kill(4)), codeOf(() => processes.kill(99_999))]).toEqual([5, 87]);
    const linux = machineOf(machinesOf(store), HOST.linux);
    expect([codeOf(() => linux.processes.kill(1)), codeOf(() => linux.processes.kill(99_999))]).toEqual([1, 3]);
  });

  it("grow by what is started, for as long as it runs", async () => {
    const machine = machineOf(machinesOf(store), HOST.victim);
    const ping = machine.processes.start("cmd /c ping -t localhost");
    await until(() => ping.output().includes("Reply from 127.0.0.1"));
    const list = machine.processes.list();
    const shell = list.find(({ pid }) => pid === ping.pid);
    expect(shell).toMatchObject({
      ...{ path: "c:\\windows\\system32\\cmd.exe", command_line: "cmd /c ping -t localhost", create_time: NOW },
      ...{ username: "NT AUTHORITY\\SYSTEM", parent: list.find(({ path }) => path.endsWith("cb.exe"))?.pid },
    });
    const child = list.find(({ parent }) => parent === ping.pid);
    expect(child).toMatchObject({ path: "c:\\windows\\system32\\ping.exe", parent_guid: shell?.proc_guid });
    machine.processes.kill(ping.pid);
    expect(await ping.ended).toBe(1);
    await until(() => !machine.processes.list().some(({ pid }) => pid === ping.pid || pid === child?.pid));
    const size = ping.output().length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ping.output().length).toBe(size);

    const notepad = machine.processes.start("notepad");
    await until(() => machine.processes.list().some(({ pid }) => pid === notepad.pid));
    notepad.kill();
    expect([await notepad.ended, notepad.output().length]).toEqual([1, 0]);
    const sleeper = machineOf(machinesOf(store), HOST.linux).processes.start("sleep infinity");
    sleeper.kill();
    expect(await sleeper.ended).toBe(137);
  });

  it("last as long as they are told", async () => {
    const slept: number[] = [];
    const machine = machineOf(
      machinesOf(store, {
        sleep: async (milliseconds) => {
          slept.push(milliseconds);
        },
      }),
      HOST.victim,
    );
    await run(machine, "cmd /c timeout /t 5 & ping -n 3 localhost");
    expect(slept).toEqual([5000, 1000, 1000]);
  });

  it("are told to whoever records them, who may keep them from starting", async () => {
    const started: ProgramStart[] = [];
    const machines = machinesOf(store, {
      onStart: (start) => {
        started.push(start);
        if (start.path.endsWith("ping.exe")) return "blocked";
        return { pid: 70_000 + started.length, guid: `00000006-0000-0000-0000-00000000000${started.length}` };
      },
    });
    const machine = machineOf(machines, HOST.victim);
    expect(codeOf(() => machine.processes.start("ping localhost"))).toBe(1260);
    expect(await run(machine, "cmd /c whoami & ping localhost")).toEqual([
      "nt authority\\system\nThis program is blocked by group policy. For more information, contact your system administrator.\n",
      1,
    ]);
    expect(started.map(({ path, parentGuid }) => [path.slice(20), parentGuid])).toEqual([
      ["ping.exe", undefined],
      ["cmd.exe", undefined],
      ["whoami.exe", "00000006-0000-0000-0000-000000000002"],
      ["ping.exe", "00000006-0000-0000-0000-000000000002"],
    ]);
    expect(started[2]).toMatchObject({
      sensorId: HOST.victim,
      username: "SYSTEM",
      commandLine: "whoami",
      md5: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });
});

describe("the endpoints of an organisation", () => {
  it("cost nothing until somebody looks, and are kept once they are changed", async () => {
    const machines = machinesOf(store);
    expect([machines.get(99), machines.get(-1), machines.get(0.5), machines.get(Number.NaN)]).toEqual([
      ...[undefined, undefined, undefined, undefined],
    ]);
    const machine = machineOf(machines, HOST.victim);
    machine.files.list("C:\\");
    machine.registry?.enumerate("HKLM");
    await run(machine, "whoami");
    expect(machines.changed).toEqual([]);
    await write(machine, "C:\\temp\\a.txt", "x");
    machineOf(machines, HOST.database).registry?.createKey("HKLM\\Software\\New");
    expect(machines.changed).toEqual([HOST.victim, HOST.database]);
    expect(machines.get(HOST.victim)).toBe(machine);
  });

  it("are as at the start again after a reset, with nothing left on the real disk", async () => {
    const spillParent = mkdtempSync(join(tmpdir(), "endpoints-test-"));
    const machines = machinesOf(store, { spillParent });
    const machine = machineOf(machines, HOST.victim);
    await write(machine, "C:\\temp\\..\\temp\\a.txt", Buffer.alloc(200_000));
    machine.files.remove("C:\\Windows\\win.ini");
    const endless = machine.processes.start("timeout /t -1");
    const [folder = ""] = readdirSync(spillParent);
    expect(readdirSync(join(spillParent, folder))).toEqual(["1"]);
    machines.reset();
    expect([await endless.ended, existsSync(join(spillParent, folder)), machines.changed]).toEqual([1, false, []]);
    const again = machineOf(machines, HOST.victim);
    expect(again).not.toBe(machine);
    expect(await textOf(again, "C:\\Windows\\win.ini")).toContain("16-bit");
    expect(codeOf(() => again.files.size("C:\\temp\\a.txt"))).toBe(2);
    machines.dispose();
    expect(readdirSync(spillParent)).toEqual([]);
    rmSync(spillParent, { recursive: true });
  });

  it("take files from outside, before and after they are first looked at", async () => {
    const machines = machinesOf(store);
    const machine = machineOf(machines, HOST.victim);
    machines.addFile({ sensor: "Fin-Ws-001", path: "C:\\data\\x\\early.txt", content: "early" });
    expect(await textOf(machine, "c:\\data\\x\\EARLY.txt")).toBe("early");
    machines.addFile({ sensor: HOST.victim, path: "C:\\data\\late.bin", size: 5 * 1024 ** 4 });
    expect(machine.files.size("C:\\data\\late.bin")).toBe(5 * 1024 ** 4);
    for (const [extra, told] of [
      [{ sensor: 99, path: "C:\\x", size: 1 }, "There is no sensor 99"],
      [{ sensor: "nobody", path: "C:\\x", size: 1 }, "There is no sensor nobody"],
      [{ sensor: 6, path: "x", size: 1 }, "cannot be the path of a file"],
      [{ sensor: 6, path: "C:\\", size: 1 }, "cannot be the path of a file"],
      [{ sensor: 6, path: "E:\\x", size: 1 }, "cannot be the path of a file"],
      [{ sensor: 10, path: "C:\\x", size: 1 }, "cannot be the path of a file"],
      [{ sensor: 6, path: "C:\\x", size: -1 }, "whole number of bytes"],
      [{ sensor: 6, path: "C:\\x" }, "needs a content or a size"],
    ] as const) {
      expect(() => machines.addFile(extra)).toThrow(told);
    }
    machines.reset();
    expect(codeOf(() => machineOf(machines, HOST.victim).files.size("C:\\data\\late.bin"))).toBe(3);
  });

  it("learn of their sensors' new state and of programs that were seen since", async () => {
    const own = smallCompany();
    const machines = machinesOf(own);
    const machine = machineOf(machines, HOST.victim);
    machine.files.list("C:\\");
    own.sensor({ ...machine.sensor, state: { is_isolating: true } });
    expect((await run(machine, "ping -n 1 dc-01"))[0]).toContain("Request timed out.");
    expect((await run(machine, "ping -n 1 127.0.0.1"))[0]).toContain("Reply from");
    const evil = "c:\\users\\public\\evil.exe";
    expect(codeOf(() => machine.files.size(evil))).toBe(2);
    const md5 =
      own.database.first<{ md5: string }>("SELECT md5 FROM process WHERE process_name = 'evil.exe'")?.md5 ?? "";
    own.process({
      ...{ sensor_id: HOST.victim, pid: 4, id: "00000006-0000-ffff-0000-000000000001", parent_pid: 0, parent_name: "" },
      ...{ start: NOW, process_name: "evil.exe", path: evil, cmdline: evil, username: "", md5, events: {} },
      segments: [{ segment_id: 1, last_update: NOW, last_server_update: NOW }],
    });
    expect(machine.files.size(evil)).toBeGreaterThan(0);
    own.close();
  });

  it("do not share what is not the same for all", () => {
    const machines = machinesOf(store);
    const one = machineOf(machines, HOST.victim);
    const other = machineOf(machines, HOST.database);
    one.files.remove("C:\\Windows\\System32\\ipconfig.exe");
    expect(other.files.size("C:\\Windows\\System32\\ipconfig.exe")).toBeGreaterThan(0);
    expect(codeOf(() => one.processes.start("ipconfig"))).toBe(2);
    expect(one).toBeInstanceOf(Endpoint);
    expect(one.memorySize).toBe(1_048_576);
  });
});
