import { addTo } from "../../core/groups.js";
import type { QueryValue } from "../../core/transport/types.js";
import { type Parameter, parseParameters } from "./query-string.js";

/** Parameters of a search by name; a name that stands there several times has a list. */
export type SearchParameters = Record<string, QueryValue | readonly QueryValue[]>;

/** A search that was given as a query string of the console. */
export interface RawSearch {
  /** As it was given, for printing. */
  readonly text: string;
  /** What selects rows. */
  readonly parameters: readonly Parameter[];
}

/** What every search decides by itself: its window, and whether values are counted. */
const OURS = new Set(["start", "rows", "facet", "facet.field", "sort"]);

/**
 * A query string taken apart: what selects rows, and the order, where it names one.
 * @throws ApiError when it is none
 */
export function rawSearch(queryString: string): { readonly raw: RawSearch; readonly sort: string | undefined } {
  const parameters = parseParameters(queryString);
  return {
    raw: { text: queryString.trim(), parameters: parameters.filter(([name]) => !OURS.has(name)) },
    sort: parameters.findLast(([name]) => name === "sort")?.[1].trim(),
  };
}

/** The same parameters by name. */
export function gathered(parameters: readonly Parameter[]): SearchParameters {
  const byName = new Map<string, string[]>();
  for (const [name, value] of parameters) addTo(byName, name, value);
  return Object.fromEntries([...byName].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

/** The same one by one, in their order; those without a value are left out. */
export function pairsOf(parameters: SearchParameters): [name: string, value: string][] {
  return Object.entries(parameters).flatMap(([name, value]) =>
    [value]
      .flat()
      .flatMap((one): [string, string][] => (one === undefined || one === null ? [] : [[name, String(one)]])),
  );
}
