import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";

/** An entry that an administrator has given to a device. */
export interface DeviceMetaData {
  /** Its name. */
  readonly key_name: string;
  /** What it says. */
  readonly key_value: string;
  /** Its place among the entries. */
  readonly position: number;
}

/** An asset group that a device belongs to. */
export interface DeviceAssetGroup {
  /** Its id. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** Whether the device was put into it, or a rule did. */
  readonly membership_type: "DYNAMIC" | "MANUAL" | (string & {});
}

/** The fields of a device, all of which the server may leave out. Times are read as `Date`s. */
export const DeviceFields = defineModel(
  {
    name: "Device",
    path: "/appservices/v6/orgs/{org}/devices",
    key: "id",
    keyOnly: ["backgroundScan", "bypass", "deleteSensor", "uninstallSensor", "updatePolicy", "updateSensorVersion"],
  },
  {
    id: t.integer(),
    device_id: t.integer(),
    name: t.string(),
    status: t.string(),
    os: t.string(),
    os_version: t.string(),
    windows_platform: t.string(),
    linux_kernel_version: t.string(),
    deployment_type: t.string(),
    policy_id: t.integer(),
    policy_name: t.string(),
    policy_override: t.boolean(),
    current_sensor_policy_name: t.string(),
    last_policy_updated_time: t.dateTime(),
    last_device_policy_changed_time: t.dateTime(),
    last_device_policy_requested_time: t.dateTime(),
    quarantined: t.boolean(),
    passive_mode: t.boolean(),
    ad_group_id: t.integer(),
    organization_id: t.integer(),
    organization_name: t.string(),
    device_owner_id: t.integer(),
    email: t.string(),
    first_name: t.string(),
    middle_name: t.string(),
    last_name: t.string(),
    login_user_name: t.string(),
    registered_time: t.dateTime(),
    deregistered_time: t.dateTime(),
    last_contact_time: t.dateTime(),
    last_reported_time: t.dateTime(),
    last_reset_time: t.dateTime(),
    last_shutdown_time: t.dateTime(),
    last_external_ip_address: t.string(),
    last_internal_ip_address: t.string(),
    mac_address: t.string(),
    last_location: t.string(),
    activation_code: t.string(),
    activation_code_expiry_time: t.dateTime(),
    encoded_activation_code: t.string(),
    uninstall_code: t.string(),
    sensor_version: t.string(),
    sensor_kit_type: t.string(),
    sensor_out_of_date: t.boolean(),
    sensor_pending_update: t.boolean(),
    sensor_states: t.array(t.string()),
    scan_status: t.string(),
    scan_last_action_time: t.dateTime(),
    scan_last_complete_time: t.dateTime(),
    av_engine: t.string(),
    av_ave_version: t.string(),
    av_pack_version: t.string(),
    av_product_version: t.string(),
    av_vdf_version: t.string(),
    av_status: t.array(t.string()),
    av_last_scan_time: t.dateTime(),
    av_master: t.boolean(),
    av_update_servers: t.array(t.string()),
    device_meta_data_item_list: t.array(t.object<DeviceMetaData>()),
    asset_group: t.array(t.object<DeviceAssetGroup>()),
    vdi_base_device: t.integer(),
    virtual_machine: t.boolean(),
    virtualization_provider: t.string(),
    appliance_name: t.string(),
    appliance_uuid: t.string(),
    cluster_name: t.string(),
    datacenter_name: t.string(),
    esx_host_name: t.string(),
    esx_host_uuid: t.string(),
    vcenter_name: t.string(),
    vcenter_uuid: t.string(),
    vcenter_host_url: t.string(),
    vm_ip: t.string(),
    vm_name: t.string(),
    vm_uuid: t.string(),
    nsx_enabled: t.boolean(),
    nsx_distributed_firewall_policy: t.string(),
    cloud_provider_account_id: t.string(),
    auto_scaling_group_name: t.string(),
    virtual_private_cloud_id: t.string(),
  },
);
