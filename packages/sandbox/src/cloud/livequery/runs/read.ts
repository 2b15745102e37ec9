import { HttpProblem } from "../../../server/product.js";
import { readObject, readText } from "../../search/index.js";
import { readStatement } from "../engine/statement.js";
import { readSchedule } from "../templates/recurrence.js";
import { DEPLOYMENT_TYPES, DEVICE_TYPES } from "./devices.js";
import type { DeviceFilter, Schedule } from "./record.js";

const LONGEST_NAME = 255;

/** What somebody wants asked. */
export interface RunRequest {
  readonly sql: string;
  readonly name: string | undefined;
  readonly filter: DeviceFilter;
  readonly notify_on_finish: boolean;
  readonly schedule: Schedule | undefined;
}

/** Reads the body that starts a run, or changes a template. */
export function readRun(given: unknown, now: number): RunRequest {
  const body = readObject(given);
  const sql = readText(body["sql"], "sql");
  if (sql === undefined) throw new HttpProblem(400, "sql is missing: what the devices are to be asked");
  readStatement(sql);
  const name = readText(body["name"], "name");
  if (name !== undefined && name.length > LONGEST_NAME) {
    throw new HttpProblem(400, `name has more than ${LONGEST_NAME} characters`);
  }
  const notify = body["notify_on_finish"] ?? false;
  if (typeof notify !== "boolean") throw new HttpProblem(400, "notify_on_finish is true or false");
  const schedule = body["schedule"];
  return {
    ...{ sql, name, filter: readFilter(body["device_filter"]), notify_on_finish: notify },
    schedule: schedule === undefined || schedule === null ? undefined : readSchedule(schedule, now),
  };
}

/** Each list goes by two names, of which the newer one counts. An empty list, or null, lets all devices pass. */
function readFilter(given: unknown): DeviceFilter {
  const filter = readObject(given, "`device_filter`");
  const unknown = Object.keys(filter).find((name) => !FILTERS.has(name));
  if (unknown !== undefined) {
    throw new HttpProblem(400, `There is no key ${unknown} in device_filter: the keys are ${[...FILTERS].join(", ")}`);
  }
  const ids = (newer: string, older: string): number[] | undefined => {
    const list = listOf(filter[newer] ?? filter[older], newer);
    return list?.map((each) => {
      if (typeof each === "number" && Number.isSafeInteger(each)) return each;
      throw new HttpProblem(400, `device_filter.${newer} is a list of whole numbers`);
    });
  };
  const words = (newer: string, older: string, known: readonly string[]): string[] | undefined => {
    const list = listOf(filter[newer] ?? filter[older], newer);
    return list?.map((each) => {
      const word = typeof each === "string" ? each.toUpperCase() : "";
      if (known.includes(word)) return word;
      throw new HttpProblem(400, `device_filter.${newer} is a list of ${known.join(", ")}`, "INVALID_ENUM_VALUE");
    });
  };
  const device_id = ids("device_id", "device_ids");
  const policy_id = ids("policy_id", "policy_ids");
  const os = words("os", "device_types", DEVICE_TYPES);
  const deployment_type = words("deployment_type", "deployment_type", DEPLOYMENT_TYPES);
  return {
    ...(device_id === undefined ? {} : { device_id }),
    ...(os === undefined ? {} : { os }),
    ...(policy_id === undefined ? {} : { policy_id }),
    ...(deployment_type === undefined ? {} : { deployment_type }),
  };
}

const FILTERS = new Set([
  "device_id",
  "device_ids",
  "os",
  "device_types",
  "policy_id",
  "policy_ids",
  "deployment_type",
]);

function listOf(value: unknown, name: string): unknown[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new HttpProblem(400, `device_filter.${name} is a list`);
  return value.length === 0 ? undefined : (value as unknown[]);
}
