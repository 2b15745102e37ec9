import type { Query } from "../query/index.js";
import { readFlag } from "../server/parameters.js";
import type { SandboxRequest } from "../server/product.js";
import type { Collection } from "../store/collection.js";
import { fold } from "../store/tokens.js";
import type { ResponseContext } from "./context.js";
import { searchEnvelope } from "./documents/envelope.js";
import { isoTime } from "./documents/time.js";
import { countValues, type FacetValue, facetValues, MOST_VALUES } from "./facets.js";
import { readFacetFields, readSortCriteria, readWindow } from "./parameters.js";
import {
  compareValues,
  compileRecordQuery,
  type FieldType,
  type RecordFields,
  valuesOf,
} from "./query-language/index.js";
import { cutPage, printTerms, readQuery } from "./search.js";

/** How the records of a collection are searched and shown. */
export interface SearchedRecords<T extends object> {
  /**
   * What can be asked for, sorted by and counted, and how it is compared: `{ id: "number", path: "path" }`. Terms without
   * a field look into all that hold text.
   */
  readonly fields: RecordFields<T>;
  /** The order when the request names none, `seen desc`; by `ties` when left out. */
  readonly usual?: string;
  /** What orders records that are equal otherwise: no two have the same. */
  readonly ties: keyof T & string;
  /** The document of a record. */
  readonly show: (record: T) => unknown;
}

/**
 * Answers with the page that is asked for of the records of a collection: `answerSearch` for what has no tables of its own,
 * with the same parameters, the same query language and the same refusals. Every record is looked at for every page, so
 * that it is meant for thousands of them, and not for millions.
 */
export function answerCollection<T extends object>(
  context: ResponseContext,
  { path, query: parameters }: SandboxRequest,
  collection: Pick<Collection<T>, "all">,
  { fields, usual, ties, show }: SearchedRecords<T>,
): Record<string, unknown> {
  const began = performance.now();
  const types = new Map(Object.entries<FieldType>(fields as Record<string, FieldType>));
  const query = readQuery(parameters);
  const holds = compileRecordQuery(query, {
    fields: types,
    now: context.now(),
    commandRule: context.traits.commandRule,
  });
  const order = orderOf(parameters.get("sort"), types, usual, ties);
  const window = readWindow(parameters);
  const all = collection.all() as (T & Values)[];
  const found = cutPage(context, all.filter(holds).sort(order), keyOf(path, parameters, query), window);
  return searchEnvelope({
    began,
    results: found.page.map(show),
    terms: printTerms(query),
    total: found.total,
    start: window.start,
    facets: requestedFacets(parameters, types, found.documents),
  });
}

type Values = Readonly<Record<string, unknown>>;
type Order = (a: Values, b: Values) => number;

const keyOf = (path: string, parameters: URLSearchParams, query: Query): string =>
  JSON.stringify([path, query, parameters.get("sort")]);

/** By the first value of a field, without case; a record that has none comes before all others, as in the database. */
function orderOf(
  sort: string | null,
  types: ReadonlyMap<string, FieldType>,
  usual: string | undefined,
  ties: string,
): Order {
  const names = new Map([...types.keys()].map((name) => [name, name]));
  const criteria = [...readSortCriteria(sort, names, usual), { by: ties, direction: "asc" }];
  return (a, b) => {
    for (const { by, direction } of criteria) {
      const difference = comparePlaces(placeOf(a[by]), placeOf(b[by]));
      if (difference !== 0) return direction === "asc" ? difference : -difference;
    }
    return 0;
  };
}

function placeOf(stored: unknown): string | number | undefined {
  const [value] = valuesOf(stored);
  if (typeof value === "string") return fold(value);
  return typeof value === "boolean" ? Number(value) : value;
}

function comparePlaces(a: string | number | undefined, b: string | number | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return compareValues(a, b);
}

/** Counts the values of the fields that a request names: of times the days. Of a field that nobody knows there are none. */
function requestedFacets(
  parameters: URLSearchParams,
  types: ReadonlyMap<string, FieldType>,
  records: readonly Values[],
): Record<string, FacetValue[]> {
  if (!readFlag(parameters, "facet")) return {};
  return Object.fromEntries(
    readFacetFields(parameters).map((field) => {
      const type = types.get(field);
      const values = type === undefined ? [] : records.flatMap((record) => valuesOf(record[field]));
      const counted = values.map((value) => {
        if (type === "date" && typeof value === "number") return isoTime(value).slice(0, "2026-01-31".length);
        return typeof value === "boolean" ? String(value) : value;
      });
      return [field, facetValues(countValues(counted).slice(0, MOST_VALUES), records.length)];
    }),
  );
}
