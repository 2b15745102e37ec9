import type { SensorRecord } from "../../domain/index.js";
import { type EndpointPresence, lastCheckin } from "../../endpoint/presence.js";
import { hash32 } from "../../organisation/random.js";
import { baseName } from "../../paths.js";
import type { DeviceRecord } from "./record.js";

/** A device as it is answered. */
export type DeviceDocument = Readonly<Record<string, unknown>> & { readonly id: number; readonly name: string };

/** What documents of devices are made with. */
export interface DeviceFacts {
  readonly orgKey: string;
  readonly organisation: { readonly id: number; readonly name: string };
  readonly seed: string;
  readonly presence: EndpointPresence;
  readonly policyNames: ReadonlyMap<number, string>;
  /** Who has worked on a device last. */
  readonly users: ReadonlyMap<number, string>;
}

const NAMES = { windows: "WINDOWS", osx: "MAC", linux: "LINUX" } as const;
/** The newest sensors; some devices have one that is a little older. */
const VERSIONS = {
  windows: ["3.9.1.2464", "3.8.0.722"],
  osx: ["3.7.4.53", "3.6.3.18"],
  linux: ["2.15.2.1652842", "2.14.0.1234321"],
} as const;

const isoTime = (time: number | null | undefined): string | null =>
  time === null || time === undefined ? null : new Date(time).toISOString();

/** The kind of sensor that runs on an endpoint. */
export function kitOf({ os_type, os_environment_display_string: system }: SensorRecord): string {
  if (os_type !== "linux") return NAMES[os_type];
  if (/ubuntu/i.test(system)) return "UBUNTU";
  if (/suse/i.test(system)) return "SUSE";
  if (/amazon/i.test(system)) return "AMAZON_LINUX";
  return /red hat|rhel|centos|fedora/i.test(system) ? "RHEL" : "OTHER";
}

const firstVersion = ({ os_type, id }: SensorRecord, seed: string): string =>
  VERSIONS[os_type][hash32(`${seed}/cloud/sensor/${id}`) % 4 === 0 ? 1 : 0];

/** The policy, and what else of a device is not in its sensor's record. */
export function deviceDocument(
  sensor: SensorRecord,
  known: DeviceRecord,
  policy: number,
  facts: DeviceFacts,
): DeviceDocument {
  const { seed, presence, policyNames, organisation } = facts;
  const random = (what: string): number => hash32(`${seed}/cloud/${what}/${sensor.id}`);
  const contact = known.last_contact_time ?? lastCheckin(sensor, presence);
  const version = known.sensor_version ?? firstVersion(sensor, seed);
  const [network] = sensor.interfaces;
  const account = facts.users.get(sensor.id) ?? "";
  const user = baseName(account);
  const [, ...domain] = sensor.computer_dns_name.split(".");
  const isWindows = sensor.os_type === "windows";
  const code = (what: string): string =>
    (random(what) * 4_294_967_296 + random(`${what}/2`)).toString(36).toUpperCase().slice(0, 8);
  const policyName = policyNames.get(policy) ?? "";
  return {
    ...{ activation_code: null, activation_code_expiry_time: null, ad_group_id: sensor.group_id - 1, asset_group: [] },
    ...{ appliance_name: null, appliance_uuid: null, av_ave_version: null, av_engine: "", av_last_scan_time: null },
    ...{ av_master: false, av_pack_version: null, av_product_version: null },
    av_status: isWindows ? ["AV_ACTIVE", "ONDEMAND_SCAN_DISABLED"] : ["AV_NOT_REGISTERED"],
    ...{ av_update_servers: null, av_vdf_version: null, cluster_name: null },
    current_sensor_policy_name: policyName,
    ...{ datacenter_name: null, deployment_type: sensor.host_type === "workstation" ? "ENDPOINT" : "WORKLOAD" },
    deregistered_time: isoTime(known.deregistered_time),
    ...{ device_meta_data_item_list: null, device_owner_id: 10_000 + (random("owner") % 90_000) },
    email: user === "" ? "" : `${user}@${domain.join(".") || "sandbox.example"}`,
    ...{ encoded_activation_code: null, esx_host_name: null, esx_host_uuid: null },
    ...{ first_name: null, id: sensor.id, last_contact_time: isoTime(contact) },
    last_device_policy_changed_time: isoTime(known.last_policy_updated_time),
    last_device_policy_requested_time: isoTime(known.last_policy_updated_time),
    last_external_ip_address: `203.0.113.${1 + (random("site") % 4)}`,
    last_internal_ip_address: network?.ip ?? "",
    ...{ last_location: random("location") % 10 === 0 ? "OFFSITE" : "ONSITE", last_name: null },
    last_policy_updated_time: isoTime(known.last_policy_updated_time),
    ...{ last_reported_time: isoTime(contact), last_reset_time: null, last_shutdown_time: null },
    linux_kernel_version: sensor.os_type === "linux" ? "5.15.0-91-generic" : null,
    login_user_name: account === "" ? null : account,
    ...{ mac_address: network?.mac ?? "", middle_name: null, name: sensor.computer_name },
    ...{ organization_id: organisation.id, organization_name: organisation.name },
    os: NAMES[sensor.os_type],
    os_version: sensor.os_environment_display_string,
    passive_mode: known.passive_mode ?? false,
    ...{ policy_id: policy, policy_name: policyName, policy_override: known.policy_override ?? false },
    quarantined: known.quarantined ?? false,
    registered_time: isoTime(sensor.registration_time),
    scan_last_action_time: isoTime(known.scan_last_action_time),
    scan_last_complete_time: isoTime(known.scan_last_complete_time),
    scan_status: known.scan_status ?? "NEVER_RUN",
    sensor_kit_type: kitOf(sensor),
    sensor_out_of_date: version !== VERSIONS[sensor.os_type][0],
    sensor_pending_update: known.pending?.sensor_version !== undefined,
    sensor_states: ["ACTIVE", "LIVE_RESPONSE_NOT_RUNNING", "LIVE_RESPONSE_NOT_KILLED", "LIVE_RESPONSE_ENABLED"],
    sensor_version: version,
    status: known.status ?? "REGISTERED",
    target_priority: ["MEDIUM", "MEDIUM", "LOW", "HIGH"][random("priority") % 4],
    ...(sensor.host_type === "domain_controller" ? { target_priority: "MISSION_CRITICAL" } : {}),
    ...{ uninstall_code: code("uninstall"), vcenter_name: null, vcenter_uuid: null, vdi_base_device: null },
    ...{ virtual_machine: sensor.host_type !== "workstation" },
    virtualization_provider: sensor.host_type === "workstation" ? "UNKNOWN" : "VMW_ESX",
    ...{ vm_ip: null, vm_name: null, vm_uuid: null, vuln_score: 0, vuln_severity: null },
    windows_platform: isWindows ? (sensor.host_type === "workstation" ? "CLIENT_X64" : "SERVER_X64") : null,
  };
}
