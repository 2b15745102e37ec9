import type { LiveResponseFault } from "./fault-rule.js";
import type { OnlineSchedule } from "./schedule.js";

/** How Live Response behaves, and what goes wrong with it. */
export interface LiveResponseSettings {
  /** Real milliseconds that a command takes on the endpoint: a number, or from the first to the second by command. */
  latency: number | readonly [least: number, most: number];
  /** Ticks between two moments at which an endpoint asks whether a session waits for it. */
  checkinTicks: number;
  /** Simulated seconds that a session waits for its endpoint. */
  sensorWaitTimeout: number;
  /** Simulated seconds after which a session that nobody uses ends. */
  sessionTimeout: number;
  /** Simulated seconds, told in session documents. */
  checkInTimeout: number;
  /** Real milliseconds for which a request with `wait=true` is held. */
  waitLimit: number;
  /** Largest file in bytes, uploaded or fetched. */
  maxFileSize: number;
  /** What the draws below are made from: the same seed, the same faults. The sandbox's own seed when left out. */
  seed: number | string | undefined;
  /** From 0 to 1: how many commands fail, each with one of {@link failCodes}. */
  failRate: number;
  /** Windows error codes; other systems say the like in their own. */
  failCodes: readonly number[];
  /** From 0 to 1: how many sessions vanish in the middle of their first command. */
  lostRate: number;
  /** What goes wrong with chosen commands. */
  faults: readonly LiveResponseFault[];
  /** When endpoints are switched on; undefined leaves them as they are. */
  schedule: OnlineSchedule | undefined;
}

/** What to change; null puts a setting back to its default. */
export type LiveResponseChanges = { [Name in keyof LiveResponseSettings]?: LiveResponseSettings[Name] | null };

/** The settings that nobody has changed. */
export const DEFAULT_SETTINGS: LiveResponseSettings = {
  latency: 2,
  checkinTicks: 1,
  sensorWaitTimeout: 120,
  sessionTimeout: 300,
  checkInTimeout: 1200,
  waitLimit: 120_000,
  maxFileSize: 2 ** 32 - 2 ** 20,
  seed: undefined,
  failRate: 0,
  failCodes: [5, 32],
  lostRate: 0,
  faults: [],
  schedule: undefined,
};

type Check = readonly [wanted: string, fits: (value: unknown) => boolean];

const isNumber = (value: unknown, least: number, most: number): value is number =>
  typeof value === "number" && value >= least && value <= most;
const isWhole = (value: unknown, least: number, most: number): value is number =>
  isNumber(value, least, most) && Number.isInteger(value);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const LONGEST = 600_000;
const isCode = (value: unknown): boolean => isWhole(value, 1, 0xffff);
const fraction: Check = ["a number from 0 to 1", (value) => isNumber(value, 0, 1)];
const seconds: Check = ["a number of seconds above 0", (value) => isNumber(value, 0.001, 10 ** 9)];

const CHECKS: Readonly<Record<keyof LiveResponseSettings, Check>> = {
  latency: [
    `milliseconds up to ${LONGEST}, or the least and the most of them`,
    (value) =>
      isNumber(value, 0, LONGEST) ||
      (Array.isArray(value) &&
        value.length === 2 &&
        isNumber(value[0], 0, LONGEST) &&
        isNumber(value[1], value[0], LONGEST)),
  ],
  checkinTicks: ["a whole number from 1 on", (value) => isWhole(value, 1, 10 ** 6)],
  sensorWaitTimeout: seconds,
  sessionTimeout: seconds,
  checkInTimeout: seconds,
  waitLimit: ["a number of milliseconds", (value) => isNumber(value, 0, 3_600_000)],
  maxFileSize: ["a number of bytes below 4 GiB", (value) => isWhole(value, 0, DEFAULT_SETTINGS.maxFileSize)],
  seed: ["a number or a text", (value) => typeof value === "number" || typeof value === "string"],
  failRate: fraction,
  failCodes: [
    "a list of Windows error codes, of one at least",
    (value) => Array.isArray(value) && value.length > 0 && value.every(isCode),
  ],
  lostRate: fraction,
  faults: [
    'a list of faults such as { command: "get file", outcome: 5 }, with an outcome that is an error code, "lost", "offline" or "hang"',
    (value) => Array.isArray(value) && value.every(isFault),
  ],
  schedule: [
    "{ offline, period }, or lists of [tick, online] by sensor id",
    (value) => typeof value === "function" || isGeneratedSchedule(value) || isListedSchedule(value),
  ],
};

/** The settings with the changes made; throws a RangeError that names what makes no sense. */
export function changedSettings(settings: LiveResponseSettings, changes: unknown): LiveResponseSettings {
  if (!isRecord(changes)) throw new RangeError("The settings of Live Response are an object");
  const changed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(changes)) {
    const check = isSetting(name) ? CHECKS[name] : undefined;
    if (!isSetting(name) || check === undefined) {
      throw new RangeError(`\`${name}\` is no setting of Live Response; there is ${Object.keys(CHECKS).join(", ")}`);
    }
    if (value === undefined) continue;
    if (value !== null && !check[1](value)) throw new RangeError(`\`${name}\` must be ${check[0]}`);
    changed[name] = value ?? DEFAULT_SETTINGS[name];
  }
  return { ...settings, ...changed };
}

const isSetting = (name: string): name is keyof LiveResponseSettings => Object.hasOwn(CHECKS, name);

const FAULT_FIELDS: Readonly<Record<keyof LiveResponseFault, (value: unknown) => boolean>> = {
  command: (value) => typeof value === "string",
  sensor: (value) => isWhole(value, 1, 10 ** 9),
  object: (value) => typeof value === "string",
  after: (value) => isWhole(value, 0, 10 ** 9),
  times: (value) => isWhole(value, 0, 10 ** 9),
  outcome: (value) => isCode(value) || value === "lost" || value === "offline" || value === "hang",
};

function isFault(value: unknown): boolean {
  if (!isRecord(value) || value["outcome"] === undefined) return false;
  return Object.entries(value).every(([name, entry]) => {
    const fits = Object.hasOwn(FAULT_FIELDS, name) ? FAULT_FIELDS[name as keyof LiveResponseFault] : undefined;
    return fits !== undefined && (entry === undefined || fits(entry));
  });
}

function isGeneratedSchedule(value: unknown): boolean {
  if (!isRecord(value) || Object.keys(value).length !== 2) return false;
  return isNumber(value["offline"], 0, 1) && isNumber(value["period"], 2, 10 ** 6);
}

function isListedSchedule(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return Object.entries(value).every(
    ([id, list]) =>
      /^\d{1,9}$/.test(id) &&
      Array.isArray(list) &&
      list.every(
        (entry: unknown) =>
          Array.isArray(entry) && entry.length === 2 && isWhole(entry[0], 0, 10 ** 9) && typeof entry[1] === "boolean",
      ),
  );
}
