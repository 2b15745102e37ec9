import type { Endpoint, Endpoints } from "../endpoints/endpoint.js";
import { CommandError } from "../shown-error.js";
import { plural } from "../text-layout.js";

/** How many are listed when a name fits several. */
const LISTED = 20;

/**
 * The endpoint that is meant by an id or a computer name. The exact name goes before names that only contain the text;
 * case is of no importance.
 * @throws CommandError when there is none, or (with exit code 2) several
 */
export async function findEndpoint(endpoints: Endpoints, host: string, signal: AbortSignal): Promise<Endpoint> {
  const { noun } = endpoints;
  const byId = isEndpointId(host) ? await endpoints.byId(Number(host), signal) : undefined;
  if (byId !== undefined) return byId;
  const found = await endpoints.named(host, signal);
  const exact = exactly(host, found);
  const meant = exact.length > 0 ? exact : found;
  const [endpoint, ...others] = meant;
  if (endpoint === undefined) throw new CommandError(`There is no ${noun} ${host}: neither a computer name nor an id.`);
  if (others.length === 0) return endpoint;
  const list = meant.slice(0, LISTED).map((each) => `${each.id} ${each.hostname ?? "?"} ${each.status ?? "?"}`);
  const rest = meant.length > LISTED ? `, and ${meant.length - LISTED} more` : "";
  throw new CommandError(
    `${host} fits ${plural(meant.length, noun)}: ${list.join(", ")}${rest}. Give the whole name, or the id.`,
    { exitCode: 2 },
  );
}

/** Whether a text has the form of an id. */
export function isEndpointId(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}

/**
 * Those of exactly this computer name, with or without its domain. A computer that was set up anew has left its earlier
 * sensors behind: they count only where there is no other.
 */
export function exactly(name: string, endpoints: readonly Endpoint[]): Endpoint[] {
  const wanted = name.toLowerCase();
  const exact = endpoints.filter(({ names }) => names.some((each) => each.toLowerCase() === wanted));
  const present = exact.filter(({ isGone }) => !isGone);
  return present.length > 0 ? present : exact;
}
