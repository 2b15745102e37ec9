import { ObjectNotFoundError } from "cbapi";
import { type CbResponseAPI, Sensor } from "cbapi/response";
import { unlessInterrupted } from "../interruption.js";
import { CommandError } from "../shown-error.js";
import { plural } from "../text-layout.js";

/** How many are listed when a name fits several. */
const LISTED = 20;

/**
 * The endpoint that is meant by a sensor id or a computer name. The exact name goes before names that only contain the
 * text; case is of no importance.
 * @throws CommandError when there is none, or (with exit code 2) several
 */
export async function findSensor(cb: CbResponseAPI, host: string, signal: AbortSignal): Promise<Sensor> {
  if (/^\d{1,15}$/.test(host)) {
    try {
      return await sensorById(cb, Number(host), signal);
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error;
    }
  }
  const found = await sensorsNamed(cb, host, signal);
  const exact = found.filter((sensor) => sameName(sensor, host));
  // A computer that was set up anew has left its earlier sensors behind.
  const present = exact.filter((sensor) => sensor.uninstalled !== true);
  const meant = present.length > 0 ? present : exact.length > 0 ? exact : found;
  const [sensor, ...others] = meant;
  if (sensor === undefined) throw new CommandError(`There is no sensor ${host}: neither a computer name nor an id.`);
  if (others.length === 0) return sensor;
  const list = meant.slice(0, LISTED).map((each) => `${each.id} ${each.hostname ?? "?"} ${each.status ?? "?"}`);
  const rest = meant.length > LISTED ? `, and ${meant.length - LISTED} more` : "";
  throw new CommandError(
    `${host} fits ${plural(meant.length, "sensor")}: ${list.join(", ")}${rest}. Give the whole name, or the id.`,
    { exitCode: 2 },
  );
}

/** @throws ObjectNotFoundError when there is no such sensor */
export function sensorById(cb: CbResponseAPI, id: number, signal: AbortSignal): Promise<Sensor> {
  return unlessInterrupted(signal, (async () => await cb.select(Sensor, id))());
}

/** Whether a sensor's computer has this name, with or without its domain. */
export function sameName(sensor: Sensor, name: string): boolean {
  const wanted = name.toLowerCase();
  return sensor.hostname?.toLowerCase() === wanted || sensor.dns_name?.toLowerCase() === wanted;
}

/** All whose name contains the text. The server minds case, so the usual spellings are tried. */
export async function sensorsNamed(cb: CbResponseAPI, name: string, signal: AbortSignal): Promise<Sensor[]> {
  for (const spelling of new Set([name, name.toUpperCase(), name.toLowerCase()])) {
    const found = await cb.select(Sensor).where({ hostname: spelling }).all({ signal });
    if (found.length > 0) return [...found];
  }
  return [];
}
