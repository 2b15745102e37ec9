import { EVERYTHING, raw } from "../../../query/index.js";
import type { SandboxReply, SandboxRequest } from "../../../server/product.js";
import type { SqlText } from "../../../store/database.js";
import type { CloudContext } from "../../context.js";
import {
  compileBody,
  compileText,
  countValues,
  DocumentSearch,
  documentFields,
  type FacetValue,
  orderBy,
  readObject,
  readSort,
  readTerms,
  readWindow,
  requireFacet,
  type SearchFields,
} from "../../search/index.js";
import type { AskedQuery, RunDevice } from "../runs/record.js";
import {
  columnsOf,
  DEVICE_FIELDS,
  deviceValues,
  type ResultRow,
  searchedRow,
  sortedColumns,
  withColumns,
} from "./rows.js";

const USUAL_ROWS = 20;
/** Those of the order in which they came. */
const AS_THEY_CAME = "d.key";

export type Body = Record<string, unknown>;

/** What is searched: things with a form in which they are looked at. */
export interface Searched<T> {
  readonly rows: readonly T[];
  readonly fields: SearchFields;
  readonly values: (row: T) => Record<string, string | number | null>;
}

/** What queries that were asked for are searched by, whether they are sent once or again and again. */
export const QUERY_FIELDS = {
  ...{ id: "!keyword", name: "!words", sql: "!words", created_by: "!keyword", create_time: "date" },
} as const;

/** What one of them has there. */
export const queryValues = ({ id, name, sql, created_by, create_time }: Omit<AskedQuery, "filter">) => ({
  ...{ id, name, sql, created_by, create_time },
});

/** The results of one run or several. */
export const searchedResults = (rows: readonly ResultRow[]): Searched<ResultRow> => ({
  ...{ rows, fields: withColumns(documentFields(DEVICE_FIELDS), columnsOf(rows)), values: searchedRow },
});

/** The devices of a run. */
export const searchedDevices = (rows: readonly RunDevice[]): Searched<RunDevice> => ({
  rows,
  fields: documentFields({ ...DEVICE_FIELDS, total_results: "number", start_time: "date", finish_time: "date" }),
  values: (device) => ({
    ...{ ...deviceValues(device), total_results: device.rows },
    ...{ start_time: device.start_time ?? null, finish_time: device.finish_time ?? null },
  }),
});

/** All that the text and the criteria of a body find, in the order that it asks for. */
export function findAll<T>({ store, now }: CloudContext, body: Body, { rows, fields, values }: Searched<T>): T[] {
  const rules = { fields, now: now() };
  const unknown = "nothing" as const;
  const where: SqlText = compileBody(body, rules, (text) => compileText(text, fields, { now: now(), unknown }));
  const order = orderBy(readSort(body["sort"]), sortedColumns(fields), AS_THEY_CAME);
  // Most ask for all of it as it is.
  if (where.sql === EVERYTHING.sql && order.sql === raw(AS_THEY_CAME).sql) return [...rows];
  const numbered = rows.map((row, place) => ({ ...values(row), place }));
  const found = new DocumentSearch(store.database, numbered).find(where, order);
  return found.flatMap(({ place }) => {
    const row = rows[place];
    return row === undefined ? [] : [row];
  });
}

/** A page of it. */
export function findPage<T>(context: CloudContext, body: Body, searched: Searched<T>): { found: number; page: T[] } {
  const { skipped, rows } = readWindow(body, 0, USUAL_ROWS);
  const all = findAll(context, body, searched);
  return { found: all.length, page: all.slice(skipped, skipped + rows) };
}

/** A page of it, as it is answered. */
export function answerPage<T>(
  context: CloudContext,
  request: SandboxRequest,
  searched: Searched<T>,
  document: (row: T) => unknown,
): SandboxReply {
  const { found, page } = findPage(context, readObject(request.json()), searched);
  return { status: 200, body: { org_key: context.orgKey, num_found: found, results: page.map(document) } };
}

/** How often each value of the fields that a body names is found. */
export function countFacets<T>(
  context: CloudContext,
  body: Body,
  searched: Searched<T>,
): { field: string; values: FacetValue[] }[] {
  const { fields, rows } = readTerms(body["terms"]);
  for (const field of fields) {
    // A column that no result has is counted, and is nowhere.
    if (!field.startsWith("fields.")) requireFacet(field, FACETS);
  }
  const { sort: _, ...criteria } = body;
  const found = findAll(context, criteria, searched).map(searched.values);
  return fields.map((field) => {
    const values = found.flatMap((row): [string, string][] => {
      const value = Object.hasOwn(row, field) ? row[field] : undefined;
      if (value === undefined || value === null) return [];
      const names = Object.hasOwn(NAMED, field) ? row[NAMED[field] ?? ""] : value;
      return [[String(value), String(names)]];
    });
    return { field, values: countValues(values, rows) };
  });
}

/** Fields that can be counted by. */
const FACETS = Object.keys(DEVICE_FIELDS).filter((name) => name !== "time_received" && name !== "device_message");
/** Where the name for an id stands. */
const NAMED: Readonly<Record<string, string>> = {
  ...{ "device.id": "device.name", device_id: "device.name" },
  ...{ "device.policy_id": "device.policy_name", policy_id: "device.policy_name" },
};
