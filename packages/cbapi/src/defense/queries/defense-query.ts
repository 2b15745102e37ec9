import { ServerError } from "../../core/errors.js";
import type { Document } from "../../core/model/document.js";
import type { AnyModel } from "../../core/model/model.js";
import { Query, type QueryState } from "../../core/query/query.js";
import type { FetchedPage, Window } from "../../core/query/row-source.js";
import type { CallOptions, QueryParameters } from "../../core/transport/types.js";
import { type CloudHost, cloud } from "../../psc/host.js";
import type { CloudCall } from "../../psc/routes.js";
import { ask } from "../../psc/send.js";
import { type Filters, withFilter } from "./filters.js";

export interface DefenseState extends QueryState {
  readonly filters?: Filters;
}

/** A page of the classic routes. */
const ROWS = 100;

/**
 * A list of objects of Defense: filters, all of which must hold, and no order. `F` is the object of filters that its `where`
 * takes.
 */
export abstract class DefenseQuery<M extends AnyModel, F extends object> extends Query<M, DefenseState> {
  /** The call that carries it. */
  protected abstract readonly call: CloudCall;
  /** The names of its filters. */
  protected abstract readonly known: readonly string[];

  protected readonly pageSize = ROWS;

  protected get host(): CloudHost {
    return cloud(this.client);
  }

  protected get filters(): Filters {
    return this.state.filters ?? {};
  }

  /**
   * Narrows the list: `"hostName:pc"`, which is split at its first colon, or an object. Several must all hold.
   * @example cb.select(Device).where("hostName:PC-").and({ ipAddress: "10.0.0.1" })
   * @throws ApiError with code `INVALID_ARGUMENT` when there is no such filter, it has a value already, or the value is none
   */
  where(filter: string | F): this {
    return this.with({ filters: withFilter(this.filters, filter, this.known, `${this.model.spec.name}s`) });
  }

  /** The same as {@link DefenseQuery.where}. */
  and(filter: string | F): this {
    return this.where(filter);
  }

  protected async fetchPage({ start, rows }: Window, options: CallOptions): Promise<FetchedPage> {
    const window = { rows: Math.max(1, rows), ...(start > 0 ? { start: start + 1 } : {}) };
    const query: QueryParameters = { ...this.filters, ...window };
    return pageIn(await ask(this.host, this.call, { query }, options), this.call.call, start);
  }

  protected override async askTotal(options: CallOptions): Promise<number> {
    return (await this.fetchPage({ start: 0, rows: 1 }, options)).total ?? super.askTotal(options);
  }

  protected describe(): string {
    return Object.entries(this.filters)
      .map(([name, value]) => `${name}:${value}`)
      .join(" ");
  }
}

/** The rows of an answer. */
export function pageIn(answer: unknown, what: string, start: number): FetchedPage {
  const { results, totalResults } = (answer ?? {}) as { readonly results?: unknown; readonly totalResults?: unknown };
  const total = typeof totalResults === "number" ? totalResults : undefined;
  if (Array.isArray(results)) {
    const documents = results.filter((row): row is Document => typeof row === "object" && row !== null);
    return { documents, total };
  }
  if (results !== null && results !== undefined) {
    throw new ServerError(`${what}: the answer's results are no list`, { code: "UNEXPECTED_ANSWER" });
  }
  const isAll = total === undefined || total <= start;
  const why = `the server gives no rows behind the first ${start}: narrow the list by filters`;
  return { documents: [], total, last: true, ...(isAll ? {} : { shortcomings: [why] }) };
}
