import { CbPSCBaseAPI, type CbPSCOptions } from "../psc/client.js";
import type { CloudCall } from "../psc/routes.js";
import { LIVEQUERY_CALLS } from "./calls.js";
import { RunHistory } from "./models/run-history.js";
import type { RunHistoryQuery } from "./queries/history-query.js";
import { RunQuery } from "./queries/run-query.js";
import type { SqlValue } from "./sql.js";

/** What {@link CbLiveQueryAPI} takes. */
export interface CbLiveQueryOptions extends CbPSCOptions {}

/**
 * Carbon Black Cloud, seen through the part that was called LiveQuery: SQL that devices answer about themselves.
 *
 * @example
 * const cb = new CbLiveQueryAPI({ profile: "cloud" });
 * const run = await cb.query("SELECT name, version FROM os_version").submit();
 * for await (const { device_, fields_ } of run.stream()) console.log(device_.name, fields_.version);
 */
export class CbLiveQueryAPI extends CbPSCBaseAPI {
  constructor(options: CbLiveQueryOptions = {}) {
    super(options, "livequery");
  }

  /**
   * A query that devices are to answer; `submit()` starts it. A template writes its values as literals.
   * @throws ApiError when the SQL is empty
   * @example cb.query`SELECT * FROM users WHERE username = ${name}`
   */
  query(texts: TemplateStringsArray, ...values: SqlValue[]): RunQuery;
  query(sql: string): RunQuery;
  query(first: TemplateStringsArray | string, ...values: SqlValue[]): RunQuery {
    return new RunQuery(this).where(first as TemplateStringsArray, ...values);
  }

  /** The runs that there were, narrowed by query text if any is given; nothing is sent yet. */
  queryHistory(text?: string): RunHistoryQuery {
    const all = RunHistory.query(this);
    return text === undefined ? all : all.where(text);
  }

  protected override get calls(): readonly CloudCall[] {
    return [...super.calls, ...LIVEQUERY_CALLS];
  }

  /** Nothing of this product works without one. */
  protected override get needsOrgKey(): boolean {
    return true;
  }
}
