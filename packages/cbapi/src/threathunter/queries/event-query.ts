import { ApiError, TimeoutError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import { Completeness, type Document } from "../../core/model/document.js";
import type { FetchedPage, RowIdentity, Window } from "../../core/query/row-source.js";
import type { Terms } from "../../core/query/terms.js";
import type { CallOptions } from "../../core/transport/types.js";
import { foundIn } from "../../psc/investigate/answer.js";
import { InvestigateQuery, type InvestigateState } from "../../psc/investigate/conditions.js";
import { type FacetOptions, type Facets, facetBody, facetsIn } from "../../psc/investigate/facets.js";
import { EVERYTHING } from "../../psc/query-language/query-builder.js";
import { requiredTerm } from "../../psc/query-language/required-term.js";
import type { CloudCall } from "../../psc/routes.js";
import { askForObject } from "../../psc/send.js";
import { EVENT_FACETS, EVENT_SEARCH, EVENT_VALIDATION } from "../calls.js";
import type { Event } from "../models/event/event.js";

interface EventState extends InvestigateState {
  /** The process that was named outright. */
  readonly process?: string;
}

/** How often the server is asked again while it makes no progress. */
const ATTEMPTS = 10;

/**
 * A search for events of one process: `POST /api/investigate/v2/orgs/{org}/events/{process_guid}/_search`. The server looks
 * through the parts of a process one by one: pages are handed out when it has gone through all of them.
 *
 * @example
 * cb.select(Event).where({ process_guid: proc.process_guid, event_type: "netconn" })
 */
export class EventQuery extends InvestigateQuery<Event, Terms, EventState> {
  protected readonly validationCalls = EVENT_VALIDATION;
  #validated = false;

  protected get pageSize(): number {
    return this.host.routes === "classic" ? 100 : 500;
  }

  /**
   * Names the process whose events are searched, where the query does not.
   * @throws ApiError with code `INVALID_ARGUMENT` when it is no text
   */
  forProcess(guid: string): this {
    if (typeof guid !== "string" || guid.trim() === "") throw invalidArgument("forProcess takes the GUID of a process");
    return this.with({ process: guid.trim() });
  }

  /**
   * Counts the events that the search finds, by the values of fields or by spans of time:
   * `POST /api/investigate/v2/orgs/{org}/events/{process_guid}/_facet`.
   * @throws ApiError with code `INVALID_ARGUMENT` when nothing is to be counted, or the query names no process
   */
  async facets({ signal, timeout, ...wanted }: FacetOptions & CallOptions): Promise<Facets> {
    const body = { ...this.selection(), ...facetBody(wanted) };
    return facetsIn(await this.#whole(EVENT_FACETS, body, { signal, timeout }), true);
  }

  protected override validationParameters(): Readonly<Record<string, unknown>> {
    return { process_guid: this.#process, query: this.query || EVERYTHING, fields: this.fieldNames };
  }

  protected async fetchPage({ start, rows }: Window, options: CallOptions): Promise<FetchedPage> {
    const { sort } = this.state;
    const answer = await this.#search(
      { rows, ...(start > 0 ? { start } : {}), ...(sort === undefined ? {} : { sort }) },
      options,
    );
    const { documents, found, available = found } = foundIn(answer);
    const held = found !== undefined && available !== undefined && found > available;
    return {
      documents,
      total: available,
      shortcomings: held ? [`the server found ${found} events and gives ${available} of them`] : [],
    };
  }

  protected override async askTotal(options: CallOptions): Promise<number> {
    const { found = 0, available = found } = foundIn(await this.#search({}, options));
    return available;
  }

  /** A row is all that there is of an event, unless the caller has chosen fields: it cannot be read by itself. */
  protected override get rowCompleteness(): Completeness {
    return this.state.fields === undefined ? Completeness.full : super.rowCompleteness;
  }

  protected override identify(document: Document): RowIdentity {
    const key = this.model.keyIn(document);
    return { row: key === undefined ? undefined : String(key), key: key ?? "unnamed" };
  }

  async #search(paging: object, options: CallOptions): Promise<Document> {
    const process = this.#process;
    if (!this.#validated) {
      await this.validate(options);
      this.#validated = true;
    }
    const body = { process_guid: process, ...this.selection(), fields: this.fieldNames, ...paging };
    return this.#whole(EVENT_SEARCH, body, options);
  }

  /** Asks until the server has gone through all parts of the process. */
  async #whole(call: CloudCall, body: object, options: CallOptions): Promise<Document> {
    const { clock } = this.host;
    const values = { process_guid: this.#process };
    let before = -1;
    for (let idle = 0; ; idle++) {
      const answer = await askForObject(this.host, call, { values, json: body }, options);
      const { processed_segments: processed, total_segments: total } = answer;
      if (typeof processed !== "number" || typeof total !== "number" || processed >= total) return answer;
      if (processed > before) idle = 0;
      before = processed;
      if (idle >= ATTEMPTS) {
        throw new TimeoutError(
          `${call.call}: the server stopped at ${processed} of ${total} parts of the process, and made no progress while ` +
            `it was asked ${ATTEMPTS} times more. Try again later, or search a shorter time by setTimeRange()`,
          { code: "SEARCH_TIMEOUT" },
        );
      }
      await clock.sleep(1000 + idle * 100, options.signal);
    }
  }

  /** The process that the query is about. */
  get #process(): string {
    const named = this.state.process ?? requiredTerm(this.query, "process_guid");
    if (named !== undefined) return named;
    throw new ApiError(
      "events are searched for one process at a time, and this query does not name one that all of them must have: add " +
        "where({ process_guid }) or forProcess(guid), or take proc.events()",
      { code: "INVALID_ARGUMENT" },
    );
  }
}
