import type { BinaryRecord, GroupRecord } from "../../domain/index.js";
import { imageBytes } from "../../organisation/files/pe.js";
import { SENSOR_BUILDS } from "../documents/server.js";
import { type PackedFile, tarGz, zip } from "./archives.js";
import { msi, pkg } from "./packages.js";

/** An installer as it is downloaded. */
export interface Installer {
  /** Content type. */
  type: string;
  /** What to call it. */
  file: string;
  bytes: Uint8Array;
}

/** The size of the program in an installer. */
const PROGRAM_SIZE = 24 * 1024;

/**
 * The installer of a group for an operating system: the sensor's program in the system's own kind of package, and the
 * settings that lead it to this server and into the group. The same group gives the same bytes. Undefined for any other
 * kind.
 *
 * @param kind `windows/exe`, `windows/msi`, `linux` or `osx`
 * @param document the group as the server shows it
 */
export function makeInstaller(
  kind: string,
  group: GroupRecord,
  document: Readonly<Record<string, unknown>>,
): Installer | undefined {
  const settings = { name: "sensorsettings.ini", bytes: Buffer.from(settingsOf(group, document)) };
  const title = `CarbonBlackSensor-group-${group.id}`;
  const zipped = (end: string, ...files: PackedFile[]): Installer => ({
    ...{ type: "application/zip", file: `${title}${end}.zip` },
    bytes: zip([...files, settings]),
  });
  switch (kind) {
    case "windows/exe":
      return zipped("", { name: "CarbonBlackClientSetup.exe", bytes: program("Windows") });
    case "windows/msi":
      return zipped("-msi", { name: "cbsetup.msi", bytes: msi("sensor", program("Windows")) });
    case "osx":
      return zipped("-osx", { name: "CbOsxSensor.pkg", bytes: pkg("CbOsxSensor", program("OSX")) });
    case "linux":
      return {
        ...{ type: "application/gzip", file: `${title}-linux.tar.gz` },
        bytes: tarGz([
          { name: "install.sh", bytes: Buffer.from(INSTALL_SCRIPT), executable: true },
          { name: "cbsensor", bytes: program("Linux"), executable: true },
          settings,
        ]),
      };
    default:
      return undefined;
  }
}

const INSTALL_SCRIPT = `#!/bin/sh
set -e
install -D -m 600 sensorsettings.ini /var/lib/cb/sensorsettings.ini
install -D -m 755 cbsensor /usr/sbin/cbsensor
`;

/** Lines of a settings file: no value of a group can begin another one. */
function settingsOf(group: GroupRecord, document: Readonly<Record<string, unknown>>): string {
  const line = (name: string, value: unknown): string => `${name}=${String(value).replace(/[\r\n]+/g, " ")}\r\n`;
  return [
    "[CB]\r\n",
    line("ConfigName", group.name),
    line("GroupId", group.id),
    line("SensorBackendServer", document["sensorbackend_server"]),
    line("VdiEnabled", document["vdi_enabled"]),
    line("TamperLevel", document["tamper_level"]),
  ].join("");
}

/** A program without any working code, as the binaries of the organisation are. */
function program(system: BinaryRecord["os_type"]): Uint8Array {
  const { Windows, Linux, OSX } = SENSOR_BUILDS;
  const version = { Windows, Linux, OSX }[system].at(-1)?.version_string ?? "";
  return imageBytes({
    observed_filename: [system === "Windows" ? "carbonblackclientsetup.exe" : "cbsensor"],
    orig_mod_len: PROGRAM_SIZE,
    copied_mod_len: PROGRAM_SIZE,
    is_executable_image: true,
    is_64bit: true,
    os_type: system,
    original_filename: "CarbonBlackClientSetup.exe",
    product_name: "Carbon Black EDR sensor (sandbox)",
    product_version: version,
    file_version: version,
  });
}
