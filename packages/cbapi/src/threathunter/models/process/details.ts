import type { Document } from "../../../core/model/document.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { CloudHost } from "../../../psc/host.js";
import { documentsOf } from "../../../psc/investigate/answer.js";
import { runJob } from "../../../psc/investigate/job.js";
import { SEARCH_WINDOW } from "../../../psc/queries/cloud-query.js";
import { cloudDialect } from "../../../psc/query-language/dialect.js";
import { DETAIL_JOBS, PROCESS_JOBS } from "../../calls.js";

/** Rows that are asked for, for each process: it may have been recorded in several parts. */
const ROWS_EACH = 10;

/**
 * The documents of processes by their GUIDs, the first that the server gives of each; what it does not have is not there.
 * As `POST .../processes/detail_jobs`; for `routes: "classic"`, which has none, by a search.
 */
export async function fetchProcesses(
  host: CloudHost,
  guids: readonly string[],
  options: CallOptions,
): Promise<Map<string, Document>> {
  const query = { start: 0, rows: Math.min(guids.length * ROWS_EACH, SEARCH_WINDOW) };
  const { answer } =
    host.routes === "classic"
      ? await searched(host, guids, options, query)
      : await runJob(host, DETAIL_JOBS, { process_guids: guids }, options, { query });
  const found = new Map<string, Document>();
  for (const document of documentsOf(answer["results"])) {
    const guid = document["process_guid"];
    if (typeof guid === "string" && !found.has(guid)) found.set(guid, document);
  }
  return found;
}

async function searched(
  host: CloudHost,
  guids: readonly string[],
  options: CallOptions,
  query: { readonly start: number; readonly rows: number },
) {
  const text = cloudDialect.term("process_guid", guids);
  return runJob(host, PROCESS_JOBS, { query: text, fields: ["*"], rows: query.rows }, options, { query });
}
