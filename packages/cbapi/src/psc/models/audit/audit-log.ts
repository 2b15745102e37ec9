import { CALL, checkCall } from "../../../core/call-options.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Document } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { RowIdentity } from "../../../core/query/row-source.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { CloudQuery } from "../../queries/cloud-query.js";
import { isText } from "../../queries/criteria.js";
import { type TimeRange, timeRange } from "../../queries/time-range.js";
import { objectIn, tell } from "../../send.js";
import { type Job, jobFrom } from "../jobs/job.js";
import { AUDIT_EXPORT, AUDIT_SEARCH } from "./calls.js";

/** What somebody, or a key, did in the organization: signed in, changed a policy, opened a session. */
export class AuditLog extends defineModel(
  {
    name: "AuditLog",
    path: "/audit_log/v1/orgs/{org}/logs",
    key: "create_time",
    // No id is told: what is said of it stands for one.
    keyOf: (document) => JSON.stringify([document["create_time"], document["actor"], document["description"]]),
    unreadable: "Audit logs have no address of their own: search for them",
  },
  {
    actor: t.string(),
    actor_ip: t.string(),
    create_time: t.dateTime(),
    description: t.string(),
    /** Whether it failed, or should be looked at. */
    flagged: t.boolean(),
    org_key: t.string(),
    request_url: t.string(),
    /** Whether it is of interest only to who looks closely. */
    verbose: t.boolean(),
  },
) {
  /** @internal A search for audit logs, which has not been sent. */
  static query(client: ModelHost): AuditLogQuery {
    return new AuditLogQuery(client, AuditLog, {});
  }
}

/**
 * A search for audit logs (`org.audits(READ)`): `POST /audit_log/v1/orgs/{org}/logs/_search`. Only the service of today has
 * it, whatever the client's `routes`.
 * @example
 * const changes = cb.select(AuditLog).where("description:policy").setCreateTime({ range: "-2d" });
 * for await (const log of changes) console.log(log.create_time, log.actor, log.description);
 */
export class AuditLogQuery extends CloudQuery<AuditLog> {
  protected readonly searchCall = AUDIT_SEARCH;
  protected override readonly startBase = 0;

  /** What these did. */
  setActors(values: readonly string[]): this {
    return this.withCriteria("actor", values, isText, "One or more invalid actors");
  }

  /** What was done from these addresses. */
  setActorIps(values: readonly string[]): this {
    return this.withCriteria("actor_ip", values, isText, "One or more invalid addresses");
  }

  /** What was asked for at these addresses of the service. */
  setRequestUrls(values: readonly string[]): this {
    return this.withCriteria("request_url", values, isText, "One or more invalid addresses of requests");
  }

  /** What is described so. */
  setDescriptions(values: readonly string[]): this {
    return this.withCriteria("description", values, isText, "One or more invalid descriptions");
  }

  /** What is flagged, or is not. */
  setFlagged(flag: boolean): this {
    return this.#flag("setFlagged", "flagged", flag);
  }

  /** What is of interest only to who looks closely, or what is not. */
  setVerbose(flag: boolean): this {
    return this.#flag("setVerbose", "verbose", flag);
  }

  /** What was done during a span of time. */
  setCreateTime(range: TimeRange): this {
    return this.withCriterion("create_time", timeRange(range));
  }

  /**
   * Has the service write the logs of this search into a file: `POST .../logs/_export`.
   * @returns the job, which is waited for by `awaitCompletion()`, or by reading its output
   */
  async export(format: "csv" | "json" = "csv", options: CallOptions = {}): Promise<Job> {
    checkCall("export()", options, CALL);
    const kind: unknown = typeof format === "string" ? format.toLowerCase() : format;
    if (kind !== "csv" && kind !== "json") {
      throw invalidArgument(`export: the format is "csv" or "json", got ${JSON.stringify(format)}`);
    }
    const json = { ...this.selection(), ...this.order(), format: kind };
    return jobFrom(this.host, objectIn(await tell(this.host, AUDIT_EXPORT, { json }, options), AUDIT_EXPORT));
  }

  protected override selection(): Record<string, unknown> {
    const { criteria = {}, exclusions = {} } = this.state;
    const { query } = this;
    return {
      ...(Object.keys(criteria).length === 0 ? {} : { criteria }),
      ...(Object.keys(exclusions).length === 0 ? {} : { exclusions }),
      ...(query === "" ? {} : { query }),
    };
  }

  /** Two of them may say the same: none is left out for it. */
  protected override identify(document: Document): RowIdentity {
    return { row: undefined, key: AuditLog.keyIn(document) };
  }

  #flag(method: string, key: string, flag: boolean): this {
    if (typeof flag !== "boolean") throw invalidArgument(`${method} takes true or false, got ${JSON.stringify(flag)}`);
    return this.withCriterion(key, flag);
  }
}
