import type { ProgramHost } from "../../../endpoint/programs/host.js";
import type { RegistryKey } from "../../../endpoint/registry/key.js";
import { numbers, seconds, table, texts, WINDOWS } from "./table.js";

const MOST_ENTRIES = 100_000;
const DEEPEST = 64;
const ROOTS = ["HKEY_LOCAL_MACHINE", "HKEY_USERS", "HKEY_CLASSES_ROOT", "HKEY_CURRENT_CONFIG"];

const dataOf = (data: string | number | string[]): string => (Array.isArray(data) ? data.join(",") : String(data));

interface Entry {
  readonly key: string;
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly data: string;
}

/** The keys and values of a registry, each key before what is in it. */
function* entriesOf({ registry }: ProgramHost): Generator<Entry> {
  let left = MOST_ENTRIES;
  // Some keys are other names for another one: the registry itself follows them.
  const open = (path: string): RegistryKey | undefined => registry?.find(path);
  function* below(path: string, depth: number): Generator<Entry> {
    const key = open(path);
    if (key === undefined || depth > DEEPEST) return;
    for (const { value_name, value_type, value_data } of key.values.values()) {
      if (left-- <= 0) return;
      const name = value_name === "" ? "(Default)" : value_name;
      yield { key: path, path: `${path}\\${name}`, name, type: value_type, data: dataOf(value_data) };
    }
    for (const { name } of key.keys) {
      if (left-- <= 0) return;
      yield { key: path, path: `${path}\\${name}`, name, type: "subkey", data: "" };
      yield* below(`${path}\\${name}`, depth + 1);
    }
  }
  for (const root of ROOTS) yield* below(root, 0);
}

const UNINSTALL = [
  "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall",
  "HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall",
];

/** What the registry of a Windows device holds. */
export const registryTables = [
  table(
    "registry",
    WINDOWS,
    { ...texts("key", "path", "name", "type", "data"), ...numbers("mtime") },
    function* (host) {
      const mtime = seconds(host.facts.bootTime);
      for (const entry of entriesOf(host)) yield { ...entry, mtime };
    },
  ),
  table(
    "programs",
    WINDOWS,
    texts(
      ...([
        "name",
        "version",
        "install_location",
        "install_source",
        "language",
        "publisher",
        "uninstall_string",
      ] as const),
      ...(["install_date", "identifying_number"] as const),
    ),
    (host) =>
      UNINSTALL.flatMap((path) =>
        (host.registry?.find(path)?.keys ?? []).map((key) => {
          const read = (name: string): string => dataOf(key.value(name)?.value_data ?? "");
          return {
            ...{ name: read("DisplayName"), version: read("DisplayVersion"), publisher: read("Publisher") },
            ...{ install_location: read("InstallLocation"), install_source: "", language: "" },
            ...{ uninstall_string: read("UninstallString"), install_date: read("InstallDate") },
            identifying_number: key.name,
          };
        }),
      ),
  ),
];
