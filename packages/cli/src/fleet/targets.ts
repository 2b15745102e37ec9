import { readFile } from "node:fs/promises";
import { type CbResponseAPI, Sensor } from "cbapi/response";
import { exactly, isSensorId, sensorById, sensorsNamed } from "../shell/hosts.js";
import { CommandError, notReadable } from "../shown-error.js";
import { plural } from "../text-layout.js";

/** What `--sensors` says. */
export type SensorSelection =
  | { readonly kind: "all" }
  | { readonly kind: "query"; readonly field: "hostname" | "groupid" | "ip"; readonly value: string }
  | { readonly kind: "ids"; readonly ids: readonly number[] }
  | { readonly kind: "file"; readonly path: string };

/** An endpoint of the fleet. */
export interface FleetTarget {
  readonly id: number;
  readonly hostname: string;
}

export interface Fleet {
  readonly targets: readonly FleetTarget[];
  /** Sensors that were uninstalled, which nothing can be asked of. */
  readonly uninstalled: number;
}

/** How many sensors are read at the same time. */
const ABREAST = 8;

/** @throws CommandError (exit code 2) when it makes no sense */
export function parseSelection(text: string): SensorSelection {
  const trimmed = text.trim();
  if (/^(all|\*)$/i.test(trimmed)) return { kind: "all" };
  if (trimmed.startsWith("@")) {
    if (trimmed.length === 1) throw wrong("@ wants the name of a file behind it");
    return { kind: "file", path: trimmed.slice(1) };
  }
  const condition = /^(hostname|groupid|ip):(.*)$/s.exec(trimmed);
  if (condition !== null) {
    const [, field = "", given = ""] = condition;
    const value = given.trim().replace(/^"(.*)"$/s, "$1");
    if (value === "") throw wrong(`${field}: wants a value behind it`);
    if (field === "groupid" && !/^\d+$/.test(value)) throw wrong(`groupid: wants the number of a group, not ${value}`);
    return { kind: "query", field: field as "hostname" | "groupid" | "ip", value };
  }
  const words = trimmed.split(/[\s,]+/).filter((word) => word !== "");
  const strange = words.find((word) => !isSensorId(word));
  if (strange !== undefined || words.length === 0) {
    throw wrong(
      `${JSON.stringify(strange ?? trimmed)} is no sensor id. It takes all, hostname:TEXT, groupid:N, ip:TEXT, ids such as 3,5,8, or @FILE`,
    );
  }
  return { kind: "ids", ids: [...new Set(words.map(Number))] };
}

function wrong(message: string): CommandError {
  return new CommandError(`--sensors: ${message}.`, { exitCode: 2 });
}

/**
 * The endpoints that are meant, each once.
 * @throws CommandError when there are none, or one that was named is not there: nothing is begun then
 */
export async function findFleet(cb: CbResponseAPI, selection: SensorSelection, signal: AbortSignal): Promise<Fleet> {
  switch (selection.kind) {
    case "all":
      return fleetOf(await cb.select(Sensor).all({ signal }));
    case "query":
      return fleetOf(
        await cb
          .select(Sensor)
          .where({ [selection.field]: selection.value })
          .all({ signal }),
      );
    case "ids":
      return fleetOf(await namedSensors(cb, selection.ids.map(String), signal));
    case "file":
      return fleetOf(await namedSensors(cb, await readNames(selection.path), signal));
  }
}

function fleetOf(sensors: readonly Sensor[]): Fleet {
  const present = sensors.filter(({ uninstalled }) => uninstalled !== true);
  const targets = new Map(
    present.map((sensor) => [Number(sensor.id), { id: Number(sensor.id), hostname: sensor.hostname ?? "" }]),
  );
  if (targets.size === 0) {
    throw new CommandError(
      sensors.length === 0
        ? "--sensors fits no sensor."
        : `--sensors fits only uninstalled sensors (${sensors.length}).`,
    );
  }
  return { targets: [...targets.values()], uninstalled: sensors.length - present.length };
}

/** Ids or computer names in a file, one in each line; what follows a `#` is a remark. */
async function readNames(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw notReadable(path, cause);
  }
  const names = text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*/, "").trim())
    .filter((line) => line !== "");
  if (names.length === 0) throw new CommandError(`There is no id and no computer name in ${path}.`);
  return [...new Set(names)];
}

async function namedSensors(cb: CbResponseAPI, names: readonly string[], signal: AbortSignal): Promise<Sensor[]> {
  const results = names.map((): readonly Sensor[] => []);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < names.length; at = next++) {
      signal.throwIfAborted();
      results[at] = await sensorsOf(cb, names[at] ?? "", signal);
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, work));
  const missing = names.filter((_, at) => results[at]?.length === 0);
  const several = names.flatMap((name, at) => {
    const sensors = results[at] ?? [];
    return sensors.length > 1 ? [`${name} (${sensors.map(({ id }) => id).join(", ")})`] : [];
  });
  if (missing.length > 0) {
    throw new CommandError(`${plural(missing.length, "sensor")} not found: ${listed(missing)}. Nothing was begun.`);
  }
  if (several.length > 0) {
    throw new CommandError(
      `${plural(several.length, "name")} with several sensors: ${listed(several)}. Give ids instead. Nothing was begun.`,
      { exitCode: 2 },
    );
  }
  return results.flat();
}

/** By id, or those of exactly that name. What looks like an id is nothing else: the wrong endpoint is worse than none. */
async function sensorsOf(cb: CbResponseAPI, name: string, signal: AbortSignal): Promise<Sensor[]> {
  if (!isSensorId(name)) return exactly(name, await sensorsNamed(cb, name, signal));
  const sensor = await sensorById(cb, name, signal);
  return sensor === undefined ? [] : [sensor];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(", ");
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
