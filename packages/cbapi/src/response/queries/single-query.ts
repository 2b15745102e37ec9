import type { AnyModel } from "../../core/model/model.js";
import { asDocument } from "../../core/model/model.js";
import type { Ref } from "../../core/model/ref-type.js";
import { Query } from "../../core/query/query.js";
import type { FetchedPage, Window } from "../../core/query/row-source.js";
import type { CallOptions } from "../../core/transport/types.js";

/** A query over a route that answers one document, which is the only object of its model. */
export class SingleQuery<M extends AnyModel> extends Query<M> {
  protected readonly pageSize = 1;

  /** The object: the same as `one()`. Nothing is requested before it, or something taken through it, is awaited. */
  get results(): Ref<M> {
    return this.one();
  }

  protected override get totalOrder(): boolean {
    return true;
  }

  protected async fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    const { name, path } = this.model.spec;
    const document = asDocument(await this.client.getObject(path, undefined, options), name, path);
    return { documents: [document].slice(window.start, window.start + window.rows), total: 1 };
  }

  protected describe(): string {
    return "";
  }
}
