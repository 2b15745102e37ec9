import type { CloudContext } from "../../context.js";
import type { DeviceFilter, DeviceStatus, RunDevice, RunRecord, Schedule } from "./record.js";

export const isoTime = (time: number | null | undefined): string | null =>
  time === null || time === undefined ? null : new Date(time).toISOString();

/** Each list under both of its names. */
export function filterDocument({ device_id, os, policy_id, deployment_type }: DeviceFilter): Record<string, unknown> {
  const [devices, systems, policies] = [device_id ?? null, os ?? null, policy_id ?? null];
  return {
    ...{ policy_id: policies, os: systems, device_id: devices, deployment_type: deployment_type ?? null },
    ...{ policy_ids: policies, device_types: systems, device_ids: devices },
  };
}

export const scheduleDocument = (schedule: Schedule): Record<string, unknown> => ({
  ...{ ...schedule, previous_run_time: isoTime(schedule.previous_run_time) },
  ...{ next_run_time: isoTime(schedule.next_run_time), cancellation_time: isoTime(schedule.cancellation_time) },
});

/** A run as it is shown. */
export function runDocument(
  { orgKey }: CloudContext,
  run: RunRecord,
  schedule: Schedule | undefined,
): Record<string, unknown> {
  const { number: _, filter, devices, answered: __, budget: ___, ...shown } = run;
  const count = (...statuses: DeviceStatus[]): number =>
    devices.filter(({ status }) => statuses.includes(status)).length;
  const last = Math.max(
    ...devices.flatMap(({ status, finish_time }) => (status === "cancelled" ? [] : (finish_time ?? []))),
  );
  return {
    ...{ org_key: orgKey, ...shown, device_filter: filterDocument(filter) },
    create_time: isoTime(run.create_time),
    status_update_time: isoTime(run.status_update_time),
    timeout_time: isoTime(run.timeout_time),
    cancellation_time: isoTime(run.cancellation_time),
    ...{ archive_time: null, archived_by: null, schedule: schedule === undefined ? null : scheduleDocument(schedule) },
    ...{ recommended_query_id: null, schema: null, destinations: ["LQ"] },
    last_result_time: Number.isFinite(last) ? isoTime(last) : null,
    total_results: devices.reduce((sum, { rows }) => sum + rows, 0),
    ...{ match_count: count("matched"), no_match_count: count("not_matched"), error_count: count("error") },
    ...{ not_supported_count: count("not_supported"), cancelled_count: count("cancelled") },
    ...{ not_started_count: count("not_started"), in_progress_count: count("in_progress") },
    success_count: count("matched", "not_matched"),
  };
}

/** What a device needed for its answer; nothing while it has none. */
export function metricsOf({ start_time, finish_time, id }: RunDevice): Record<string, number> | undefined {
  if (start_time === undefined || finish_time === undefined) return undefined;
  // A device that is asked twice has the same load: what it is depends on nothing else here.
  return { average_system_memory_in_use: 40 + (id % 30), osquery_creation_time_unix_ms: start_time };
}

/** How a device is shown within a result. */
export const deviceDocument = ({ id, name, os, policy_id, policy_name }: RunDevice): Record<string, unknown> => ({
  ...{ id, name, policy_id, policy_name, os },
});

/** What a device has come to, under the names of servers of all ages. */
export function summaryDocument(run: RunRecord, device: RunDevice): Record<string, unknown> {
  const { id, name, os, policy_id, policy_name, status, rows, message } = device;
  const metrics = metricsOf(device);
  return {
    ...{ id: `${run.id}-${id}`, device_id: id, device_name: name, os, policy_id, policy_name },
    ...{ device: deviceDocument(device), status, total_results: rows, device_message: message },
    ...{ error_description: status === "error" ? message : null, time_received: isoTime(device.finish_time) },
    ...{ start_time: isoTime(device.start_time), finish_time: isoTime(device.finish_time) },
    update_time: isoTime(device.finish_time ?? device.start_time),
    ...(metrics === undefined ? {} : { metrics }),
  };
}
