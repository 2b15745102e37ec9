import type { HostFacts } from "../facts.js";
import type { EndpointProcess } from "../machine.js";
import { servicesOf } from "../services.js";
import { RegistryKey } from "./key.js";

/** The hive of the system, but for its services. */
export function fillSystem(system: RegistryKey, facts: HostFacts): void {
  system.put(new RegistryKey("CurrentControlSet", false, "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001"));
  system.make("Select").numbers({ Current: 1, Default: 1, Failed: 0, LastKnownGood: 1 });
  system.make("Setup").numbers({ SetupType: 0, SystemSetupInProgress: 0 });
  const mounted = system.make("MountedDevices");
  mounted.set("\\DosDevices\\C:", "REG_BINARY", Buffer.from(facts.random("volume").hex(24), "hex").toString("base64"));
  const set = system.make("ControlSet001");
  const control = set.make("Control");
  control.texts({ CurrentUser: "USERNAME", SystemStartOptions: " NOEXECUTE=OPTIN" });
  const name = facts.hostname.toUpperCase().slice(0, 15);
  control.make("ComputerName\\ComputerName").texts({ ComputerName: name });
  control.make("ComputerName\\ActiveComputerName").texts({ ComputerName: name });
  control.make("TimeZoneInformation").texts({ TimeZoneKeyName: "UTC" }).numbers({ Bias: 0, ActiveTimeBias: 0 });
  control.make("Lsa").set("Security Packages", "REG_MULTI_SZ", ["kerberos", "msv1_0", "schannel", "wdigest"]);
  control.make("Lsa").numbers({ LimitBlankPasswordUse: 1, RunAsPPL: 0 });
  control.make("Terminal Server").numbers({ fDenyTSConnections: facts.sensor.host_type === "workstation" ? 1 : 0 });
  const session = control.make("Session Manager");
  session.set("BootExecute", "REG_MULTI_SZ", ["autocheck autochk *"]);
  const environment = session.make("Environment").texts({
    ...{ OS: "Windows_NT", PROCESSOR_ARCHITECTURE: facts.windows.is64bit ? "AMD64" : "x86", NUMBER_OF_PROCESSORS: "4" },
  });
  environment.set("ComSpec", "REG_EXPAND_SZ", "%SystemRoot%\\system32\\cmd.exe");
  environment.set("Path", "REG_EXPAND_SZ", "%SystemRoot%\\system32;%SystemRoot%;%SystemRoot%\\System32\\Wbem");
  environment.set("TEMP", "REG_EXPAND_SZ", "%SystemRoot%\\TEMP");
  environment.set("windir", "REG_EXPAND_SZ", "%SystemRoot%");
  const filetime = BigInt(facts.bootTime) * 10_000n + 116_444_736_000_000_000n;
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64LE(filetime);
  control.make("Windows").set("ShutdownTime", "REG_BINARY", stamp.toString("base64"));
  set.make("Hardware Profiles\\Current\\Software");
  set.make("Enum\\USBSTOR").fillLater((key) => fillSticks(key, facts));
}

const STICKS = [
  ["Kingston", "DataTraveler_3.0", "Kingston DataTraveler 3.0 USB Device"],
  ["SanDisk", "Cruzer_Blade", "SanDisk Cruzer Blade USB Device"],
  ["Generic", "Flash_Disk", "Generic Flash Disk USB Device"],
] as const;

/** The memory sticks that were ever put in: servers have seen one at most. */
function fillSticks(key: RegistryKey, facts: HostFacts): void {
  const random = facts.random("usb");
  const most = facts.sensor.host_type === "workstation" ? 3 : 1;
  for (let count = random.between(most - 1, most); count > 0; count--) {
    const [maker, product, friendly] = random.pick(STICKS);
    const device = key.make(`Disk&Ven_${maker}&Prod_${product}&Rev_1.00\\${random.hex(16).toUpperCase()}&0`);
    device.texts({ FriendlyName: friendly, Class: "DiskDrive", Service: "disk" });
    device.set("HardwareID", "REG_MULTI_SZ", [`USBSTOR\\Disk${maker}`, "USBSTOR\\GenDisk", "GenDisk"]);
  }
}

const DRIVERS = [
  ["ACPI", "Microsoft ACPI Driver", 0],
  ["Disk", "Disk Driver", 0],
  ["NTFS", "NTFS", 3],
  ["Tcpip", "TCP/IP Protocol Driver", 0],
  ["USBSTOR", "USB Mass Storage Driver", 3],
  ["carbonblackk", "Carbon Black Kernel Driver", 1],
] as const;

/** Drivers, and the services of the programs that run. */
export function fillServices(key: RegistryKey, facts: HostFacts, processes: readonly EndpointProcess[]): void {
  for (const [name, display, start] of DRIVERS) {
    const driver = key.make(name);
    driver.numbers({ Start: start }).texts({ DisplayName: display }).numbers({ Type: 1, ErrorControl: 3 });
    driver.set("ImagePath", "REG_EXPAND_SZ", `System32\\drivers\\${name.toLowerCase()}.sys`);
    driver.make("Enum").numbers({ Count: 1, NextInstance: 1 });
    driver.make("Parameters");
  }
  for (const { name, display, image, account, type, start } of servicesOf(processes)) {
    const service = key.make(name).texts({ DisplayName: display, ObjectName: account });
    service.set("ImagePath", "REG_EXPAND_SZ", image);
    service.numbers({ Type: type, Start: start, ErrorControl: 1 });
    if (type === 32) {
      service
        .make("Parameters")
        .set("ServiceDll", "REG_EXPAND_SZ", `%SystemRoot%\\System32\\${name.toLowerCase()}.dll`);
    }
  }
  const parameters = key.make("Tcpip\\Parameters");
  parameters.texts({ Hostname: facts.hostname, Domain: facts.dnsDomain, "NV Hostname": facts.hostname });
  const random = facts.random("interfaces");
  for (const { ip } of facts.sensor.interfaces) {
    const id = `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`;
    const at = parameters.make(`Interfaces\\{${id}}`);
    at.numbers({ EnableDHCP: 0 }).texts({ NameServer: facts.nameServer, Domain: facts.dnsDomain });
    at.set("IPAddress", "REG_MULTI_SZ", [ip]).set("SubnetMask", "REG_MULTI_SZ", ["255.255.255.0"]);
    at.set("DefaultGateway", "REG_MULTI_SZ", [facts.gateway]);
  }
}
