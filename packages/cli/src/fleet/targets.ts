import { readFile } from "node:fs/promises";
import type { Endpoint, Endpoints } from "../endpoints/endpoint.js";
import { exactly, isEndpointId } from "../shell/hosts.js";
import { CommandError, notReadable } from "../shown-error.js";
import { plural } from "../text-layout.js";

/** What `--sensors` says. */
export type SensorSelection =
  | { readonly kind: "all" }
  | { readonly kind: "query"; readonly field: string; readonly value: string }
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
  const condition = /^(hostname|groupid|policyid|ip):(.*)$/s.exec(trimmed);
  if (condition !== null) {
    const [, field = "", given = ""] = condition;
    const value = given.trim().replace(/^"(.*)"$/s, "$1");
    if (value === "") throw wrong(`${field}: wants a value behind it`);
    const numbered = { groupid: "group", policyid: "policy" }[field];
    if (numbered !== undefined && !/^\d+$/.test(value)) {
      throw wrong(`${field}: wants the number of a ${numbered}, not ${value}`);
    }
    return { kind: "query", field, value };
  }
  const words = trimmed.split(/[\s,]+/).filter((word) => word !== "");
  const strange = words.find((word) => !isEndpointId(word));
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
export async function findFleet(endpoints: Endpoints, selection: SensorSelection, signal: AbortSignal): Promise<Fleet> {
  switch (selection.kind) {
    case "all":
      return fleetOf(await endpoints.list(signal), endpoints);
    case "query":
      if (!endpoints.fields.includes(selection.field)) {
        throw wrong(`a ${endpoints.noun} is not chosen by ${selection.field}, but by ${endpoints.fields.join(", ")}`);
      }
      return fleetOf(await endpoints.list(signal, selection.field, selection.value), endpoints);
    case "ids":
      return fleetOf(await namedEndpoints(endpoints, selection.ids.map(String), signal), endpoints);
    case "file":
      return fleetOf(await namedEndpoints(endpoints, await readNames(selection.path), signal), endpoints);
  }
}

function fleetOf(found: readonly Endpoint[], { noun }: Endpoints): Fleet {
  const present = found.filter(({ isGone }) => !isGone);
  const targets = new Map(present.map(({ id, hostname = "" }) => [id, { id, hostname }]));
  if (targets.size === 0) {
    throw new CommandError(
      found.length === 0 ? `--sensors fits no ${noun}.` : `--sensors fits only uninstalled ${noun}s (${found.length}).`,
    );
  }
  return { targets: [...targets.values()], uninstalled: found.length - present.length };
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

async function namedEndpoints(
  endpoints: Endpoints,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Endpoint[]> {
  const { noun } = endpoints;
  const results = names.map((): readonly Endpoint[] => []);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < names.length; at = next++) {
      signal.throwIfAborted();
      results[at] = await endpointsOf(endpoints, names[at] ?? "", signal);
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, work));
  const missing = names.filter((_, at) => results[at]?.length === 0);
  const several = names.flatMap((name, at) => {
    const found = results[at] ?? [];
    return found.length > 1 ? [`${name} (${found.map(({ id }) => id).join(", ")})`] : [];
  });
  if (missing.length > 0) {
    throw new CommandError(`${plural(missing.length, noun)} not found: ${listed(missing)}. Nothing was begun.`);
  }
  if (several.length > 0) {
    throw new CommandError(
      `${plural(several.length, "name")} with several ${noun}s: ${listed(several)}. Give ids instead. Nothing was begun.`,
      { exitCode: 2 },
    );
  }
  return results.flat();
}

/** By id, or those of exactly that name. What looks like an id is nothing else: the wrong endpoint is worse than none. */
async function endpointsOf(endpoints: Endpoints, name: string, signal: AbortSignal): Promise<Endpoint[]> {
  if (!isEndpointId(name)) return exactly(name, await endpoints.named(name, signal));
  const endpoint = await endpoints.byId(Number(name), signal);
  return endpoint === undefined ? [] : [endpoint];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(", ");
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
