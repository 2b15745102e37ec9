import { Completeness } from "../../../core/model/document.js";
import { Query } from "../../../core/query/query.js";
import type { ExecutionPlan, FetchedPage, RowSource, Window } from "../../../core/query/row-source.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { JOB_LIST } from "../../calls.js";
import { cloud } from "../../host.js";
import { searchAnswer } from "../../queries/search-answer.js";
import { ask } from "../../send.js";
import type { Job } from "./job.js";

/** The jobs that this key has started, in the server's order: `GET /jobs/v1/orgs/{org}/jobs`. They come as one list. */
export class JobQuery extends Query<Job> {
  protected readonly pageSize = Number.MAX_SAFE_INTEGER;

  protected async fetchPage({ start, rows }: Window, options: CallOptions): Promise<FetchedPage> {
    const page = searchAnswer(await ask(cloud(this.client), JOB_LIST, {}, options), JOB_LIST.call);
    return { documents: page.documents.slice(start, start + rows), total: page.documents.length };
  }

  /** All pages of one reading are of one list. */
  protected override pageReader(_plan: ExecutionPlan): RowSource<Job>["fetchPage"] {
    let all: FetchedPage | undefined;
    return async ({ start, rows }, options) => {
      all ??= await this.fetchPage({ start: 0, rows: Number.MAX_SAFE_INTEGER }, options);
      return { ...all, documents: all.documents.slice(start, start + rows) };
    };
  }

  protected override get totalOrder(): boolean {
    return true;
  }

  protected override get rowCompleteness(): Completeness {
    return Completeness.full;
  }

  protected describe(): string {
    return "";
  }
}
