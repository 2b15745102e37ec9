import { combine, raw, sql } from "../../query/index.js";
import { HttpProblem } from "../../server/product.js";
import { inSlices, type Steps } from "../../steps.js";
import type { SqlText } from "../../store/database.js";
import type { CloudContext } from "../context.js";
import { perContext } from "../per-context.js";
import {
  compileBody,
  compileText,
  guardSearch,
  inStretch,
  orderBy,
  readSort,
  readText,
  readTexts,
  type SearchFields,
} from "../search/index.js";
import { PROCESS_INDEXES, processFields, SHOWN } from "./fields.js";

/** The rows that a search is over, and what they are called in it: a row is `p`, perhaps with others. */
export interface Scope {
  /** The fields at this moment. */
  readonly fields: SearchFields;
  /** `FROM` without the word. */
  readonly from: SqlText;
  /** What every row meets. */
  readonly base: SqlText;
  /** SQL for the number of a row. */
  readonly row: string;
  /** Orders rows that are alike. */
  readonly tie: string;
}

/** The processes of the organisation. */
export const processScope = (context: CloudContext): Scope => ({
  ...{ fields: processFields(context), from: raw("process p"), base: SHOWN, row: "p.proc" },
  tie: "p.proc DESC",
});

/** The text of a query over processes as a condition on rows `p`. Throws a QuerySyntaxError for one that cannot be read. */
export function compileProcessText(context: CloudContext, text: string): SqlText {
  return compileText(text, processFields(context), { now: context.now(), unknown: "refuse" });
}

/** The body of a search job as a condition over the rows of its scope. */
export function conditionOf(context: CloudContext, scope: Scope, body: Record<string, unknown>): SqlText {
  const now = context.now();
  const { fields, base } = scope;
  const text = readText(body["query"], "query") ?? readText(body["q"], "q");
  const rest = compileBody({ criteria: body["criteria"], exclusions: body["exclusions"] }, { fields, now }, () =>
    raw("1"),
  );
  const conditions = [base, compileText(text, fields, { now, unknown: "refuse" }), rest];
  const range = body["time_range"];
  const time = fields.get("device_timestamp");
  const isRanged = range !== undefined && range !== null && Object.keys(range as object).length > 0;
  if (isRanged && time !== undefined) conditions.push(inStretch(time, range, "time_range", now));
  return combine("AND", conditions);
}

/** The rows that a search has found, in order. */
export interface Found {
  readonly total: number;
  /** As many of them as can be read. */
  readonly rows: readonly number[];
}

/** Runs the search of a body. */
export function findRows(context: CloudContext, scope: Scope, body: Record<string, unknown>, most: number): Found {
  const { fields, from, row, tie } = scope;
  const where = conditionOf(context, scope, body);
  const keys = readSort(body["sort"]);
  const order = orderBy(keys.length > 0 ? keys : [{ field: "device_timestamp", descending: true }], fields, tie);
  const collapse = readTexts(body["collapse_field"], "collapse_field");
  const { database } = context.store;
  return guardSearch(() => {
    const groups = collapse.map((name) => groupedBy(fields, name));
    if (groups.length === 0) {
      const all = sql`SELECT count(*) AS n FROM ${from} WHERE ${where}`;
      const total = database.count(all.sql, all.params);
      const list = sql`SELECT json_group_array(row) AS list FROM
        (SELECT ${raw(row)} AS row FROM ${from} WHERE ${where} ORDER BY ${order} LIMIT ${most})`;
      return { total, rows: database.numbers(list.sql, list.params) };
    }
    // The first row of each group stays.
    const parts = groups.reduce((all, each) => sql`${all}, ${each}`);
    const list = sql`SELECT json_group_array(row) AS list FROM (SELECT row FROM
      (SELECT ${raw(row)} AS row, row_number() OVER (PARTITION BY ${parts} ORDER BY ${order}) AS place,
        row_number() OVER (ORDER BY ${order}) AS at FROM ${from} WHERE ${where}) WHERE place = 1 ORDER BY at)`;
    const rows = database.numbers(list.sql, list.params);
    return { total: rows.length, rows: rows.slice(0, most) };
  });
}

/**
 * The rows that have these ids, in the order of their time.
 * @param key the field that has the ids; those of processes where it is left out
 */
export function findByIds(
  context: CloudContext,
  scope: Scope,
  ids: readonly string[],
  key?: string,
): readonly number[] {
  const { fields, from, base, row, tie } = scope;
  const field = key === undefined ? undefined : fields.get(key);
  const conditions = ids.map((text) =>
    field === undefined ? sql`p.id = ${text}` : (field.exact?.(text) ?? field.having((each) => sql`${each} = ${text}`)),
  );
  const list = sql`SELECT json_group_array(row) AS list FROM
    (SELECT ${raw(row)} AS row FROM ${from} WHERE ${base} AND (${combine("OR", conditions)}) ORDER BY p.start, ${raw(tie)} LIMIT 10000)`;
  return guardSearch(() => context.store.database.numbers(list.sql, list.params));
}

/** SQL for the value of a field by which rows are put together; refuses one that has none. */
export function groupedBy(fields: SearchFields, name: string): SqlText {
  const value = fields.get(name)?.value;
  if (value === undefined) throw new HttpProblem(400, `There is no field ${name} to group by`);
  return value;
}

/** What makes looking things up fast. Nobody waits for it. */
export const processIndexes = perContext((context) => new IndexMaker(context));

class IndexMaker {
  readonly #context: CloudContext;
  readonly #end = new AbortController();
  #making: Promise<void> | undefined;
  #isMade = false;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  get making(): Promise<void> | undefined {
    return this.#making;
  }

  /** Begins, unless they are there. */
  want(): void {
    if (this.#isMade || this.#making !== undefined) return;
    this.#making = inSlices(this.#make(), this.#end.signal)
      .catch((error: unknown) => {
        if (!this.#end.signal.aborted) this.#context.onFailure("making indexes of processes", error);
      })
      .finally(() => {
        this.#making = undefined;
      });
  }

  async close(): Promise<void> {
    this.#end.abort(new Error("The server has ended"));
    await this.#making;
  }

  *#make(): Steps<void> {
    for (const index of PROCESS_INDEXES) {
      yield;
      this.#context.store.database.exec(index);
    }
    this.#isMade = true;
  }
}
