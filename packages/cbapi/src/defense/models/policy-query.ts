import { ServerError } from "../../core/errors.js";
import { Completeness, type Document } from "../../core/model/document.js";
import type { AnyModel } from "../../core/model/model.js";
import type { FetchedPage, RowSource, Window } from "../../core/query/row-source.js";
import type { CallOptions } from "../../core/transport/types.js";
import { ask } from "../../psc/send.js";
import { POLICIES_LIST } from "../calls.js";
import { DefenseQuery, pageIn } from "../queries/defense-query.js";

/** Policies that are read at a time, where the list tells only their names. */
const AT_ONCE = 5;

/** The list of policies, which the service gives as a whole: `GET /integrationServices/v3/policy`. It takes no filter. */
export class PolicyQuery<M extends AnyModel> extends DefenseQuery<M, Readonly<Record<string, never>>> {
  protected readonly call = POLICIES_LIST;
  protected readonly known = [];

  /** The list is asked for once a reading: the service does not heed what says which part of it is wanted. */
  protected override pageReader(): RowSource<M>["fetchPage"] {
    let all: readonly Document[] | undefined;
    return async ({ start, rows }, options) => {
      all ??= await this.#list(options);
      return { documents: all.slice(start, start + rows), total: all.length };
    };
  }

  protected override fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    return Promise.resolve(this.pageReader()(window, options));
  }

  protected override get rowCompleteness(): Completeness {
    return Completeness.full;
  }

  protected override get totalOrder(): boolean {
    return true;
  }

  protected override async askTotal(options: CallOptions): Promise<number> {
    const { host, call } = this;
    if (host.routes === "classic") return (await this.#list(options)).length;
    return summariesIn(await ask(host, call, {}, options)).length;
  }

  async #list(options: CallOptions): Promise<readonly Document[]> {
    const { host, call, client, model } = this;
    if (host.routes === "classic") {
      const query = { rows: this.state.batchSize ?? this.pageSize };
      return pageIn(await ask(host, call, { query }, options), call.call, 0).documents;
    }
    const ids = summariesIn(await ask(host, call, {}, options)).map(({ id }) => Number(id));
    const documents: Document[] = [];
    for (let start = 0; start < ids.length; start += AT_ONCE) {
      const some = ids.slice(start, start + AT_ONCE);
      const read = some.map(
        async (id) => (await client.identityMap.load(model, id, { ...options, refresh: true })).document,
      );
      documents.push(...(await Promise.all(read)));
    }
    return documents;
  }
}

function summariesIn(answer: unknown): readonly Document[] {
  const { policies } = (answer ?? {}) as { readonly policies?: unknown };
  if (Array.isArray(policies)) return policies as Document[];
  throw new ServerError(`${POLICIES_LIST.call}: the answer holds no policies`, { code: "UNEXPECTED_ANSWER" });
}
