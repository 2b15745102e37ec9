import type { Declaration, declaration } from "../model/declaration.js";
import { Completeness, type Document } from "../model/document.js";
import type { Field } from "../model/fields.js";
import type { ModelHost } from "../model/host.js";
import type { AnyModel, ModelClass } from "../model/model.js";
import type { CallOptions } from "../transport/types.js";
import {
  type Condition,
  checkName,
  compare,
  conditionsOf,
  isDeclared,
  type ListOrder,
  matches,
  orderOf,
  type Shown,
} from "./list-conditions.js";
import { type ListOptions, ListReader, type ReadList } from "./list-reader.js";
import { Query, type QueryState } from "./query.js";
import { keyOfRow } from "./row-key.js";
import type { FetchedPage, RowSource, Window } from "./row-source.js";

export { type ListOptions, ListReader, type ReadList } from "./list-reader.js";

export interface ListState extends QueryState {
  readonly conditions: readonly Condition[];
  readonly sort?: ListOrder | undefined;
  /** Shared by all queries that were made from one `select`, so that narrowing a list does not ask for it again. */
  readonly list: ListReader;
}

/**
 * Conditions as an object: `{ name: "Default Group" }`. The names are those of the model's fields that hold one plain
 * value, whose type the value need not have: `{ id: "5" }` finds what `{ id: 5 }` finds.
 */
export type ListTerms<M = unknown> = { readonly [K in ListedName<M>]?: string | number | boolean | Date };

type ListedName<M> = M extends { readonly [declaration]: Declaration<infer R, PropertyKey, infer L> }
  ? PlainName<R> | (L & string)
  : string;

/** The fields that hold one plain value. */
type PlainName<R> = {
  [K in keyof R & string]: R[K] extends Field<infer T, never> ? ([T] extends [Plain] ? K : never) : never;
}[keyof R & string];

type Plain = string | number | boolean | Date;

/**
 * A query over a collection that the server gives as one whole list. Conditions and order are applied here, after the
 * list has come. Queries that were narrowed from one another read it once; they read it again when it is as old as
 * documents may grow (a minute, unless the client was told otherwise), and after a write of this client to such an
 * object.
 */
export class ListQuery<M extends AnyModel, S extends ListState = ListState> extends Query<M, S> {
  protected readonly pageSize = Number.MAX_SAFE_INTEGER;

  /** @internal */
  static of<M extends AnyModel>(client: ModelHost, model: ModelClass<M>, options: ListOptions = {}): ListQuery<M> {
    return new ListQuery(client, model, { conditions: [], list: new ListReader(client, model, options) });
  }

  /**
   * Keeps the objects whose field has this value: `"name:Default Group"` or `{ name: "Default Group" }`. Values are
   * compared as the field reads, text without case. Several conditions must all hold.
   *
   * The text form takes any field of the document, declared or not. One that is not declared, and that no object of the
   * list has, makes the query reject with an `ApiError` whose `code` is `UNKNOWN_FIELD`.
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
   * empty text removes the order. Fields that nothing has are refused as by {@link ListQuery.where}.
   */
  sort(order: string): this {
    return this.with({ sort: orderOf(order) } as unknown as Partial<S>);
  }

  /** How many objects match. Asks for the list, unless it is known already. */
  override async count(options: CallOptions = {}): Promise<number> {
    return this.#select(await this.readList(options)).documents.length;
  }

  protected override get totalOrder(): boolean {
    return true;
  }

  /** The list with everything in it. */
  protected readList(options: CallOptions): Promise<ReadList> {
    return this.state.list.read(options);
  }

  protected override fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    return this.pageReader()(window, options);
  }

  /** All pages of one reading are of one list, whatever is written meanwhile. */
  protected override pageReader(): RowSource<M>["fetchPage"] {
    let all: FetchedPage | undefined;
    return async ({ start, rows }, options) => {
      all ??= this.#select(await this.readList(options));
      return { ...all, documents: all.documents.slice(start, start + rows) };
    };
  }

  protected override get rowCompleteness(): Completeness {
    return this.state.list.complete ? Completeness.full : Completeness.row;
  }

  protected describe(): string {
    return this.state.conditions.map(({ field, value }) => `${field}:${String(value)}`).join(" ");
  }

  #select({ documents, shortcomings, readAt }: ReadList): FetchedPage {
    const { conditions, sort } = this.state;
    const names = new Set([...conditions.map(({ field }) => field), ...(sort === undefined ? [] : [sort.field])]);
    const doubts = [...names].flatMap((name) => checkName(this.model, name, documents) ?? []);
    const kept = names.size === 0 ? documents : this.#narrowed(documents);
    return { documents: kept, total: kept.length, shortcomings: [...shortcomings, ...doubts], readAt };
  }

  #narrowed(documents: readonly Document[]): readonly Document[] {
    const { conditions, sort } = this.state;
    const rows = documents.map((document) => ({ document, show: this.#shows(document) }));
    const kept = rows.filter(({ show }) => conditions.every(({ field, value }) => matches(show(field), value)));
    if (sort !== undefined) {
      const sign = sort.ascending ? 1 : -1;
      kept.sort((a, b) => sign * compare(a.show(sort.field), b.show(sort.field)));
    }
    return kept.map(({ document }) => document);
  }

  /** What a row shows under a name: what a caller reads there, so that what was seen can be asked for. */
  #shows(document: Document): (name: string) => Shown {
    let model: M | undefined;
    return (name) => {
      const raw = document[name];
      if (!isDeclared(this.model, name)) return { value: raw, raw };
      model ??= this.makeModel({ document, key: keyOfRow(this.model, document), readAt: undefined });
      return { value: Reflect.get(model, name) as unknown, raw };
    };
  }
}
