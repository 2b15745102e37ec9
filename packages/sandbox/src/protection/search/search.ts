import { combine, raw, sql } from "../../query/index.js";
import { HttpProblem } from "../../server/product.js";
import type { SqlText } from "../../store/database.js";
import type { Store } from "../../store/index.js";
import type { Kind } from "../objects/index.js";
import { type Column, compile, ordered } from "./compile.js";
import { readCondition } from "./condition.js";
import type { Parameters } from "./parameters.js";
import { type Reader, Scope } from "./scope.js";

/** So many rows come where no limit is given. */
const USUAL_LIMIT = 1_000;

/** What a list depends on besides its parameters. */
export interface SearchOptions {
  readonly oneBasedOffset: boolean;
  /** A condition that a route adds, over a row of `object` as `o`. */
  readonly only?: SqlText;
  /** What a route has instead of {@link USUAL_LIMIT}, and its order where none is asked for. */
  readonly limit?: number;
  readonly order?: string;
}

/** What a search is answered with: rows, groups, or a count. */
export function search(
  store: Store,
  kind: Kind,
  reader: Reader,
  parameters: Parameters,
  options: SearchOptions,
): unknown {
  const expand = parameters.all("expand").flatMap((names) => names.split(",").map((name) => name.trim()));
  const scope = new Scope(kind, reader, expand);
  const from = fromClause(kind, scope, parameters, options);
  const limit = parameters.integer("limit", -1) ?? options.limit ?? USUAL_LIMIT;
  const given = parameters.integer("offset", 0) ?? 0;
  const skipped = options.oneBasedOffset ? Math.max(0, given - 1) : given;
  // Everything is everything, wherever one begins.
  const window = limit === 0 ? sql`LIMIT -1 OFFSET 0` : sql`LIMIT ${limit} OFFSET ${skipped}`;
  const group = parameters.one("group");
  if (group !== undefined) return groups(store, scope, from, { group, parameters, window, counted: limit === -1 });
  const order = orderBy(scope, parameters.one("sort"), options.order);
  if (limit === -1) return { count: count(store, sql`SELECT count(*) AS n ${from}`) };
  return rows(store, scope, sql`${from} ORDER BY ${order} ${window}`);
}

/** The documents of the objects with these keys, in the order of the keys. */
export function documentsOf(
  store: Store,
  kind: Kind,
  reader: Reader,
  keys: readonly number[],
  expand: readonly string[] = [],
): Record<string, unknown>[] {
  const scope = new Scope(kind, reader, expand);
  const joins = joinsOf(scope);
  const from = sql`FROM object o ${joins} WHERE o.kind = ${raw(`'${kind.kept}'`)}
    AND o.key IN (SELECT value FROM json_each(${JSON.stringify(keys)})) ORDER BY o.key LIMIT -1`;
  return rows(store, scope, from);
}

function rows(store: Store, scope: Scope, from: SqlText): Record<string, unknown>[] {
  const records = scope.tables.map(({ alias }) => raw(`json(${alias}.record)`));
  const all = [...records, ...scope.computed];
  const parts = all.slice(1).reduce((list, part) => sql`${list}, ${part}`, all[0] ?? raw("NULL"));
  const statement = sql`SELECT '[' || coalesce(group_concat(line), '') || ']' AS list FROM (SELECT json_array(${parts}) AS line ${from})`;
  const read = store.database.first<{ list: string }>(statement.sql, statement.params);
  return (JSON.parse(read?.list ?? "[]") as unknown[][]).map((row) => scope.document(row));
}

function fromClause(kind: Kind, scope: Scope, parameters: Parameters, { only }: SearchOptions): SqlText {
  const { now } = scope.reader.present;
  const conditions = parameters.all("q").flatMap((text) => {
    if (text.trim() === "") return [];
    const condition = readCondition(text);
    return [compile(scope.column(condition.field), condition, now)];
  });
  if (kind.listed !== undefined) conditions.unshift(raw(kind.listed("o")));
  if (only !== undefined) conditions.unshift(only);
  // The kind is part of the text, so that the indexes of single kinds can be used.
  return sql`FROM object o ${joinsOf(scope)} WHERE o.kind = ${raw(`'${kind.kept}'`)} AND ${combine("AND", conditions)}`;
}

const joinsOf = (scope: Scope): SqlText =>
  scope.tables.reduce((joins, { join }) => (join === undefined ? joins : sql`${joins} ${join}`), raw(""));

const SORT = /^(\S+)(?:\s+(asc|desc))?$/i;

/** By one field, and by the key where it is the same. */
function orderBy(scope: Scope, sort: string | undefined, usual = "o.key"): SqlText {
  if (sort === undefined) return raw(usual);
  const [, name = "", direction = "asc"] = SORT.exec(sort) ?? [];
  if (name === "") throw new HttpProblem(400, `sort is a field with ASC or DESC, not ${sort}`);
  return sql`${ordered(scope.column(name))} ${raw(direction.toLowerCase())}, o.key`;
}

const GROUP = /^(\S+)(?:\s+(asc|desc|casc|cdesc))?$/i;

function groups(
  store: Store,
  scope: Scope,
  from: SqlText,
  asked: { group: string; parameters: Parameters; window: SqlText; counted: boolean },
): unknown {
  const [, name = "", order = "asc"] = GROUP.exec(asked.group) ?? [];
  if (name === "") throw new HttpProblem(400, `group is a field with ASC, DESC, CASC or CDESC, not ${asked.group}`);
  const subgroup = asked.parameters.one("subgroup");
  const columns = [name, ...(subgroup === undefined ? [] : [subgroup])].map((each) => scope.column(each));
  if (columns.some(({ type }) => type === "list")) throw new HttpProblem(400, "Lists cannot be grouped by");
  const keys = columns.map((column, index) => sql`${grouped(column)} AS ${raw(`g${index}`)}`);
  const values = columns.map(({ expression }, index) => sql`min(${expression}) AS ${raw(`v${index}`)}`);
  const shown = [...keys, ...values].reduce((list, part) => sql`${list}, ${part}`);
  const grouping = columns.map((_, index) => `g${index}`).join(", ");
  const statement = sql`SELECT ${shown}, count(*) AS n ${from} GROUP BY ${raw(grouping)}`;
  if (asked.counted) return { count: count(store, sql`SELECT count(*) AS n FROM (${statement})`) };
  const byCount = order.toLowerCase().startsWith("c");
  const direction = order.toLowerCase().endsWith("desc") ? "DESC" : "ASC";
  const sorting = byCount ? `n ${direction}, ${grouping}` : `g0 ${direction}${columns.length > 1 ? ", g1" : ""}`;
  const page = sql`${statement} ORDER BY ${raw(sorting)} ${asked.window}`;
  return store.database.all<Record<string, unknown>>(page.sql, page.params).map((row) => ({
    value: sentGroup(scope, columns[0], row["v0"]),
    ...(columns.length > 1 ? { subvalue: sentGroup(scope, columns[1], row["v1"]) } : {}),
    count: row["n"],
  }));
}

const sentGroup = (scope: Scope, column: Column | undefined, value: unknown): unknown =>
  column === undefined ? null : scope.sent(column, value);

/** Texts that differ by case only are one group, which shows one of them. */
const grouped = ({ type, expression }: Column): SqlText => (type === "text" ? sql`lower(${expression})` : expression);

const count = (store: Store, statement: SqlText): number => store.database.count(statement.sql, statement.params);
