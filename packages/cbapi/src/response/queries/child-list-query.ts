import { ApiError } from "../../core/errors.js";
import type { ModelHost } from "../../core/model/host.js";
import type { AnyModel, ModelClass } from "../../core/model/model.js";
import { ListQuery, ListReader, type ListState, type ListTerms, type ReadList } from "../../core/query/list-query.js";
import type { CallOptions } from "../../core/transport/types.js";

/** Where the objects of a parent are listed. */
export interface ChildList {
  /** The field that names the parent: a query has to have a condition on it. */
  readonly parent: string;
  /** The route of the list: `/api/v1/feed/5/action`. */
  path(parent: string): string;
}

export interface ChildListState extends ListState {
  readonly children: ChildList;
}

/** A query over the objects under one parent: the actions of a feed, the events of an investigation. */
export class ChildListQuery<M extends AnyModel> extends ListQuery<M, ChildListState> {
  /** @internal */
  static under<M extends AnyModel>(client: ModelHost, model: ModelClass<M>, children: ChildList): ChildListQuery<M> {
    return new ChildListQuery(client, model, { conditions: [], list: new ListReader(client, model, {}), children });
  }

  /**
   * Names the parent, `"group_id:5"` or `{ group_id: 5 }`, and keeps the objects whose field has a value, as in other
   * lists.
   */
  override where(condition: string | ListTerms<M>): this {
    const { children } = this.state;
    const before = this.#parent();
    const narrowed = super.where(condition);
    const parent = narrowed.#parent();
    if (parent === undefined || parent === before) return narrowed;
    // No object is under two parents: whoever asks for that has mistaken one query for another.
    if (before !== undefined) {
      throw new ApiError(`One ${children.parent} at a time: this query already has ${children.parent}:${before}`);
    }
    const common = { [children.parent]: /^\d+$/.test(parent) ? Number(parent) : parent };
    const list = new ListReader(this.client, this.model, { path: children.path(parent), common });
    return narrowed.with({ list });
  }

  protected override async readList(options: CallOptions): Promise<ReadList> {
    const { parent } = this.state.children;
    if (this.#parent() === undefined) {
      throw new ApiError(`Must use a search parameter: .where("${parent}:<id>")`);
    }
    return super.readList(options);
  }

  #parent(): string | undefined {
    const { parent } = this.state.children;
    const named = this.state.conditions.findLast(({ field }) => field === parent);
    if (named === undefined) return undefined;
    const id = String(named.value).trim();
    if (id === "") throw new ApiError(`${parent} names nothing here: .where("${parent}:<id>")`);
    return id;
  }
}
