import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { isDocument } from "../../../psc/investigate/answer.js";
import { PROCESS_SUMMARY, SUMMARY_JOBS } from "../../calls.js";
import { fetchFamily } from "./family.js";
import type { Process } from "./process.js";
import { Relatives } from "./relatives.js";

/**
 * A process with those next to it: its parent, its children, and the other children of its parent. Read by the process's
 * GUID, `cb.select(Process.Summary, guid)` or `proc.summary`.
 */
export class ProcessSummary extends defineModel(
  { name: "ProcessSummary", path: "/api/investigate/v2/orgs/{org}/processes/summary_jobs", key: "process_guid" },
  {
    process_guid: t.string(),
    /** Whether the server had not put everything together yet; only answers to classic routes say so. */
    incomplete_results: t.boolean(),
  },
) {
  /** @internal */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const route = { format: "summary", classic: PROCESS_SUMMARY, jobs: SUMMARY_JOBS } as const;
    const answers = await fetchFamily(client, String(key), route, options);
    return { document: { ...answers.at(-1), process_guid: key } };
  }

  /** The process itself; `undefined` when the answer has none. */
  get process(): Process | undefined {
    return this.#one("process");
  }

  /** The process that started it; `undefined` when that is not known. */
  get parent(): Process | undefined {
    return this.#one("parent");
  }

  /** The processes that it started. */
  get children(): readonly Process[] {
    return this.#many("children");
  }

  /** The other processes that its parent started. */
  get siblings(): readonly Process[] {
    return this.#many("siblings");
  }

  #one(name: string): Process | undefined {
    const document = this.wholeDocument[name];
    return isDocument(document) ? this.#family.of(document) : undefined;
  }

  #many(name: string): readonly Process[] {
    return this.#family.all(this.wholeDocument[name]);
  }

  get #family(): Relatives {
    return this.kept("family", () => new Relatives(ProcessSummary.stateOf(this).client));
  }
}
