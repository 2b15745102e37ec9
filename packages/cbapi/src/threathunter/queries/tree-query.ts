import { ApiError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import type { Document } from "../../core/model/document.js";
import { Query, type QueryState } from "../../core/query/query.js";
import type { FetchedPage, Window } from "../../core/query/row-source.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { Tree } from "../models/tree/tree.js";

/** What a tree is asked for by. */
export interface TreeTerms {
  readonly process_guid: string;
}

interface TreeState extends QueryState {
  readonly processGuid?: string;
}

/** A query for the tree of one process: `cb.select(Tree).where({ process_guid })`. It gives a single object. */
export class TreeQuery extends Query<Tree, TreeState> {
  protected readonly pageSize = 1;

  protected override get totalOrder(): boolean {
    return true;
  }

  /** Names the process at the root. @throws ApiError with code `INVALID_ARGUMENT` when it is no GUID */
  where(terms: TreeTerms): this {
    const { process_guid: processGuid, ...others } = { ...terms };
    if (typeof processGuid !== "string" || processGuid === "") {
      throw invalidArgument("a tree is asked for by { process_guid }, a text");
    }
    const [other] = Object.keys(others);
    if (other !== undefined) throw invalidArgument(`a tree is asked for by process_guid alone, not by ${other}`);
    return this.with({ processGuid });
  }

  /** The same as {@link TreeQuery.where}. */
  and(terms: TreeTerms): this {
    return this.where(terms);
  }

  /** @throws ApiError always: a tree has one root */
  or(_terms?: unknown): never {
    throw invalidArgument(".or() cannot be called on Tree queries: a tree has one root");
  }

  protected async fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    const { processGuid } = this.state;
    if (processGuid === undefined) {
      throw new ApiError(
        "required parameter process_guid missing: where({ process_guid }) names the process at the root",
        {
          code: "INVALID_ARGUMENT",
        },
      );
    }
    if (window.start > 0 || window.rows === 0) return { documents: [], total: 1 };
    const { document } = await this.model.fetchDocument(this.client, processGuid, options);
    return { documents: [document as Document], total: 1 };
  }

  protected describe(): string {
    const { processGuid } = this.state;
    return processGuid === undefined ? "" : `process_guid:${processGuid}`;
  }
}
