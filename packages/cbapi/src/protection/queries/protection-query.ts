import { type Change, changeFound } from "../../core/bulk/change.js";
import type { Verdict } from "../../core/bulk/found.js";
import type { BulkOperation } from "../../core/bulk/operation.js";
import { ApiError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import type { KeyOf } from "../../core/model/declaration.js";
import { Completeness } from "../../core/model/document.js";
import { type Field, isField } from "../../core/model/fields.js";
import type { ModelHost } from "../../core/model/host.js";
import type { AnyModel, ModelClass } from "../../core/model/model.js";
import { Query, type QueryState } from "../../core/query/query.js";
import type { ExecutionPlan, FetchedPage, RowSource, Window } from "../../core/query/row-source.js";
import {
  clauseOf,
  type Dialect,
  type QueryExpression,
  type QueryInput,
  type Terms,
  type TermValue,
} from "../../core/query/terms.js";
import type { CallOptions, QueryValue } from "../../core/transport/types.js";
import { protection } from "../host.js";
import { conditionIn } from "../query-language/conditions.js";
import { type Conditions, filterDialect } from "../query-language/filter.js";
import {
  type FilterFields,
  type FilterTerms,
  type ForeignKey,
  filterFieldsOf,
  type ValueOf,
} from "../query-language/filter-fields.js";
import type { BulkSelection } from "./bulk-options.js";
import { PAGE_SIZE, pagesOf, type Selection } from "./fetch-pages.js";
import { type Group, type GroupOptions, groupParameter, groupsOf } from "./groups.js";
import { countIn, isByKey } from "./rows.js";

export type { Group, GroupOptions } from "./groups.js";

export interface ProtectionState extends QueryState {
  /** Conditions as they are sent; all must hold. */
  readonly conditions?: Conditions;
  /** `"field ASC"`; empty text for no order, `undefined` for the default. */
  readonly sort?: string | undefined;
  /** The foreign keys whose objects come along with each row. */
  readonly expand?: readonly string[];
  /** Whether terms may name fields that are not declared. */
  readonly open?: boolean;
  /** The server's fields whose names the model has for something else, as for a join. */
  readonly hidden?: Readonly<Record<string, Field<unknown>>>;
  /** What some kinds of objects take beside conditions: `period`. */
  readonly parameters?: Readonly<Record<string, QueryValue>>;
}

/**
 * A search for objects of App Control: `GET path`. `T` is the object of terms that its `where` takes.
 *
 * Rows are complete objects. The server's answers name no total, so that a reading ends with a page that comes short, and
 * the report knows how many rows there are when all were read.
 */
export class ProtectionQuery<M extends AnyModel, T extends object = FilterTerms<M>> extends Query<M, ProtectionState> {
  #dialect: { readonly fields: FilterFields; readonly dialect: Dialect<Conditions> } | undefined;

  protected readonly pageSize = PAGE_SIZE;

  /** @internal A search for all objects of a model, which has not been sent. */
  static of<M extends AnyModel>(client: ModelHost, model: ModelClass<M>): ProtectionQuery<M> {
    return new ProtectionQuery(client, model, {});
  }

  /** @internal The same where a model has the names of some of the server's fields for something else. */
  static withHidden<M extends AnyModel, N extends string>(
    client: ModelHost,
    model: ModelClass<M>,
    hidden: Readonly<Record<N, Field<unknown>>>,
  ): ProtectionQuery<M, FilterTerms<M> & { readonly [K in N]?: TermValue }> {
    return new ProtectionQuery<M, FilterTerms<M> & { readonly [K in N]?: TermValue }>(client, model, { hidden });
  }

  /** @internal The same where the server has fields that are not declared: terms may name any. */
  static ofOpen<M extends AnyModel>(client: ModelHost, model: ModelClass<M>): ProtectionQuery<M, Terms> {
    return new ProtectionQuery<M, Terms>(client, model, { open: true });
  }

  /**
   * Narrows the search. Takes one condition of the server's own language, an object of terms, or a template whose values
   * are escaped. Conditions of several calls must all hold.
   * @throws ApiError when a term names a field that the model does not have, or the filter cannot be said in App
   * Control's language (`code` is `UNKNOWN_FIELD` or `INVALID_ARGUMENT`)
   * @example
   * query.where("name:CORP*")
   * query.where({ policyName: ["Lab", "Servers"], deleted: false, lastPollDate: raw("-7d") })
   * query.where`pathName:c:\\users\\${user}\\*`
   */
  where(texts: TemplateStringsArray, ...values: TermValue[]): this;
  where(clause: string | QueryExpression): this;
  where(clause: QueryInput<T>): this;
  where(first: TemplateStringsArray | QueryInput<T>, ...values: TermValue[]): this {
    const { conditions = [] } = this.state;
    return this.with({ conditions: [...conditions, ...clauseOf(this.#language.dialect, first, values)] });
  }

  /** The same as {@link ProtectionQuery.where}. */
  and(texts: TemplateStringsArray, ...values: TermValue[]): this;
  and(clause: string | QueryExpression): this;
  and(clause: QueryInput<T>): this;
  and(first: TemplateStringsArray | QueryInput<T>, ...values: TermValue[]): this {
    return this.where(first as TemplateStringsArray, ...values);
  }

  /**
   * Orders the rows by one field: `"name"`, `"name ASC"`, `"dateCreated DESC"`. Empty text leaves the order to the server.
   * Without a call, a reading of more than one page is by `id`.
   * @throws ApiError when the text is no such order
   */
  sort(order: string): this {
    const text = order.trim();
    if (text !== "" && !/^\w+( +(asc|desc))?$/i.test(text)) {
      throw new ApiError(`sort wants one field, "field ASC" or "field DESC", got ${JSON.stringify(order)}`);
    }
    return this.with({ sort: text });
  }

  /**
   * Has the fields of other objects sent along with each row (8.0 and later), under names such as `computerId_name`, which
   * `get()` of a row reads and conditions may use. A condition on such a field does that by itself.
   * @throws ApiError when the model has no such field (`code` is `UNKNOWN_FIELD`), or it is none that holds an id
   * (`INVALID_ARGUMENT`)
   * @example
   * for await (const file of cb.select(FileInstance).expand("fileCatalogId")) console.log(file.get("fileCatalogId_sha256"))
   */
  expand(...foreignKeys: ForeignKey<M>[]): this {
    const { fields } = this.#language;
    for (const key of foreignKeys) {
      if (/Id$/.test(fields.checked(key))) continue;
      throw invalidArgument(`expand() takes fields that hold the id of another object, as "computerId", got "${key}"`);
    }
    return this.with({ expand: [...new Set([...(this.state.expand ?? []), ...foreignKeys])] });
  }

  /**
   * Counts the rows by the values of a field, in one request. Groups come in the order of their values, unless they are
   * ordered by their counts.
   * @throws ApiError when the model has no such field (`code` is `UNKNOWN_FIELD`)
   * @example await cb.select(Computer).where({ deleted: false }).groupBy("osShortName", { by: "count", descending: true })
   */
  async groupBy<F extends keyof T & string, S extends keyof T & string = never>(
    field: F,
    options: GroupOptions<S> & CallOptions = {},
  ): Promise<Group<ValueOf<M, F>, ValueOf<M, S>>[]> {
    const { subgroup, limit = 0, signal, timeout } = options;
    const { fields } = this.#language;
    const names = [field, ...(subgroup === undefined ? [] : [subgroup])].map((name) => fields.checked(name));
    const group = groupParameter(field, options);
    const { path, parameters } = this.#selection(names);
    const query = { ...parameters, group, limit, ...(subgroup === undefined ? {} : { subgroup }) };
    const call = { signal, timeout };
    await this.client.requireServer(this.model.spec, call);
    const answer = await this.client.getObject(path, query, { ...call, default: [] });
    const decode = (name: string | undefined) => (raw: unknown) => this.#decoded(name, raw);
    return groupsOf(answer, path, decode(field), decode(subgroup)) as Group<ValueOf<M, F>, ValueOf<M, S>>[];
  }

  /** Has a change made to the objects that this search finds. They are read by their ids, whatever the order. */
  protected changed(change: Change<KeyOf<M>, M>, { only }: BulkSelection<M> = {}): BulkOperation<KeyOf<M>> {
    const { client, model } = this;
    const inOrder = this.with({ sort: undefined });
    const pages = (options: CallOptions) => inOrder.pages(options);
    const wanted = only === undefined ? change : { ...change, review: reviewOf(only, change) };
    return changeFound<KeyOf<M>, never, M>({ client, model, text: this.describe(), pages }, wanted);
  }

  protected fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    const plan = { start: window.start, limit: window.rows, pageSize: window.rows, totalOrder: this.totalOrder };
    return this.pageReader(plan)(window, options);
  }

  protected override pageReader(plan: ExecutionPlan): RowSource<M>["fetchPage"] {
    const { client, model } = this;
    const pages = pagesOf(protection(client), this.#selection(), plan);
    return async (window, options) => {
      await client.requireServer(model.spec, options);
      return pages(window, options);
    };
  }

  /** `GET path?limit=-1` */
  protected override async askTotal(options: CallOptions): Promise<number> {
    await this.client.requireServer(this.model.spec, options);
    const { path, parameters } = this.#selection();
    return countIn(await this.client.getObject(path, { ...parameters, limit: -1 }, options), path);
  }

  protected override get totalOrder(): boolean {
    return isByKey(this.model.spec.path, this.state.sort);
  }

  protected override get rowCompleteness(): Completeness {
    return Completeness.full;
  }

  protected describe(): string {
    return (this.state.conditions ?? []).join(" & ");
  }

  get #language(): { readonly fields: FilterFields; readonly dialect: Dialect<Conditions> } {
    if (this.#dialect === undefined) {
      const fields = filterFieldsOf(this.model, this.state.open, this.state.hidden);
      this.#dialect = { fields, dialect: filterDialect(fields) };
    }
    return this.#dialect;
  }

  /** @param named fields that the request names beside its conditions */
  #selection(named: readonly string[] = []): Selection {
    const { conditions = [], expand = [], sort } = this.state;
    const { fields } = this.#language;
    const used = [...conditions.map((condition) => conditionIn(condition)?.field ?? ""), ...named];
    const keys = new Set([...expand, ...used.flatMap((name) => fields.foreignKeyOf(name) ?? [])]);
    const parameters: Record<string, QueryValue | readonly QueryValue[]> = { ...this.state.parameters };
    if (conditions.length > 0) parameters["q"] = conditions;
    if (keys.size > 0) parameters["expand"] = [...keys];
    return { path: this.model.spec.path, parameters, sort };
  }

  #decoded(name: string | undefined, raw: unknown): unknown {
    if (raw === null || raw === undefined) return undefined;
    if (name === undefined) return raw;
    const declared: unknown = Object.getOwnPropertyDescriptor(this.model.record, name)?.value;
    const field = isField(declared) ? declared : this.state.hidden?.[name];
    return isField(field) ? field.decode(raw) : raw;
  }
}

/** Looks at those objects only that are meant. */
function reviewOf<M extends AnyModel>(
  only: NonNullable<BulkSelection<M>["only"]>,
  { review }: Change<KeyOf<M>, M>,
): NonNullable<Change<KeyOf<M>, M>["review"]> {
  return async (objects, options) => {
    const answers = await Promise.all(objects.map(async (object) => only(object)));
    const meant = answers.map((answer) => answer === true);
    const verdicts = await review?.(
      objects.filter((_, index) => meant[index]),
      options,
    );
    let next = 0;
    return meant.map((is): Verdict => (is ? (verdicts?.[next++] ?? { state: "change" }) : { state: "not meant" }));
  };
}
