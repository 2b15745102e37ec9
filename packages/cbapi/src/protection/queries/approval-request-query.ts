import type { BulkOperation } from "../../core/bulk/operation.js";
import { Reasons } from "../../core/bulk/reasons.js";
import type { ServerVersion } from "../../core/server-version.js";
import { connectedTo } from "../host.js";
import type { ApprovalRequest } from "../models/approvals/approval-request.js";
import { type ApprovalDecision, checkDecision } from "../models/approvals/decision.js";
import { type ApprovalDecider, isRule, Resolving } from "../models/approvals/resolving.js";
import { refusedStep } from "../models/approvals/transitions.js";
import { FileCatalog } from "../models/files/file-catalog.js";
import { FileInstance } from "../models/files/file-instance.js";
import { FileRule } from "../models/files/file-rule.js";
import { ApprovalStatus } from "../models/names.js";
import { ProtectionQuery } from "./protection-query.js";

/**
 * A search for approval requests: `GET /approvalRequest`.
 *
 * Its bulk operations read all requests that it finds before the first write, so that none is passed over when the change
 * takes requests out of the search.
 */
export class ApprovalRequestQuery extends ProtectionQuery<ApprovalRequest> {
  /**
   * Resolves and closes these requests, by one decision for all, or by a function that decides about each; one for which it
   * gives `undefined` is left alone. Nothing is sent before it is awaited; `plan()` shows each write of each request, those
   * that cannot be resolved, and what is to be known before.
   *
   * With `rule`, the rule for the file is made first: `POST /fileRule`, or `PUT` where a rule for the same policies says
   * otherwise and `overrule` allows it; none where it holds already. Then the request is changed:
   * `PUT /approvalRequest/{id}`. Where the rule is refused, the request stays unresolved, and the report says so. Requests
   * for the same file share one rule. Retrying sends what is not done, and no rule a second time.
   *
   * Needs "Manage approval requests"; for rules, "View files" and "Manage files" as well.
   * @example
   * const requests = cb.select(ApprovalRequest).where({ status: ApprovalStatus.Submitted }).include("fileCatalog");
   * const resolving = requests.resolve(async (request) => {
   *   const file = await request.fileCatalog;
   *   if ((file?.trust ?? -1) < 7) return undefined;
   *   const rule = { fileState: FileState.Approved, policies: "request" } as const;
   *   return { resolution: ApprovalResolution.Approved, resolutionComments: "known to be good", rule };
   * });
   * console.log((await resolving.plan()).batches);
   * (await resolving).throwIfIncomplete();
   * @throws CbApiError with code `INVALID_ARGUMENT` when the decision has no meaning, or contradicts itself: at once where it
   * is for all, else when the requests are read
   */
  resolve(decision: ApprovalDecision | ApprovalDecider): BulkOperation<number> {
    if (typeof decision !== "function") checkDecision(decision);
    const resolving = new Resolving(this.client, typeof decision === "function" ? decision : () => decision);
    return this.changed({
      verb: "resolve",
      batchSize: 1,
      before: async () => resolving.clear(),
      review: (requests, options) => resolving.review(requests, options),
      request: ([id = 0]) => resolving.writesOf(id),
      withheld: (write, [id = 0]) => resolving.withheld(write, id),
      accepted: (write, [id = 0]) => resolving.accepted(write, id),
      overlooked: (answer, [id = 0], write) => {
        const error = resolving.overlooked(write, answer);
        return error === undefined ? undefined : new Map([[id, error]]);
      },
      leftBy: (write) => (isRule(write) ? "The request stays unresolved" : undefined),
      shownBy: [FileRule, FileCatalog, FileInstance],
    });
  }

  /**
   * Opens these requests, so that others see that somebody is at it: `PUT /approvalRequest/{id}`. Those that are open are
   * left alone, and those that the server does not let be opened are refused. Nothing is sent before it is awaited.
   */
  open(): BulkOperation<number> {
    return this.#become("open", ApprovalStatus.Open);
  }

  /** Escalates these requests, as {@link ApprovalRequestQuery.open} opens them. Needs a server from 8.0 on. */
  escalate(): BulkOperation<number> {
    return this.#become("escalate", ApprovalStatus.Escalated);
  }

  #become(verb: string, status: number): BulkOperation<number> {
    let version: ServerVersion | undefined;
    const reasons = new Reasons();
    return this.changed({
      verb,
      batchSize: 1,
      before: async (options) => {
        version = (await connectedTo(this.client, options)).cb_server_version;
      },
      review: (requests) =>
        requests.map(({ status: from }) => {
          if (from === status) return { state: "unchanged" };
          const refused = refusedStep(from, status, version);
          if (refused === undefined) return { state: "change" };
          return { state: "refused", error: reasons.of("INVALID_OBJECT", refused) };
        }),
      request: ([id]) => ({ method: "PUT", path: `${this.model.spec.path}/${id}`, body: { id, status } }),
    });
  }
}
