import { Completeness, type Document } from "../../core/model/document.js";
import type { FetchedPage, Window } from "../../core/query/row-source.js";
import type { CallOptions } from "../../core/transport/types.js";
import { SUMMARY_SEARCH } from "../calls.js";
import type { DeviceSummary } from "../models/device-summary.js";
import { OfRunQuery } from "./of-run.js";

/** How each device of a run fares: `POST .../runs/{id}/results/device_summaries/_search`. */
export class SummaryQuery extends OfRunQuery<DeviceSummary> {
  protected readonly searchCall = SUMMARY_SEARCH;

  protected override get rowCompleteness(): Completeness {
    return Completeness.full;
  }

  protected override async fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    const page = await super.fetchPage(window, options);
    return { ...page, documents: page.documents.map(flat) };
  }
}

/** A row of today's servers, whose device is an object, with what older ones had beside it. */
function flat(document: Document): Document {
  const { device } = document;
  if (typeof device !== "object" || device === null) return document;
  const { id, name, os, policy_id, policy_name } = device as Document;
  return { device_id: id, device_name: name, os, policy_id, policy_name, ...document };
}
