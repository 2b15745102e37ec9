import { afterAll, describe, expect, it } from "vitest";
import type { EndpointRegistry, RegistryValue } from "../machine.js";
import { codeOf, HOST, machineOf, machinesOf, NOW, smallCompany } from "../samples.js";

const store = smallCompany();
const machines = machinesOf(store);
const machine = machineOf(machines, HOST.victim);
const own = "S-1-5-21-3623811015-3361044348-30300820-1131";
afterAll(() => {
  machines.dispose();
  store.close();
});

function registryOf(sensor: number): EndpointRegistry {
  const { registry } = machineOf(machines, sensor);
  if (registry === undefined) throw new Error("no registry");
  return registry;
}
const registry = registryOf(HOST.victim);
const dataOf = (values: readonly RegistryValue[]): Record<string, unknown> =>
  Object.fromEntries(values.map(({ value_name, value_data }) => [value_name, value_data]));

describe("the registry of an endpoint", () => {
  it("is true to its sensor, in every spelling of a path", () => {
    const version = registry.enumerate("HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion");
    const product = machine.sensor.os_environment_display_string.replace(", 64-bit", "");
    expect(dataOf(version.values)).toMatchObject({ ProductName: product, SystemRoot: "C:\\Windows" });
    expect(registry.enumerate("hkey_local_machine\\Software\\MICROSOFT\\windows nt\\currentversion\\")).toEqual(
      version,
    );
    expect(
      registry.query("HKLM\\SYSTEM\\CurrentControlSet\\Control\\ComputerName\\ComputerName\\computername"),
    ).toEqual({
      ...{ value_name: "ComputerName", value_type: "REG_SZ", value_data: "FIN-WS-001" },
    });
    const interfaces = "HKLM\\SYSTEM\\ControlSet001\\Services\\Tcpip\\Parameters\\Interfaces";
    const [id] = registry.enumerate(interfaces).sub_keys;
    expect(registry.query(`${interfaces}\\${id}\\IPAddress`)).toEqual({
      ...{ value_name: "IPAddress", value_type: "REG_MULTI_SZ", value_data: [machine.sensor.interfaces[0]?.ip] },
    });
    const driver = registry.enumerate("HKLM\\SYSTEM\\CurrentControlSet\\services\\ACPI");
    expect([driver.values[0], driver.sub_keys]).toEqual([
      { value_name: "Start", value_type: "REG_DWORD", value_data: 0 },
      ["Enum", "Parameters"],
    ]);
    expect(registry.enumerate("HKLM\\SYSTEM\\CurrentControlSet\\Services").sub_keys).toContain("Schedule");
    expect(registry.enumerate("HKLM\\SYSTEM\\CurrentControlSet\\Enum\\USBSTOR").sub_keys.length).toBeGreaterThan(0);
    expect(registry.enumerate("HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall").sub_keys).toContain(
      "Microsoft Office",
    );
    expect(registry.query("HKCR\\.txt\\")).toEqual({ value_name: "", value_type: "REG_SZ", value_data: "txtfile" });
    // A name with backslashes in it.
    expect(registry.query("HKLM\\SYSTEM\\MountedDevices\\\\DosDevices\\C:").value_type).toBe("REG_BINARY");
    expect(registry.enumerate("HKU").sub_keys).toEqual([
      ...[".DEFAULT", "S-1-5-18", "S-1-5-19", "S-1-5-20", own, `${own}_Classes`],
    ]);
    expect(registry.enumerate("HKCU\\Environment")).toEqual(registry.enumerate("HKU\\S-1-5-18\\Environment"));
    expect(machineOf(machines, HOST.linux).registry).toBeUndefined();
  });

  it("holds what the events of the hosts tell", () => {
    const run = "Software\\Microsoft\\Windows\\CurrentVersion\\Run";
    expect(registry.query(`HKU\\${own}\\${run}\\OneSync`)).toEqual({
      ...{ value_name: "onesync", value_type: "REG_SZ" },
      value_data: '"C:\\Users\\Public\\Libraries\\onesyncsvc.exe" -svc',
    });
    expect(dataOf(registry.enumerate(`HKU\\${own}\\${run}`).values)).toHaveProperty("onedrive");
    expect(dataOf(registryOf(4).enumerate(`HKLM\\${run}`).values)).toMatchObject({
      evil: '"C:\\Users\\Public\\evil.exe"',
    });
    const service = registryOf(HOST.database).enumerate("HKLM\\SYSTEM\\CurrentControlSet\\Services\\PSEXESVC");
    expect(dataOf(service.values)).toMatchObject({ ImagePath: "%SystemRoot%\\PSEXESVC.exe" });
    const guide = registryOf(HOST.guide);
    const [hive = ""] = guide.enumerate("HKU").sub_keys.filter((name) => name.endsWith("-500"));
    expect(guide.query(`HKU\\${hive}\\Network\\Z\\RemotePath`).value_data).toBe("\\\\test\\blah");
  });

  it("shows what is recorded while it is looked at, and not again what was deleted", () => {
    const key = "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Run";
    const known = store.database.first<{ id: string; pid: number }>(
      "SELECT id, pid FROM process WHERE sensor_id = ? AND process_name = 'explorer.exe' LIMIT 1",
      [HOST.victim],
    );
    const write = (n: number): void =>
      store.process({
        ...{ sensor_id: HOST.victim, pid: 90_000 + n, id: `00000006-0001-5f90-0000-00000000000${n}`, start: NOW },
        ...{ parent_id: known?.id ?? "", parent_pid: known?.pid ?? 0, parent_name: "explorer.exe" },
        ...{ process_name: "late.exe", path: "c:\\late.exe", cmdline: "late.exe /again", username: "", md5: "" },
        segments: [{ segment_id: NOW + n, last_update: NOW, last_server_update: NOW }],
        events: {
          regmod: [
            {
              time: NOW,
              type: 2,
              path: "\\registry\\machine\\software\\microsoft\\windows\\currentversion\\run\\late",
            },
          ],
        },
      });
    expect(codeOf(() => registry.query(`${key}\\late`))).toBe(2);
    write(1);
    expect(registry.query(`${key}\\late`).value_data).toBe("late.exe /again");
    registry.deleteValue(`${key}\\LATE`);
    expect(codeOf(() => registry.query(`${key}\\late`))).toBe(2);
    write(2);
    expect(registry.query(`${key}\\late`).value_data).toBe("late.exe /again");
  });

  it.each([
    ["REG_SZ", "text", "text"],
    ["reg_expand_sz", "%windir%", "%windir%"],
    ["REG_MULTI_SZ", ["a", "b"], ["a", "b"]],
    ["REG_MULTI_SZ", [], []],
    ["REG_DWORD", 4_294_967_295, 4_294_967_295],
    ["REG_DWORD", "0x10", 16],
    ["REG_QWORD", 2 ** 40, 2 ** 40],
    ["REG_QWORD", "18446744073709551615", "18446744073709551615"],
    ["REG_BINARY", "AAEC", "AAEC"],
    ["REG_NONE", "", ""],
  ])("keeps a %s of %j", (type, data, kept) => {
    registry.createKey("HKLM\\Software\\Kinds");
    registry.set("HKLM\\Software\\Kinds\\Value", type, data, true);
    expect(registry.query("HKLM\\Software\\Kinds\\value")).toEqual({
      ...{ value_name: "Value", value_type: type.toUpperCase(), value_data: kept },
    });
  });

  it.each([
    ["REG_SZ", 1],
    ["REG_SZ", "a\0b"],
    ["REG_SZ", undefined],
    ["REG_MULTI_SZ", "text"],
    ["REG_MULTI_SZ", ["a", 1]],
    ["REG_MULTI_SZ", [""]],
    ["REG_DWORD", -1],
    ["REG_DWORD", 2 ** 32],
    ["REG_DWORD", 1.5],
    ["REG_DWORD", "ten"],
    ["REG_QWORD", "18446744073709551616"],
    ["REG_BINARY", "not base64!"],
    ["REG_BINARY", [1, 2]],
    ["REG_NOTHING", "x"],
    ["constructor", "x"],
    ["", "x"],
  ])("refuses a %s of %j", (type, data) => {
    expect(codeOf(() => registry.set("HKLM\\Software\\x", type, data, true))).toBe(87);
  });

  it("makes and deletes keys and values, each refusal with the system's own code", () => {
    registry.createKey("HKLM\\Software\\Made\\here\\deep");
    registry.createKey("hklm\\software\\MADE");
    expect(registry.enumerate("HKLM\\Software\\Made")).toEqual({ values: [], sub_keys: ["here"] });
    registry.set("HKLM\\Software\\Made\\", "REG_SZ", "the default", false);
    registry.set("HKLM\\Software\\Made\\v", "REG_SZ", "one", false);
    expect(codeOf(() => registry.set("HKLM\\Software\\Made\\V", "REG_SZ", "two", false))).toBe(183);
    registry.set("HKLM\\Software\\Made\\V", "REG_DWORD", 2, true);
    expect(registry.enumerate("HKLM\\Software\\Made").values).toEqual([
      { value_name: "", value_type: "REG_SZ", value_data: "the default" },
      { value_name: "v", value_type: "REG_DWORD", value_data: 2 },
    ]);
    expect(codeOf(() => registry.deleteKey("HKLM\\Software\\Made"))).toBe(5);
    registry.deleteValue("HKLM\\Software\\Made\\v");
    expect(codeOf(() => registry.deleteValue("HKLM\\Software\\Made\\v"))).toBe(2);
    registry.deleteKey("HKLM\\Software\\Made\\here\\deep");
    registry.deleteKey("HKLM\\Software\\Made\\here");
    registry.deleteKey("HKLM\\Software\\Made");
    expect(codeOf(() => registry.deleteKey("HKLM\\Software\\Made"))).toBe(2);
  });

  it.each([
    ["HKLM\\Software\\Nothing", 2],
    ["HKLM\\Software\\Nothing\\below", 2],
    ["HKLM\\SAM", 5],
    ["HKLM\\SAM\\SAM\\Domains", 5],
    ["HKEY_LOCAL_MACHINE\\security\\Policy", 5],
    ["HKXX\\Software", 87],
    ["C:\\Windows", 87],
    ["", 87],
    ["HKLM\\a\0b", 87],
  ])("refuses to look at %j with %i", (path, code) => {
    expect(codeOf(() => registry.enumerate(path))).toBe(code);
  });

  it("refuses what is too long or deep, and to lose a root or a hive", () => {
    for (const path of [`HKLM\\${"a".repeat(256)}`, `HKLM${"\\a".repeat(600)}`, "x".repeat(40_000)]) {
      expect(codeOf(() => registry.createKey(path))).toBe(87);
    }
    expect(codeOf(() => registry.set(`HKLM\\Software\\${"n".repeat(17_000)}`, "REG_SZ", "", true))).toBe(87);
    expect(codeOf(() => registry.set("HKLM\\Software\\x", "REG_SZ", "x".repeat(2_000_000), true))).toBe(87);
    for (const path of ["HKLM", "HKU", "HKLM\\SOFTWARE", "HKLM\\SAM"]) {
      expect(codeOf(() => registry.deleteKey(path))).toBe(5);
    }
    expect(codeOf(() => registry.query("HKLM"))).toBe(87);
  });
});
