import type { Document } from "../../core/model/document.js";
import { usableKey } from "../../core/query/row-key.js";
import type { RowIdentity } from "../../core/query/row-source.js";
import type { Terms } from "../../core/query/terms.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { InvestigateState, SortKey } from "../../psc/investigate/conditions.js";
import { type FacetOptions, type Facets, facetBody, facetsIn } from "../../psc/investigate/facets.js";
import { runJob, SEARCH_TIMEOUT } from "../../psc/investigate/job.js";
import { JobQuery } from "../../psc/investigate/job-query.js";
import { checkedValues, isText } from "../../psc/queries/criteria.js";
import { FACET_JOBS, PROCESS_JOBS, PROCESS_VALIDATION } from "../calls.js";
import type { Process } from "../models/process/process.js";

interface ProcessState extends InvestigateState {
  readonly collapse?: readonly string[];
}

/**
 * A search for processes, which the service runs as a job: `POST /api/investigate/v2/orgs/{org}/processes/search_jobs`.
 * Where nothing else is said, the newest come first.
 *
 * @example
 * const search = cb.select(Process).where({ process_name: "powershell.exe" }).setTimeRange({ range: "-2w" });
 * for await (const proc of search) console.log(proc.device_name, proc.process_cmdline);
 */
export class ProcessQuery extends JobQuery<Process, Terms, ProcessState> {
  protected readonly validationCalls = PROCESS_VALIDATION;
  protected readonly jobCalls = PROCESS_JOBS;
  protected readonly longOrder: SortKey = { field: "device_timestamp", order: "DESC" };
  protected readonly timeFields = ["device_timestamp", "process_start_time", "backend_timestamp"];

  /** One process for each value of these fields. */
  setCollapseField(fields: string | readonly string[]): this {
    const names = typeof fields === "string" ? [fields] : fields;
    return this.with({ collapse: checkedValues(names, isText, "setCollapseField takes the names of fields") });
  }

  /**
   * Counts the processes that the search finds, by the values of fields or by spans of time:
   * `POST /api/investigate/v2/orgs/{org}/processes/facet_jobs`.
   * @example (await search.facets({ fields: ["process_name"] })).terms.get("process_name")
   * @throws ApiError with code `INVALID_ARGUMENT` when nothing is to be counted; TimeoutError when it takes too long
   */
  async facets({ signal, timeout, ...wanted }: FacetOptions & CallOptions): Promise<Facets> {
    const body = { ...this.selection(), ...facetBody(wanted) };
    const { timeout: limit = SEARCH_TIMEOUT, partial = false } = this.state;
    const limits = { timeout: limit, partial, query: {} };
    const { answer, complete } = await runJob(this.host, FACET_JOBS, body, { signal, timeout }, limits);
    return facetsIn(answer, complete);
  }

  protected override extras(): Record<string, unknown> {
    const { processGuid, collapse } = this.state;
    return {
      ...(processGuid === undefined || this.host.routes === "current" ? {} : { process_guid: processGuid }),
      ...(collapse === undefined ? {} : { collapse_field: collapse }),
    };
  }

  /** A process may have been recorded in several parts, which are rows of their own. */
  protected override identify(document: Document): RowIdentity {
    const guid = this.model.keyIn(document);
    if (guid === undefined) return { row: undefined, key: undefined };
    return { row: `${guid} ${String(document["device_timestamp"])}`, key: usableKey(this.model, guid) };
  }

  protected override seamOf(document: Document): string | undefined {
    return this.state.collapse === undefined ? super.seamOf(document) : undefined;
  }

  protected override get beyondCap(): string {
    return this.state.collapse === undefined
      ? super.beyondCap
      : "a limit of time would change which process stands for the others; narrow the query or leave setCollapseField out";
  }
}
