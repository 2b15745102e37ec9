import { callMethod, hasMember, member } from "./objects.js";

/** How a method of the recorded client is called here. */
export interface MethodName {
  readonly name: string;
  /** The member of what it returns that the recorded method returned. */
  readonly take?: string;
  /** It returns more than the recorded method did, which returned nothing or the server's bare answer. */
  readonly reports?: boolean;
  /** Tells what the recorded method returned from what ours gives. */
  readonly read?: (given: unknown) => unknown;
  /** What it is given by name are fields of the server's, and no options. */
  readonly terms?: boolean;
  /** Its arguments, where ours go by names. */
  readonly args?: (args: readonly unknown[]) => unknown[];
}

/** Methods whose names do not follow from the recorded ones by the style of the language alone. */
const methods: Readonly<Record<string, MethodName>> = {
  tag_data: { name: "tagInfo", take: "data" },
  tag_score: { name: "tagInfo", take: "score" },
  tag_link: { name: "tagInfo", take: "link" },
  walk_parents: { name: "walkParents", reports: true },
  walk_children: { name: "walkChildren", reports: true },
  isolate: { name: "isolate", read: (result) => member(result, "state") === "isolated" },
  unisolate: { name: "unisolate", read: (result) => member(result, "state") === "none" },
  search_processes: { name: "searchProcesses", args: ([minScore, maxScore]) => [{ minScore, maxScore }] },
  search_binaries: { name: "searchBinaries", args: ([minScore, maxScore]) => [{ minScore, maxScore }] },
  synchronize: { name: "synchronize", args: ([full]) => [{ full }] },
  assign: { name: "assign", reports: true },
  events: { name: "events", terms: true },
  change_status: { name: "changeStatus", reports: true },
  set_ignored: { name: "setIgnored", reports: true },
  // Of a feed: whether it is offered to others.
  save: { name: "save", args: ([isPublic]) => (isPublic === true ? [{ public: true }] : []) },
  // The recorded method returns values, whatever its name says.
  list_registry_keys: { name: "listRegistryValues" },
  put_file: { name: "putFile", reports: true },
  background_scan: { name: "backgroundScan", read: bareAnswer },
  bypass: { name: "bypass", read: bareAnswer },
  delete_sensor: { name: "deleteSensor", read: bareAnswer },
  uninstall_sensor: { name: "uninstallSensor", read: bareAnswer },
  quarantine: { name: "quarantine", read: bareAnswer },
  update_policy: { name: "updatePolicy", read: bareAnswer },
  update_sensor_version: { name: "updateSensorVersion", read: bareAnswer },
  dismiss: { name: "dismiss", read: bareAnswer },
  update: { name: "update", read: bareAnswer },
  download: { name: "download", read: (list) => (hasMember(list, "text") ? callMethod(list, "text", []) : list) },
  memdump: {
    name: "memdump",
    reports: true,
    args: ([local, remotePath, compress]) => [local, { remotePath, compress }],
  },
};

/** What one object answers with; of a report over many nothing is known of that. */
function bareAnswer(given: unknown): unknown {
  return hasMember(given, "throwIfIncomplete") ? undefined : given;
}

/** The method of ours that answers to a recorded one: `group_by` is `groupBy`, `and_` is `and`. */
export function methodName(recorded: string): MethodName {
  return methods[recorded] ?? { name: camelCase(recorded) };
}

/** `ssl_cert_file` is `sslCertFile`; an underscore at the end only avoids a word of the recorded language. */
export function camelCase(name: string): string {
  return name.replace(/_+$/, "").replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
