import { readId } from "../../server/ids.js";
import { HttpProblem, type SandboxRequest } from "../../server/product.js";
import { readObject } from "../../server/write-body.js";
import { auditOf } from "../audit/audit.js";
import type { CloudContext } from "../context.js";
import { act } from "../devices/actions.js";
import { devicesOf } from "../devices/devices.js";
import type { DeviceDocument } from "../devices/document.js";
import type { CloudRoute } from "../part.js";
import { policiesOf } from "../policies/policies.js";
import type { Fields } from "../policies/record.js";
import { epoch, holds, page, SUCCESS } from "./envelope.js";

const BASE = "/integrationServices/v3/device";
const OPENED = { kind: "API", retired: "ask /appservices/v6/orgs/{org}/devices" } as const;

/** Devices in the form of the third generation. */
export function classicDeviceRoutes(context: CloudContext): CloudRoute[] {
  const devices = devicesOf(context);
  const one = ({ params }: SandboxRequest): DeviceDocument => {
    const found = devices.get(readId(params["id"]) ?? -1);
    if (found === undefined) throw new HttpProblem(404, `Device ${params["id"]} was not found`);
    return found;
  };
  return [
    {
      ...{ method: "GET", path: BASE, ...OPENED },
      handle: ({ query }) => page(query, devices.all().filter(filterOf(query)), context.now(), classicDevice),
    },
    {
      ...{ method: "GET", path: `${BASE}/:id`, ...OPENED },
      handle: (request) => ({ status: 200, body: { ...SUCCESS, deviceInfo: classicDevice(one(request)) } }),
    },
    {
      ...{ method: "PATCH", path: `${BASE}/:id`, ...OPENED },
      handle: (request) => {
        const device = one(request);
        const policy = policyIn(context, request);
        if (device["status"] !== "REGISTERED") {
          throw new HttpProblem(400, `${device.name} is ${String(device["status"])}: it can be given no policy`);
        }
        act(context, "UPDATE_POLICY", [device], { policy_id: policy.id });
        auditOf(context).note(request, `Gave ${device.name} the policy ${policy.name}`);
        const deviceInfo = { ...classicDevice(device), policyId: policy.id, policyName: policy.name };
        return { status: 200, body: { ...SUCCESS, deviceInfo } };
      },
    },
  ];
}

/** The policy that a device is to have: the only thing that can be changed of it. */
function policyIn(context: CloudContext, request: SandboxRequest): { id: number; name: string } {
  const body = readObject(request);
  const policies = policiesOf(context);
  const id = body.integer("policyId");
  const name = body.text("policyName");
  if (id === undefined && name === undefined) throw new HttpProblem(400, "Only policyId or policyName can be changed");
  const found = id === undefined ? policies.named(name ?? "") : policies.get(id);
  if (found === undefined) throw new HttpProblem(400, `There is no policy ${id ?? name}`);
  if (id !== undefined && name !== undefined && found.name !== name) {
    throw new HttpProblem(400, `The policy ${id} is not called ${name}`);
  }
  return found;
}

/** What the parameters of a list ask for. */
function filterOf(query: URLSearchParams): (device: DeviceDocument) => boolean {
  const exact = (value: unknown, name: string): boolean => {
    const wanted = query.get(name);
    return wanted === null || wanted === "" || value === wanted;
  };
  return (device) => {
    const address = query.get("ipAddress");
    const owner = ownerOf(device);
    return (
      holds(device.name, query.get("hostName")) &&
      exact(device.name, "hostNameExact") &&
      holds(owner, query.get("ownerName")) &&
      exact(owner, "ownerNameExact") &&
      (address === null ||
        address === "" ||
        device["last_internal_ip_address"] === address ||
        device["last_external_ip_address"] === address)
    );
  };
}

const ownerOf = (device: DeviceDocument): string => String(device["email"] ?? "");

/** Names of the third generation, by those of the present one. */
const NAMES: Readonly<Record<string, string>> = {
  ...{ id: "deviceId", name: "name", device_owner_id: "deviceOwnerId", email: "email", first_name: "firstName" },
  ...{ middle_name: "middleName", last_name: "lastName", organization_id: "organizationId" },
  ...{ organization_name: "organizationName", os: "deviceType", os_version: "osVersion" },
  ...{ windows_platform: "windowsPlatform", linux_kernel_version: "linuxKernelVersion" },
  ...{ vdi_base_device: "vdiBaseDevice", policy_id: "policyId", policy_name: "policyName" },
  ...{ target_priority: "targetPriorityType", status: "status", quarantined: "quarantined" },
  ...{ passive_mode: "passiveMode", av_master: "avMaster", sensor_version: "sensorVersion" },
  ...{ scan_status: "scanStatus", sensor_states: "sensorStates", sensor_out_of_date: "sensorOutOfDate" },
  ...{ last_internal_ip_address: "lastInternalIpAddress", last_external_ip_address: "lastExternalIpAddress" },
  ...{ last_location: "lastLocation", av_engine: "avEngine", av_status: "avStatus" },
  ...{ av_update_servers: "avUpdateServers", activation_code: "activationCode", uninstall_code: "uninstallCode" },
};

/** Moments, which are numbers in this generation. */
const TIMES: Readonly<Record<string, string>> = {
  ...{ registered_time: "registeredTime", deregistered_time: "deregisteredTime", last_contact_time: "lastContact" },
  ...{ last_reported_time: "lastReportedTime", last_reset_time: "lastResetTime" },
  ...{ last_shutdown_time: "lastShutdownTime", scan_last_action_time: "scanLastActionTime" },
  ...{ scan_last_complete_time: "scanLastCompleteTime", av_last_scan_time: "avLastScanTime" },
  activation_code_expiry_time: "activationCodeExpiryTime",
};

/** A device as the third generation shows it. */
export function classicDevice(device: DeviceDocument): Fields {
  const shown: Fields = {};
  for (const [name, other] of Object.entries(NAMES)) shown[other] = device[name] ?? null;
  for (const [name, other] of Object.entries(TIMES)) shown[other] = epoch(device[name]);
  return {
    ...shown,
    ...{ deviceGuid: null, deviceSessionId: null, testId: -1, assignedToId: null, assignedToName: null },
    ...{ rootedBySensor: false, rootedByAnalytics: false, rootedBySensorTime: null, rootedByAnalyticsTime: null },
    ...{ firstVirusActivityTime: null, lastVirusActivityTime: null, messages: null, updateVersion: null },
    createTime: epoch(device["registered_time"]),
    uninstalledTime: device["status"] === "UNINSTALLED" ? epoch(device["deregistered_time"]) : null,
  };
}
