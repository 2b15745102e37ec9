import { FIELD_STEP, Field, Kind } from "../../store/schema.js";
import type { Store } from "../../store/store.js";
import type { RegistryKey } from "./key.js";

/** A value that a process wrote, as far as the server was told: which one, and who wrote it, but not what it says. */
export interface RecordedValue {
  /** The segment that tells of it. */
  doc: number;
  /** `HKEY_LOCAL_MACHINE\software\...`, without the name. */
  key: string;
  name: string;
  writer: string;
  command: string;
}

interface Row {
  id: number;
  text: string;
}

/** The values that make programs start, and drives be mounted. */
const PATTERNS = [
  ...["%\\currentversion\\run\\%", "%\\currentversion\\runonce\\%"],
  ...["%\\services\\%\\imagepath", "%\\network\\_\\remotepath"],
];

/**
 * What the processes of the organisation wrote to the registry and responders look for. The endpoints' registries hold
 * it, so that what an event tells is found by whoever looks at the endpoint.
 */
export class RecordedValues {
  readonly #store: Store;
  readonly #texts = new Map<number, string>();
  #latestText = 0;
  #revision = -1;
  #bySensor = new Map<number, RecordedValue[]>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Those of an endpoint, in the order in which the server was told. */
  of(sensor: number): readonly RecordedValue[] {
    if (this.#revision !== this.#store.revision) this.#load();
    return this.#bySensor.get(sensor) ?? [];
  }

  #load(): void {
    const { database } = this.#store;
    this.#revision = this.#store.revision;
    const rows = database.all<Row>(
      `SELECT id, text FROM value WHERE id > ? AND +kind = ? AND (${PATTERNS.map(() => "text LIKE ?").join(" OR ")})`,
      [this.#latestText, Kind.registryPath, ...PATTERNS],
    );
    for (const { id, text } of rows) this.#texts.set(id, text);
    this.#latestText = database.count("SELECT max(id) AS n FROM value");
    const found = database.all<{ doc: number; sensor: number; term: number; path: string; cmdline: string }>(
      `SELECT d.value AS doc, s.sensor_id AS sensor, p.term, o.path, o.cmdline
       FROM json_each(?) t JOIN posting p ON p.term = t.value
       JOIN json_each(CASE typeof(p.docs) WHEN 'text' THEN p.docs ELSE json_array(p.docs) END) d
       JOIN segment s ON s.doc = d.value JOIN process o ON o.proc = s.proc ORDER BY d.value, p.term`,
      [JSON.stringify([...this.#texts.keys()].map((id) => Field.regmod * FIELD_STEP + id))],
    );
    this.#bySensor = new Map();
    for (const { doc, sensor, term, path, cmdline } of found) {
      const place = placeOf(this.#texts.get(term - Field.regmod * FIELD_STEP) ?? "");
      if (place === undefined) continue;
      const list = this.#bySensor.get(sensor);
      const value = { doc, ...place, writer: path, command: cmdline };
      if (list === undefined) this.#bySensor.set(sensor, [value]);
      else list.push(value);
    }
  }
}

/** `\registry\machine\a\b` and `HKLM\a\b` are the value `b` of the key `HKEY_LOCAL_MACHINE\a`. */
function placeOf(text: string): { key: string; name: string } | undefined {
  const path = text
    .replace(/^\\registry\\machine\\|^(hklm|hkey_local_machine)\\/i, "HKEY_LOCAL_MACHINE\\")
    .replace(/^\\registry\\user\\|^(hku|hkey_users)\\/i, "HKEY_USERS\\")
    .replace(/\\system\\(current)?controlset(\d+)?\\/i, "\\SYSTEM\\ControlSet001\\");
  const cut = path.lastIndexOf("\\");
  if (!path.startsWith("HKEY_") || cut < 0 || path.length > 1000) return undefined;
  return { key: path.slice(0, cut), name: path.slice(cut + 1) };
}

/** Puts a recorded value where it belongs. What it says is not known: that its writer starts, or what its command names. */
export function applyRecorded(top: RegistryKey, { key, name, writer, command }: RecordedValue): void {
  const share = /\\\\[^\s"]+/.exec(command)?.[0];
  const at = top.make(key);
  const lower = name.toLowerCase();
  if (lower === "remotepath") {
    if (share === undefined) return;
    at.texts({ RemotePath: share, ProviderName: "Microsoft Windows Network", UserName: "" });
    at.numbers({ ConnectionType: 1, DeferFlags: 4, ProviderType: 131_072 });
    return;
  }
  if (lower === "imagepath") {
    const service = key.slice(key.lastIndexOf("\\") + 1);
    const own = `%SystemRoot%\\${service.toUpperCase()}.exe`;
    at.set("ImagePath", "REG_EXPAND_SZ", /\\services\.exe$/i.test(writer) ? own : writer);
    at.texts({ DisplayName: service, ObjectName: "LocalSystem" });
    at.numbers({ Type: 16, Start: 3, ErrorControl: 0 });
    return;
  }
  at.set(name, "REG_SZ", command === "" ? writer : command);
}
