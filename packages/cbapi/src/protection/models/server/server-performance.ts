import { invalidArgument } from "../../../core/invalid-argument.js";
import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { Ref } from "../../../core/model/ref-type.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";

/**
 * How busy the server was at one moment. Reading it needs the permission "View system configuration". It cannot be changed.
 *
 * The server numbers such rows anew in each answer, so that they are not known by their `id`: they are read by a query, and
 * nothing of them is kept.
 * @example for await (const sample of p.select(ServerPerformance).period(48)) console.log(sample.serverFileBacklog);
 */
export class ServerPerformance extends defineModel(
  {
    name: "ServerPerformance",
    path: pathOf("serverPerformance"),
    key: "dateCreated",
    unreadable: "A ServerPerformance has no id that lasts: select(ServerPerformance) gives a query for them",
  },
  {
    /** Its place in the answer. */
    id: t.integer(),
    dateCreated: t.dateTime(),
    connectedAgents: t.integer(),
    /** How many files agents have still to report. */
    agentFileBacklog: t.integer(),
    agentProcessingRate: t.integer(),
    /** How many files the server has still to look at. */
    serverFileBacklog: t.integer(),
    serverProcessingRate: t.integer(),
    serverFiles: t.integer(),
    /** In bytes a second. */
    diskDataWrite: t.integer(),
    /** In bytes a second. */
    diskDataRead: t.integer(),
    /** In bytes a second. */
    diskIndexWrite: t.integer(),
    /** In bytes a second. */
    diskIndexRead: t.integer(),
    /** In bytes a second. */
    diskLogWrite: t.integer(),
    diskDataIOPS: t.number(),
    diskIndexIOPS: t.number(),
    diskLogIOPS: t.number(),
    avgDiskLogWriteStallMs: t.number(),
    avgDiskDataWriteStallMs: t.number(),
    avgDiskIndexWriteStallMs: t.number(),
    avgDiskDataReadStallMs: t.number(),
    avgDiskIndexReadStallMs: t.number(),
    /** In percent. */
    sqlMemoryPressure: t.number(),
    sqlLatencyMs: t.number(),
    sqlInsertLatencyMs: t.number(),
  },
) {
  /** @internal A search for samples, which has not been sent: `GET /serverPerformance`. */
  static query(client: ModelHost): ServerPerformanceQuery {
    return new ServerPerformanceQuery(client, ServerPerformance, {});
  }
}

/** A search for samples of the server's performance. */
export class ServerPerformanceQuery extends ProtectionQuery<ServerPerformance> {
  /**
   * How far it goes back, in hours: `period=48`. The server goes back for 24 hours by itself.
   * @throws ApiError with code `INVALID_ARGUMENT` when it is no whole number from 1 on
   */
  period(hours: number): this {
    if (!Number.isInteger(hours) || hours < 1)
      throw invalidArgument(`period wants whole hours from 1 on, got ${hours}`);
    return this.with({ parameters: { period: hours } });
  }

  /**
   * The newest sample; `undefined` when there is none in the period.
   * @example (await cb.select(ServerPerformance).latest())?.serverFileBacklog
   */
  latest(options: CallOptions = {}): Ref<ServerPerformance | undefined> {
    return this.sort("dateCreated DESC").first(options);
  }
}
