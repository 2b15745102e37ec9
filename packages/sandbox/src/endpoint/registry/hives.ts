import type { Store } from "../../store/store.js";
import type { HostFacts } from "../facts.js";
import type { EndpointProcess } from "../machine.js";
import { fillServices, fillSystem } from "./hive-system.js";
import { fillUsers } from "./hive-users.js";
import { RegistryKey } from "./key.js";

/** What the hives are filled from. */
export interface HiveSource {
  store: Store;
  facts: HostFacts;
  /** The processes of the endpoint at this moment. */
  processes: () => readonly EndpointProcess[];
}

const CURRENT = "Microsoft\\Windows\\CurrentVersion";

/** Puts the roots and what is below them on an empty registry. */
export function fillRegistry(top: RegistryKey, source: HiveSource): void {
  const machine = top.make("HKEY_LOCAL_MACHINE");
  machine.put(new RegistryKey("SAM", true));
  machine.put(new RegistryKey("SECURITY", true));
  machine.make("HARDWARE").fillLater((key) => {
    key.make("DESCRIPTION\\System\\CentralProcessor\\0").texts({
      ProcessorNameString: "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz",
      Identifier: "Intel64 Family 6 Model 79 Stepping 1",
    });
    key
      .make("DESCRIPTION\\System\\BIOS")
      .texts({ SystemManufacturer: "VMware, Inc.", SystemProductName: "VMware20,1" });
  });
  machine.make("SOFTWARE").fillLater((key) => fillSoftware(key, source));
  machine.make("SYSTEM").fillLater((key) => fillSystem(key, source.facts));
  machine
    .make("SYSTEM\\ControlSet001\\Services")
    .fillLater((key) => fillServices(key, source.facts, source.processes()));
  const users = top.make("HKEY_USERS");
  fillUsers(users, source);
  top.put(new RegistryKey("HKEY_CLASSES_ROOT", false, "HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes"));
  // The sensor runs as the system itself, whose hive this is.
  top.put(new RegistryKey("HKEY_CURRENT_USER", false, "HKEY_USERS\\.DEFAULT"));
  const profile = "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Hardware Profiles\\Current";
  top.put(new RegistryKey("HKEY_CURRENT_CONFIG", false, profile));
}

function fillSoftware(software: RegistryKey, source: HiveSource): void {
  const { facts } = source;
  const { windows } = facts;
  const classes = software.make("Classes");
  for (const [extension, kind] of [
    ["txt", "txtfile"],
    ["exe", "exefile"],
    ["docx", "Word.Document.12"],
  ] as const) {
    classes.make(`.${extension}`).texts({ "": kind });
  }
  classes.make("exefile\\shell\\open\\command").texts({ "": '"%1" %*' });
  classes.make("txtfile\\shell\\open\\command").set("", "REG_EXPAND_SZ", "%SystemRoot%\\system32\\NOTEPAD.EXE %1");
  const version = software.make("Microsoft\\Windows NT\\CurrentVersion");
  version.texts({
    ...{ ProductName: windows.product, EditionID: windows.edition, CurrentBuild: String(windows.build) },
    ...{
      CurrentBuildNumber: String(windows.build),
      CurrentVersion: windows.version === "10.0" ? "6.3" : windows.version,
    },
    ...{ SystemRoot: "C:\\Windows", RegisteredOrganization: "", RegisteredOwner: "Windows User" },
    ...(windows.display === "" ? {} : { DisplayVersion: windows.display, ReleaseId: windows.display }),
    InstallationType: windows.edition.startsWith("Server") ? "Server" : "Client",
  });
  version.numbers({ InstallDate: Math.floor(facts.installTime / 1000), UBR: windows.revision });
  if (windows.version === "10.0") version.numbers({ CurrentMajorVersionNumber: 10, CurrentMinorVersionNumber: 0 });
  version.set("DigitalProductId", "REG_BINARY", digits(facts, 24));
  const logon = version.make("Winlogon");
  logon.texts({
    ...{ Shell: "explorer.exe", Userinit: "C:\\Windows\\system32\\userinit.exe,", DefaultUserName: "" },
    ...{ DefaultDomainName: facts.domain, AutoAdminLogon: "0", PowerdownAfterShutdown: "0" },
  });
  version.make("Windows").texts({ AppInit_DLLs: "", Load: "" }).numbers({ LoadAppInit_DLLs: 0 });
  version.make("Image File Execution Options");
  const profiles = version.make("ProfileList");
  profiles.set("ProfilesDirectory", "REG_EXPAND_SZ", "%SystemDrive%\\Users");
  for (const { sid, name } of facts.accounts) {
    profiles.make(sid).set("ProfileImagePath", "REG_EXPAND_SZ", `C:\\Users\\${name}`).numbers({ State: 0 });
  }
  const current = software.make(CURRENT);
  current.texts({ ProgramFilesDir: "C:\\Program Files", CommonFilesDir: "C:\\Program Files\\Common Files" });
  current.set("ProgramFilesPath", "REG_EXPAND_SZ", "%ProgramFiles%");
  current.make("Policies\\System").numbers({ EnableLUA: 1, ConsentPromptBehaviorAdmin: 5 });
  current
    .make("Explorer\\Shell Folders")
    .texts({ "Common Startup": "C:\\ProgramData\\Microsoft\\Windows\\Start Menu\\Programs\\Startup" });
  current.make("RunOnce");
  current.make("Run").fillLater((run) => {
    run.set("SecurityHealth", "REG_EXPAND_SZ", "%windir%\\system32\\SecurityHealthSystray.exe");
    if (source.processes().some(({ path }) => /\\vmtoolsd\.exe$/i.test(path))) {
      run.texts({ "VMware User Process": '"C:\\Program Files\\VMware\\VMware Tools\\vmtoolsd.exe" -n vmusr' });
    }
  });
  current.make("Uninstall").fillLater((key) => fillUninstall(key, source));
  const narrow = software.make(`WOW6432Node\\${CURRENT}`);
  narrow.make("Run");
  narrow.make("Uninstall");
  software.make("CarbonBlack\\config").texts({ ServerUrl: "https://cb-server:443", SensorId: String(facts.sensor.id) });
}

/** The products whose programs ran here, as they would have been installed. */
function fillUninstall(key: RegistryKey, { store, facts }: HiveSource): void {
  const products = store.database.all<{ name: string; version: string | null; company: string | null; path: string }>(
    `SELECT json_extract(b.record, '$.product_name') AS name, max(json_extract(b.record, '$.product_version')) AS version,
       max(json_extract(b.record, '$.company_name')) AS company, min(json_extract(b.record, '$.observed_filename[0]')) AS path
     FROM binary_host x JOIN binary b ON b.md5_value = x.md5_value
     WHERE x.sensor_id = ? AND b.is_executable_image = 1 AND json_extract(b.record, '$.product_name') IS NOT NULL
     GROUP BY 1 ORDER BY 1`,
    [facts.sensor.id],
  );
  for (const { name, version, company, path } of products) {
    if (!/^c:\\program/i.test(path) || name.includes("\\")) continue;
    const entry = key.make(name).texts({
      ...{ DisplayName: name, DisplayVersion: version ?? "", Publisher: company ?? "" },
      ...{ InstallLocation: path.slice(0, path.lastIndexOf("\\")), UninstallString: `MsiExec.exe /X"${name}"` },
      InstallDate: new Date(facts.installTime).toISOString().slice(0, 10).replaceAll("-", ""),
    });
    entry.numbers({ EstimatedSize: facts.random(name).between(4_000, 900_000), NoModify: 1 });
  }
}

/** Bytes that are the endpoint's own, as base64. */
function digits(facts: HostFacts, count: number): string {
  return Buffer.from(facts.random("product").hex(2 * count), "hex").toString("base64");
}
