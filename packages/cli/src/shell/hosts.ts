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
  const byId = isSensorId(host) ? await sensorById(cb, host, signal) : undefined;
  if (byId !== undefined) return byId;
  const found = await sensorsNamed(cb, host, signal);
  const exact = exactly(host, found);
  const meant = exact.length > 0 ? exact : found;
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

/** Whether a text has the form of a sensor id. */
export function isSensorId(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}

/** The sensor of an id; undefined when there is none. */
export async function sensorById(cb: CbResponseAPI, id: string, signal: AbortSignal): Promise<Sensor | undefined> {
  try {
    return await unlessInterrupted(signal, (async () => await cb.select(Sensor, Number(id)))());
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    throw error;
  }
}

/**
 * Those of exactly this computer name, with or without its domain. A computer that was set up anew has left its earlier
 * sensors behind: they count only where there is no other.
 */
export function exactly(name: string, sensors: readonly Sensor[]): Sensor[] {
  const wanted = name.toLowerCase();
  const exact = sensors.filter(({ hostname, dns_name }) =>
    [hostname, dns_name].some((each) => each?.toLowerCase() === wanted),
  );
  const present = exact.filter(({ uninstalled }) => uninstalled !== true);
  return present.length > 0 ? present : exact;
}

/** All whose name contains the text. The server minds case, so the usual spellings are tried. */
export async function sensorsNamed(cb: CbResponseAPI, name: string, signal: AbortSignal): Promise<Sensor[]> {
  for (const spelling of new Set([name, name.toUpperCase(), name.toLowerCase()])) {
    const found = await cb.select(Sensor).where({ hostname: spelling }).all({ signal });
    if (found.length > 0) return [...found];
  }
  return [];
}
