import { raw, sql } from "../../query/index.js";
import type { SqlText } from "../../store/database.js";
import { unknownValue } from "../problem.js";
import { type Criterion, documentFields, type SearchFields } from "../search/index.js";

/** What devices are searched by: see `documentFields`. */
export const DEVICE_FIELDS: SearchFields = documentFields({
  ...{ id: "number", device_id: "number", ad_group_id: "number", device_owner_id: "number", organization_id: "number" },
  ...{ policy_id: "number", vdi_base_device: "number", vuln_score: "number" },
  ...{ av_master: "boolean", passive_mode: "boolean", policy_override: "boolean", quarantined: "boolean" },
  ...{ sensor_out_of_date: "boolean", sensor_pending_update: "boolean", virtual_machine: "boolean" },
  ...{ av_status: "*keyword", sensor_states: "*keyword", av_update_servers: "*keyword" },
  ...{ name: "!path", email: "!keyword", policy_name: "!words", os_version: "!words", login_user_name: "path" },
  ...{ last_external_ip_address: "!address", last_internal_ip_address: "!address", mac_address: "keyword" },
  ...{ activation_code: "keyword", av_engine: "keyword", av_ave_version: "keyword", av_pack_version: "keyword" },
  ...{ av_product_version: "keyword", av_vdf_version: "keyword", current_sensor_policy_name: "words" },
  ...{ deployment_type: "keyword", first_name: "words", last_name: "words", middle_name: "words" },
  ...{ last_location: "keyword", linux_kernel_version: "keyword", organization_name: "words", os: "keyword" },
  ...{ scan_status: "keyword", sensor_kit_type: "keyword", sensor_version: "keyword", status: "keyword" },
  ...{ target_priority: "keyword", uninstall_code: "keyword", virtualization_provider: "keyword" },
  ...{ windows_platform: "keyword", cluster_name: "keyword", datacenter_name: "keyword", esx_host_name: "keyword" },
  ...{ vcenter_name: "keyword", vm_name: "keyword", vm_uuid: "keyword", vm_ip: "address", vuln_severity: "keyword" },
  ...{ cloud_provider_account_id: "keyword", auto_scaling_group_name: "keyword", virtual_private_cloud_id: "keyword" },
  ...{ activation_code_expiry_time: "isoDate", av_last_scan_time: "isoDate", deregistered_time: "isoDate" },
  ...{ last_contact_time: "isoDate", last_device_policy_changed_time: "isoDate" },
  ...{
    last_device_policy_requested_time: "isoDate",
    last_policy_updated_time: "isoDate",
    last_reported_time: "isoDate",
  },
  ...{ last_reset_time: "isoDate", last_shutdown_time: "isoDate", registered_time: "isoDate" },
  ...{ scan_last_action_time: "isoDate", scan_last_complete_time: "isoDate" },
});

const is = (name: string, value: string): SqlText => sql`${raw(`d.value ->> '${name}'`)} = ${value}`;
const isSet = (name: string): SqlText => sql`${raw(`d.value ->> '${name}'`)} = 1`;
const DAY = 86_400_000;

/** Devices that have not spoken for so long are no longer active. */
const INACTIVE = 30 * DAY;

/** What a state means that is looked for: some are stored as they are, others follow from what is. */
function stateCondition(state: string, now: number): SqlText | undefined {
  const heard = sql`${raw("d.value ->> 'last_contact_time'")} >= ${new Date(now - INACTIVE).toISOString()}`;
  switch (state) {
    case "ALL":
      return raw("1");
    case "ERROR":
    case "DELETED":
      return raw("0");
    case "PENDING":
    case "REGISTERED":
    case "UNINSTALLED":
    case "DEREGISTERED":
      return is("status", state);
    case "ACTIVE":
    case "LIVE":
      return sql`(${is("status", "REGISTERED")} AND ${heard})`;
    case "INACTIVE":
      return sql`(${is("status", "REGISTERED")} AND NOT ${heard})`;
    case "BYPASS":
    case "BYPASS_ON":
      return isSet("passive_mode");
    case "QUARANTINE":
      return isSet("quarantined");
    case "SENSOR_OUTOFDATE":
      return isSet("sensor_out_of_date");
    default:
      return undefined;
  }
}

const STATES = [
  ...["PENDING", "REGISTERED", "UNINSTALLED", "DEREGISTERED", "ACTIVE", "INACTIVE", "ERROR", "ALL", "BYPASS_ON"],
  ...["BYPASS", "QUARANTINE", "SENSOR_OUTOFDATE", "DELETED", "LIVE"],
];

const byState: Criterion = (value, name, now) => {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const conditions = list.map((each) => {
    const condition = typeof each === "string" ? stateCondition(each.toUpperCase(), now) : undefined;
    if (condition === undefined) throw unknownValue(name, each, STATES);
    return condition;
  });
  return conditions.reduce((all, each) => sql`${all} OR ${each}`, raw("0"));
};

/** Keys of `criteria` that mean more than the field of their name. */
export const DEVICE_CRITERIA: ReadonlyMap<string, Criterion> = new Map([
  ["status", (value, name, now) => sql`(${byState(value, name, now)})`],
]);
