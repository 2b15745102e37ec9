import { invalidArgument } from "../../core/invalid-argument.js";
import type { Document } from "../../core/model/document.js";
import { isText } from "../queries/criteria.js";
import { documentsOf } from "./answer.js";

/** How values are counted. */
export interface FacetOptions {
  /** The fields whose values are counted. */
  readonly fields?: readonly string[] | undefined;
  /** Spans of times or numbers that are counted bucket by bucket. */
  readonly ranges?: readonly FacetRange[] | undefined;
  /** The most values of a field; the server decides without it. */
  readonly rows?: number | undefined;
}

/** A span that is counted bucket by bucket. */
export interface FacetRange {
  readonly field: string;
  /** Text or a number, as the field has it. */
  readonly start: string | number;
  readonly end: string | number;
  /** `+1HOUR`, or a number. */
  readonly bucketSize: string | number;
}

/** One value, and how many rows have it. */
export interface FacetValue {
  readonly id: string | undefined;
  readonly name: string;
  readonly total: number;
}

/** What was counted: of each field its values, the most frequent first. */
export interface Facets {
  readonly terms: ReadonlyMap<string, readonly FacetValue[]>;
  readonly ranges: ReadonlyMap<string, readonly FacetValue[]>;
  /** How many rows were counted; `undefined` where the server does not say. */
  readonly found: number | undefined;
  /** Whether all that was to be counted has been. */
  readonly complete: boolean;
}

/** What a body says of facets. @throws ApiError with code `INVALID_ARGUMENT` when nothing is to be counted */
export function facetBody({ fields = [], ranges = [], rows }: FacetOptions): Record<string, unknown> {
  if (!Array.isArray(fields) || !fields.every(isText)) throw invalidArgument("facets: fields is a list of names");
  if (fields.length === 0 && ranges.length === 0) {
    throw invalidArgument("facets: at least one of fields and ranges is needed");
  }
  if (rows !== undefined && (!Number.isInteger(rows) || rows < 1)) {
    throw invalidArgument(`facets: rows wants a whole number from 1 on, got ${String(rows)}`);
  }
  return {
    ...(fields.length === 0 ? {} : { terms: { fields: [...fields], ...(rows === undefined ? {} : { rows }) } }),
    ...(ranges.length === 0 ? {} : { ranges: ranges.map(rangeBody) }),
  };
}

function rangeBody({ field, start, end, bucketSize }: FacetRange): Record<string, unknown> {
  const isBound = (value: unknown) => isText(value) || Number.isFinite(value);
  if (!isText(field)) throw invalidArgument("facets: a range has the name of a field");
  if (![start, end, bucketSize].every(isBound)) {
    throw invalidArgument(`facets: the range of ${field} wants start, end and bucketSize, texts or numbers`);
  }
  return { field, start, end, bucket_size: bucketSize };
}

/** What an answer counted. */
export function facetsIn(answer: Document, complete: boolean): Facets {
  const { num_found: found } = answer;
  return {
    terms: valuesByField(answer["terms"]),
    ranges: valuesByField(answer["ranges"]),
    found: typeof found === "number" ? found : undefined,
    complete,
  };
}

function valuesByField(list: unknown): ReadonlyMap<string, readonly FacetValue[]> {
  return new Map(
    documentsOf(list).map(({ field, values }) => [
      String(field),
      documentsOf(values).map(({ id, name, total }) => ({
        id: id === undefined || id === null ? undefined : String(id),
        name: String(name ?? id ?? ""),
        total: Number(total ?? 0),
      })),
    ]),
  );
}
