import { afterAll, describe, expect, it } from "vitest";
import type { EndpointMachine } from "../machine.js";
import { codeOf, HOST, laterCodeOf, machineOf, machinesOf, NOW, smallCompany, textOf, write } from "../samples.js";

const store = smallCompany();
const machines = machinesOf(store);
const windows = machineOf(machines, HOST.victim);
const server = machineOf(machines, HOST.files);
const linux = machineOf(machines, HOST.linux);
const mac = machineOf(machines, HOST.mac);
afterAll(() => {
  machines.dispose();
  store.close();
});

const names = (machine: EndpointMachine, path: string): string[] =>
  machine.files.list(path).map(({ filename }) => filename);

describe("a disk of Windows", () => {
  it("is laid out as the system does it", () => {
    expect([windows.files.drives(), server.files.drives()]).toEqual([["C:\\"], ["C:\\", "D:\\"]]);
    expect(names(windows, "C:\\")).toEqual([
      ...["$Recycle.Bin", "Documents and Settings", "pagefile.sys", "PerfLogs", "Program Files", "Program Files (x86)"],
      ...["ProgramData", "Recovery", "swapfile.sys", "System Volume Information", "temp", "Users", "Windows"],
    ]);
    expect(names(windows, "c:\\users\\*")).toEqual([
      ...[".", "..", "All Users", "Default", "Default User", "desktop.ini", "Public", "tlindqvist"],
    ]);
    const [junction] = windows.files.list("C:\\Documents and Settings");
    expect(junction).toMatchObject({
      attributes: ["DIRECTORY", "HIDDEN", "SYSTEM", "NOT_CONTENT_INDEXED", "REPARSE_POINT"],
      ...{ alt_name: "DOCUME~1", size: 0 },
    });
    expect(windows.files.list("C:\\pagefile.sys")[0]?.size).toBeGreaterThan(1_000_000_000);
  });

  it.each([
    ["C:\\Windows\\win.ini", "as it is written"],
    ["c:/WINDOWS/WIN.INI", "in another case and with the other separator"],
    ["C:\\Windows\\.\\Temp\\..\\win.ini", "with dots"],
    ["C:\\..\\..\\Windows\\win.ini", "with more dots than there is above"],
    ["C:\\Windows\\win.ini. . ", "with dots and blanks at its end"],
    ["\\\\?\\C:\\Windows\\win.ini", "in the form of long paths"],
  ])("reads %j: %s", async (path) => {
    expect(await textOf(windows, path)).toMatch(/^; for 16-bit app support\r\n/);
  });

  it.each([
    ["C:\\nope.txt", 2],
    ["C:\\nope\\nope.txt", 3],
    ["C:\\Windows\\win.ini\\x", 3],
    ["E:\\x", 3],
    ["", 3],
    ["C:\\System Volume Information\\x", 5],
    ["C:\\Windows\\System32\\config\\SAM", 5],
    ["C:\\Windows", 5],
    ["\\\\.\\PhysicalDrive0", 5],
    ["\\\\?\\GLOBALROOT\\Device\\HarddiskVolume1\\x", 5],
    ["C:\\pagefile.sys", 32],
    ["C:\\Users\\tlindqvist\\NTUSER.DAT", 32],
    ["C:\\Windows\\System32\\winevt\\Logs\\Security.evtx", 32],
    ["\\\\server\\share\\x", 53],
    ["C:win.ini", 123],
    ["win.ini", 123],
    ["\\Windows\\win.ini", 123],
    ["C:", 123],
    ["C:\\a\0b", 123],
    ["C:\\NUL", 123],
    ["C:\\temp\\con.txt", 123],
    ["C:\\a|b", 123],
    ["C:\\Windows\\win.ini:stream", 123],
    ["C:\\Windows\\*.ini", 123],
  ])("refuses to read %j with %i", (path, code) => {
    expect(codeOf(() => windows.files.read(path))).toBe(code);
    expect(codeOf(() => windows.files.size(path))).toBe(code);
  });

  it("refuses names and paths that are too long", () => {
    expect(codeOf(() => windows.files.read(`C:\\${"a".repeat(256)}`))).toBe(123);
    expect(codeOf(() => windows.files.read(`C:\\${"a\\".repeat(20_000)}`))).toBe(206);
    expect(codeOf(() => windows.files.list(`C:\\${"*".repeat(40_000)}`))).toBe(206);
    expect(codeOf(() => linux.files.read(`/${"a".repeat(256)}`))).toBe(36);
    expect(codeOf(() => linux.files.read(`/${"a/".repeat(20_000)}`))).toBe(36);
    expect(codeOf(() => linux.files.read(`/usr/bin${"/X11".repeat(60)}/ls`))).toBe(40);
  });

  it.each([
    ["C:\\Windows\\nothing*", 2],
    ["C:\\Windows\\nothing", 2],
    ["C:\\nowhere\\", 3],
    ["C:\\nowhere\\*", 3],
    ["C:\\System Volume Information\\", 5],
    ["C:\\Windows\\win.ini\\", 267],
    ["C:\\Win*\\x", 123],
  ])("refuses to list %j with %i", (path, code) => {
    expect(codeOf(() => windows.files.list(path))).toBe(code);
  });

  it("lists by patterns as the system compares them", () => {
    expect(names(windows, "C:\\Windows\\*.ini")).toEqual(["system.ini", "win.ini"]);
    expect(names(windows, "C:\\Windows\\???.INI")).toEqual(["win.ini"]);
    expect(names(windows, "C:\\Windows\\System32\\drivers\\etc\\*.")).toEqual([
      ...["hosts", "networks", "protocol", "services"],
    ]);
    expect(names(windows, "C:\\Windows\\System32\\drivers\\etc\\*.*")).toHaveLength(6);
    expect(names(windows, "C:\\PROGRA~1\\COMMON~1")).toEqual(["Common Files"]);
    expect(names(windows, "C:\\Windows\\win.ini")).toEqual(["win.ini"]);
    expect(names(windows, "C:\\Windows")).toEqual(["Windows"]);
    expect(codeOf(() => windows.files.list(`C:\\Windows\\${"*a".repeat(120)}b`))).toBe(2);
  });

  it("follows junctions, in circles only so far", async () => {
    expect(names(windows, "C:\\Documents and Settings\\All Users\\")).toEqual(names(windows, "C:\\ProgramData\\"));
    const circle = "C:\\ProgramData\\Application Data".concat("\\Application Data".repeat(60));
    expect(codeOf(() => windows.files.list(`${circle}\\`))).toBe(1921);
    windows.files.remove("C:\\Users\\tlindqvist\\Local Settings");
    expect(names(windows, "C:\\Users\\tlindqvist\\AppData\\Local\\")).toContain("Temp");
  });

  it("makes and removes directories and files, each refusal with the system's own code", async () => {
    const { files } = windows;
    files.makeDirectory("C:\\temp\\Ünïcode name with blanks");
    expect(names(windows, "C:\\temp\\*")).toEqual([".", "..", "Ünïcode name with blanks"]);
    expect(codeOf(() => files.makeDirectory("c:\\TEMP\\ünïcode NAME with blanks\\"))).toBe(183);
    expect(codeOf(() => files.makeDirectory("C:\\Windows\\win.ini"))).toBe(183);
    expect(codeOf(() => files.makeDirectory("C:\\no\\where"))).toBe(3);
    expect(codeOf(() => files.makeDirectory("C:\\"))).toBe(5);
    expect(codeOf(() => files.makeDirectory("C:\\temp\\AUX"))).toBe(123);
    await write(windows, "C:\\temp\\Ünïcode name with blanks\\a.txt", "one");
    expect(codeOf(() => files.remove("C:\\temp\\Ünïcode name with blanks"))).toBe(145);
    expect(codeOf(() => files.remove("C:\\temp\\nothing"))).toBe(2);
    expect(codeOf(() => files.remove("C:\\nothing\\nothing"))).toBe(3);
    expect(codeOf(() => files.remove("C:\\pagefile.sys"))).toBe(32);
    expect(codeOf(() => files.remove("C:\\"))).toBe(5);
    expect(await laterCodeOf(() => write(windows, "C:\\Windows", "x"))).toBe(5);
    expect(await laterCodeOf(() => write(windows, "C:\\no\\where", "x"))).toBe(3);
    expect(await laterCodeOf(() => write(windows, "C:\\Windows\\System32\\config\\SAM", "x"))).toBe(5);
    await write(windows, "c:\\temp\\ÜNÏCODE NAME WITH BLANKS\\A.TXT", "two");
    const [entry] = files.list("C:\\temp\\Ünïcode name with blanks\\a*");
    expect(entry).toEqual({
      ...{ filename: "a.txt", attributes: ["ARCHIVE"], size: 3 },
      ...{ create_time: NOW, last_access_time: NOW, last_write_time: NOW },
    });
    files.remove("C:\\temp\\Ünïcode name with blanks\\a.txt");
    files.remove("C:\\temp\\Ünïcode name with blanks");
    expect(names(windows, "C:\\temp\\*")).toEqual([".", ".."]);
  });

  it("keeps the file of a running program", async () => {
    const implant = "C:\\Users\\Public\\Libraries\\onesyncsvc.exe";
    expect(codeOf(() => windows.files.remove(implant))).toBe(5);
    expect(await laterCodeOf(() => write(windows, implant, "x"))).toBe(32);
    const running = windows.processes.list().find(({ path }) => path.endsWith("onesyncsvc.exe"));
    windows.processes.kill(running?.pid ?? -1);
    windows.files.remove(implant);
    expect(codeOf(() => windows.files.size(implant))).toBe(2);
  });

  it("stands directories that are very deep", () => {
    let path = "C:\\temp";
    for (let depth = 0; depth < 1_000; depth++) {
      path += "\\d";
      windows.files.makeDirectory(path);
    }
    expect(names(windows, `${path}\\*`)).toEqual([".", ".."]);
    for (; path !== "C:\\temp"; path = path.slice(0, -2)) windows.files.remove(path);
    expect(names(windows, "C:\\temp\\*")).toEqual([".", ".."]);
  });
});

describe("a disk of Unix", () => {
  it("is laid out as the system does it, with the contents of this host", async () => {
    expect(linux.files.drives()).toEqual(["/"]);
    expect(names(linux, "/")).toEqual(
      `. .. bin boot dev etc home lib lib64 lost+found media mnt opt proc root run sbin srv tmp usr var`.split(" "),
    );
    expect(await textOf(linux, "/etc/hostname")).toBe("lnx-01\n");
    expect(await textOf(linux, "/etc/passwd")).toContain("deploy:x:1000:1000::/home/deploy:/bin/bash\n");
    expect(await textOf(linux, "/tmp/../etc/./hosts")).toContain(linux.sensor.computer_dns_name);
    expect(linux.files.list("/bin")[0]).toMatchObject({ filename: "bin", attributes: ["DIRECTORY", "REPARSE_POINT"] });
    expect(names(linux, "/usr/bin/X11/X11/")).toEqual(names(linux, "/usr/bin/"));
    expect(names(linux, "/home/deploy/.*")).toEqual([".", "..", ".bash_history", ".profile"]);
    expect(await textOf(mac, "/tmp/../etc/hosts")).toContain("broadcasthost");
    expect(names(mac, "/USERS/")).toContain("Shared");
  });

  it.each([
    ["/nope", 2],
    ["/nope/nope", 2],
    ["relative", 2],
    ["", 2],
    ["/etc/HOSTS", 2],
    ["C:\\Windows", 2],
    ["/proc/kcore", 13],
    ["/lost+found/x", 13],
    ["/etc/passwd/x", 20],
    ["/etc/passwd/", 20],
    ["/etc", 21],
    ["/a\0b", 22],
  ])("refuses to read %j with %i", (path, code) => {
    expect(codeOf(() => linux.files.read(path))).toBe(code);
  });

  it("tells names apart by their case, and allows what Windows does not", async () => {
    await write(linux, "/tmp/Con: a|b?.txt", "one");
    await write(linux, "/tmp/con: A|b?.txt", "two");
    expect(names(linux, "/tmp/")).toEqual([".", "..", "Con: a|b?.txt", "con: A|b?.txt"]);
    expect(await textOf(linux, "/tmp/con: A|b?.txt")).toBe("two");
    expect(names(linux, "/tmp/Con: a|b?.txt")).toEqual(["Con: a|b?.txt"]);
    expect(names(linux, "/tmp/*A*")).toEqual(["con: A|b?.txt"]);
    expect(codeOf(() => linux.files.makeDirectory("/tmp"))).toBe(17);
    linux.files.makeDirectory("/tmp/d");
    linux.files.makeDirectory("/tmp/d/e");
    expect(codeOf(() => linux.files.remove("/tmp/d"))).toBe(39);
    expect(codeOf(() => linux.files.remove("/"))).toBe(16);
    expect(await laterCodeOf(() => write(linux, "/etc", "x"))).toBe(21);
    await write(mac, "/tmp/A", "one");
    mac.files.makeDirectory("/tmp/d");
    await write(mac, "/tmp/D/x", "one");
    expect([codeOf(() => mac.files.remove("/tmp/d")), codeOf(() => mac.files.makeDirectory("/tmp/a"))]).toEqual([
      66, 17,
    ]);
  });
});
