import { createHash } from "node:crypto";
import type { SensorRecord } from "../../domain/index.js";
import { parseProcessGuid } from "../../organisation/ids.js";
import { hash32 } from "../../organisation/random.js";
import type { ProcessRow } from "../../store/processes.js";
import type { CloudContext } from "../context.js";
import { policiesOf } from "../policies/policies.js";
import type { Fields } from "../policies/record.js";
import { fileFacts } from "./reputation.js";

/** As many hexadecimal digits as wanted, the same for the same text. */
export const digits = (text: string, count: number): string =>
  createHash("sha256").update(text).digest("hex").slice(0, count);

/** A UUID that follows from a text. */
export function uuidOf(text: string): string {
  const hex = digits(text, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

export const iso = (time: number): string => new Date(time).toISOString();

const SYSTEMS = { windows: "WINDOWS", linux: "LINUX", osx: "MAC" } as const;

/** What alerts tell of a device. */
export function deviceFacts(context: CloudContext, sensor: SensorRecord, username: string): Fields {
  const policy = policiesOf(context).get(context.shared.devicePolicies().get(sensor.id) ?? 0);
  const address = sensor.interfaces[0]?.ip ?? null;
  return {
    device_id: sensor.id,
    device_name: sensor.computer_name,
    device_uem_id: "",
    device_os: SYSTEMS[sensor.os_type],
    device_os_version: sensor.os_environment_display_string,
    device_policy_id: policy?.id ?? 0,
    device_policy: policy?.name ?? "",
    device_target_value: policy?.priority_level ?? "MEDIUM",
    device_username: username,
    device_location: locationOf(sensor),
    device_external_ip: externalAddress(sensor),
    device_internal_ip: address,
    asset_id: null,
  };
}

/** Whoever has an address of the company's own network is there. */
export const locationOf = ({ interfaces: [first] }: SensorRecord): "ONSITE" | "OFFSITE" =>
  first !== undefined && /^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(first.ip) ? "ONSITE" : "OFFSITE";

/** The address under which a device is seen from outside: from the ranges for documentation. */
const externalAddress = (sensor: SensorRecord): string => `198.51.100.${1 + (hash32(sensor.computer_name) % 250)}`;

/** What alerts tell of a process, of its parent and of what kind of program they are. */
export function processFacts(context: CloudContext, row: ProcessRow): Fields {
  const { store } = context;
  const file = fileFacts(store, row.md5, row.sha256);
  const parent = store.database.first<Pick<ProcessRow, "path" | "md5" | "sha256" | "cmdline" | "username" | "pid">>(
    "SELECT path, md5, sha256, cmdline, username, pid FROM process WHERE id = ? AND placeholder = 0",
    [row.parent_id ?? ""],
  );
  const above = parent === undefined ? undefined : fileFacts(store, parent.md5, parent.sha256);
  return {
    ...{ process_guid: cloudGuid(context.orgKey, row.id), process_pid: row.pid, process_name: row.path },
    ...{ process_sha256: file.sha256, process_md5: row.md5, process_cmdline: row.cmdline },
    ...{ process_username: row.username, process_reputation: file.reputation },
    ...{ process_effective_reputation: file.reputation },
    process_issuer: file.issuer === undefined ? [] : [file.issuer],
    process_publisher: file.publisher === undefined ? [] : [file.publisher],
    ...{ parent_guid: cloudGuid(context.orgKey, row.parent_id ?? ""), parent_pid: row.parent_pid },
    parent_name: parent?.path ?? row.parent_name,
    ...(parent === undefined || above === undefined
      ? {}
      : {
          ...{ parent_sha256: above.sha256, parent_md5: parent.md5, parent_cmdline: parent.cmdline },
          ...{ parent_username: parent.username, parent_reputation: above.reputation },
          parent_effective_reputation: above.reputation,
        }),
  };
}

/** The name that the cloud has for a process: the organisation, the device, the pid and the time of creation; empty for none. */
export function cloudGuid(orgKey: string, id: string): string {
  if (parseProcessGuid(id) === undefined) return "";
  const hex = id.replaceAll("-", "").toUpperCase();
  return `${orgKey}-${hex.slice(0, 8)}-${hex.slice(8, 16)}-00000000-${hex.slice(16)}`.toLowerCase().replace(orgKey.toLowerCase(), orgKey);
}

/** The name that other products have for the same process; undefined when it is none of this organisation. */
export function ownGuid(orgKey: string, guid: string): string | undefined {
  const match = /^(\w+)-([0-9a-f]{8})-([0-9a-f]{8})-0{8}-([0-9a-f]{16})$/i.exec(guid);
  if (match === null || match[1] !== orgKey) return undefined;
  const [, , device = "", pid = "", time = ""] = match;
  return `${device}-${pid.slice(0, 4)}-${pid.slice(4)}-${time.slice(0, 4)}-${time.slice(4)}`.toLowerCase();
}
