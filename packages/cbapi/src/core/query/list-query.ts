import { ApiError } from "../errors.js";
import type { Document, ModelHost } from "../model/document.js";
import { Completeness } from "../model/document.js";
import { type AnyModel, type ModelClass, ModelState } from "../model/model.js";
import { SharedCall } from "../model/shared-call.js";
import type { CallOptions, QueryParameters, QueryValue } from "../transport/types.js";
import { Query, type QueryState } from "./query.js";
import type { FetchedPage, Window } from "./row-source.js";
import { checkScalar } from "./terms.js";

/** One condition on a list: the field's text equals the value's, whatever the case. */
interface Condition {
  readonly field: string;
  readonly value: string;
}

export interface ListState extends QueryState {
  readonly conditions: readonly Condition[];
  readonly sort?: { readonly field: string; readonly ascending: boolean } | undefined;
  /** Shared by all queries that were made from one `select`, so that narrowing a list does not ask for it again. */
  readonly list: ListReader;
}

/** Conditions as an object: `{ name: "Default Group" }`. The fields are those of the model that hold one plain value. */
export type ListTerms<M = Record<string, string>> = { readonly [K in PlainField<M>]?: string | number | boolean };

type PlainField<M> = {
  [K in keyof M & string]: NonNullable<M[K]> extends string | number | boolean ? K : never;
}[keyof M & string];

/**
 * A query over a collection that the server gives as one whole list. Conditions and order are applied here, after the
 * list has come; queries that were narrowed from one another read it once.
 */
export class ListQuery<M extends AnyModel, S extends ListState = ListState> extends Query<M, S> {
  protected readonly pageSize = Number.MAX_SAFE_INTEGER;

  static of<M extends AnyModel>(client: ModelHost, model: ModelClass<M>, options: ListOptions = {}): ListQuery<M> {
    return new ListQuery(client, model, { conditions: [], list: new ListReader(client, model, options) });
  }

  /**
   * Keeps the objects whose field has this value: `"name:Default Group"` or `{ name: "Default Group" }`. Text is
   * compared without case. Several conditions must all hold. The text form takes any field of the document.
   */
  where(condition: string | ListTerms<M>): this {
    return this.with({ conditions: [...this.state.conditions, ...conditionsOf(condition)] } as unknown as Partial<S>);
  }

  /** The same as {@link ListQuery.where}. */
  and(condition: string | ListTerms<M>): this {
    return this.where(condition);
  }

  /**
   * Orders by a field: `"name asc"`, `"name desc"`. Without a direction the order is descending, as it always was;
   * empty text removes the order.
   */
  sort(order: string): this {
    const [field, direction = "desc"] = order.trim().split(/\s+/);
    if (field === undefined || field === "") return this.with({ sort: undefined } as unknown as Partial<S>);
    if (!/^(asc|desc)$/i.test(direction))
      throw new ApiError(`sort wants "field asc" or "field desc", got ${JSON.stringify(order)}`);
    const sort = { field, ascending: direction.toLowerCase() === "asc" };
    return this.with({ sort } as unknown as Partial<S>);
  }

  protected override get totalOrder(): boolean {
    return true;
  }

  protected async fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    const { list } = this.state;
    const documents = this.#select(await list.read(options));
    const rows = documents.slice(window.start, window.start + window.rows);
    return { documents: rows, total: documents.length, shortcomings: list.shortcomings };
  }

  protected override makeModel(document: Document): M {
    const { list } = this.state;
    const key = this.model.keyIn(document);
    const known = key === undefined ? undefined : this.model.normaliseKey(key);
    const state = new ModelState(this.client, known, document, list.complete ? Completeness.full : Completeness.row);
    state.refreshedAt = list.readAt;
    return new this.model(state);
  }

  protected describe(): string {
    return this.state.conditions.map(({ field, value }) => `${field}:${value}`).join(" ");
  }

  #select(documents: readonly Document[]): readonly Document[] {
    const { conditions, sort } = this.state;
    const kept = documents.filter((document) =>
      conditions.every(({ field, value }) => {
        const actual = document[field];
        return actual !== undefined && actual !== null && String(actual).toLowerCase() === value.toLowerCase();
      }),
    );
    if (sort === undefined) return kept;
    const sign = sort.ascending ? 1 : -1;
    return kept.sort((a, b) => sign * compare(a[sort.field], b[sort.field]));
  }
}

export interface ListOptions {
  /** Parameters of the list request. */
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** Where the list is, when it is not the model's own path. */
  readonly path?: string;
  /**
   * Where the route gives only so many entries as it is asked for: the parameter that names the number, and the number
   * to begin with. A list that is as long as that is asked for again with a larger one.
   */
  readonly count?: { readonly parameter: string; readonly rows: number };
  /** Whether entries are whole documents; default true. */
  readonly complete?: boolean;
  /** What the route says of every entry, for those that leave it out. */
  readonly common?: Document;
}

/** Reads a list once, and again when it is as old as documents may grow. */
export class ListReader {
  readonly complete: boolean;
  readonly #client: ModelHost;
  readonly #model: ModelClass;
  readonly #options: ListOptions;
  #call: SharedCall<readonly Document[]> | undefined;
  #readAt = 0;
  #shortcomings: readonly string[] = [];

  /** Why the list that was read may lack entries. */
  get shortcomings(): readonly string[] {
    return this.#shortcomings;
  }

  /** When the list was asked for, by the client's clock. */
  get readAt(): number {
    return this.#readAt;
  }

  constructor(client: ModelHost, model: ModelClass, options: ListOptions) {
    this.complete = options.complete ?? true;
    this.#client = client;
    this.#model = model;
    this.#options = options;
  }

  async read(options: CallOptions): Promise<readonly Document[]> {
    const { identityMap } = this.#client;
    if (this.#call === undefined || identityMap.now() - this.#readAt > identityMap.ttl) {
      this.#readAt = identityMap.now();
      this.#call = new SharedCall((signal) => this.#fetch({ signal, timeout: options.timeout }));
    }
    const call = this.#call;
    try {
      return await call.join(options);
    } catch (error) {
      if (this.#call === call) this.#call = undefined;
      throw error;
    }
  }

  async #fetch(options: CallOptions): Promise<readonly Document[]> {
    const { common } = this.#options;
    const entries = await this.#entries(options);
    const documents = common === undefined ? entries : entries.map((document) => ({ ...common, ...document }));
    if (this.complete) this.#know(documents);
    return documents;
  }

  async #entries(options: CallOptions): Promise<readonly Document[]> {
    const { count, query } = this.#options;
    this.#shortcomings = [];
    if (count === undefined) return this.#ask(query, options);
    let before: number | undefined;
    for (let rows = count.rows; ; rows *= 10) {
      const entries = await this.#ask({ ...query, [count.parameter]: rows }, options);
      // Just as many as were asked for: there may be more. More than that: the server does not heed the number.
      if (entries.length !== rows) {
        if (entries.length === before) {
          const why = `the server gave ${before} entries, and no more when it was asked for ${rows}: there may be others`;
          this.#shortcomings = [why];
        }
        return entries;
      }
      before = entries.length;
    }
  }

  async #ask(query: QueryParameters | undefined, options: CallOptions): Promise<Document[]> {
    const { spec } = this.#model;
    const answer = await this.#client.getObject(this.#options.path ?? spec.path, query, { ...options, default: [] });
    if (typeof answer !== "object" || answer === null) {
      throw new ApiError(`The server answered the request for the list of ${spec.name} with something that is no list`);
    }
    // Storage partitions come as an object keyed by name.
    return Object.values(answer) as Document[];
  }

  /** Whole documents need not be asked for again one by one. */
  #know(documents: readonly Document[]): void {
    for (const document of documents) {
      const key = this.#model.keyIn(document);
      if (key === undefined) continue;
      this.#client.identityMap.seed(this.#model, key, document, Completeness.full);
    }
  }
}

function conditionsOf(condition: string | object): Condition[] {
  if (typeof condition !== "string") {
    return Object.entries(condition).map(([field, value]: [string, unknown]) => {
      checkScalar(value);
      return { field, value: String(value) };
    });
  }
  const colon = condition.indexOf(":");
  if (colon < 1) throw new ApiError(`a condition on a list reads "field:value", got ${JSON.stringify(condition)}`);
  return [{ field: condition.slice(0, colon).trim(), value: condition.slice(colon + 1) }];
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  // What lacks the field stands below everything that has it.
  if (a === undefined || a === null || b === undefined || b === null)
    return Number(a !== undefined && a !== null) - Number(b !== undefined && b !== null);
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
