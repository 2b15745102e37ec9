import { createHash } from "node:crypto";
import type { ProcessRow } from "../../store/processes.js";
import type { CloudContext } from "../context.js";
import { devicesOf } from "../devices/devices.js";
import type { Fields } from "../policies/record.js";
import { guidOf } from "../processes/guid.js";
import { programOf } from "./reputation.js";

/** As many hexadecimal digits as wanted, the same for the same text. */
export const digits = (text: string, count: number): string =>
  createHash("sha256").update(text).digest("hex").slice(0, count);

/** A UUID that follows from a text. */
export function uuidOf(text: string): string {
  const hex = digits(text, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

export const iso = (time: number): string => new Date(time).toISOString();

/** What alerts tell of a device. */
export function deviceFacts(context: CloudContext, id: number, username: string): Fields {
  const device: Fields = devicesOf(context).get(id) ?? {};
  return {
    ...{ device_id: id, device_name: device["name"] ?? "", device_uem_id: "", asset_id: null },
    ...{ device_os: device["os"] ?? "OTHER", device_os_version: device["os_version"] ?? "" },
    ...{ device_policy_id: device["policy_id"] ?? 0, device_policy: device["policy_name"] ?? "" },
    ...{ device_target_value: device["target_priority"] ?? "MEDIUM", device_username: username },
    ...{ device_location: device["last_location"] ?? "UNKNOWN" },
    device_external_ip: device["last_external_ip_address"] ?? null,
    device_internal_ip: device["last_internal_ip_address"] ?? null,
  };
}

/** What alerts tell of a process and of its parent. */
export function processFacts({ store, orgKey }: CloudContext, row: ProcessRow): Fields {
  const program = programOf(store, row.id);
  const parent = row.parent_id === null ? undefined : programOf(store, row.parent_id);
  return {
    ...{ process_guid: guidOf(orgKey, row.id), process_pid: row.pid, process_name: row.path, process_md5: row.md5 },
    ...{ process_sha256: program?.sha256 ?? row.sha256 ?? "", process_cmdline: row.cmdline },
    ...{ process_username: row.username, process_reputation: program?.reputation ?? "NOT_LISTED" },
    process_effective_reputation: program?.reputation ?? "NOT_LISTED",
    ...{ process_issuer: program?.issuer ?? [], process_publisher: program?.publisher ?? [] },
    parent_guid: row.parent_id === null ? "" : guidOf(orgKey, row.parent_id),
    ...{ parent_pid: row.parent_pid, parent_name: parent?.path ?? row.parent_name },
    ...(parent === undefined
      ? {}
      : {
          ...{ parent_sha256: parent.sha256, parent_md5: parent.md5, parent_cmdline: parent.cmdline },
          ...{ parent_username: parent.username, parent_reputation: parent.reputation },
          parent_effective_reputation: parent.reputation,
        }),
  };
}
