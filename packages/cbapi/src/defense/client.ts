import type { RawRequestOptions, ReadOptions } from "../core/client.js";
import type { ApiResponse, CallOptions, QueryParameters } from "../core/transport/types.js";
import { CbPSCBaseAPI, type CbPSCOptions } from "../psc/client.js";
import { type ListenerOptions, QueueListener } from "../psc/models/audit/queue-listener.js";
import { listIn } from "../psc/models/audit/queued.js";
import type { CloudCall } from "../psc/routes.js";
import { ask } from "../psc/send.js";
import { requireSuccess, requireSuccessIn, saysSuccess } from "./answers.js";
import { AUDITLOGS, DEFENSE_CALLS, NOTIFICATIONS } from "./calls.js";
import type { AuditLogEntry, Notification } from "./models/notification.js";

/** What {@link CbDefenseAPI} takes; the same as every client of the Cloud. */
export interface CbDefenseOptions extends CbPSCOptions {}

/**
 * Carbon Black Cloud Endpoint Standard, formerly CB Defense. Besides its own it has what all clients of the Cloud have.
 *
 * Most of its own routes are switched off; by `routes: "current"`, the default, devices and policies are those of the
 * platform, shown by the names of Defense. Notifications and audit logs are still served.
 * @example
 * const cb = new CbDefenseAPI({ profile: "production" });
 * for await (const device of cb.select(Device).where("hostName:PC-")) console.log(device.name, device.policyName);
 */
export class CbDefenseAPI extends CbPSCBaseAPI {
  constructor(options: CbDefenseOptions = {}) {
    super(options, "defense");
  }

  protected override get calls(): readonly CloudCall[] {
    return [...DEFENSE_CALLS, ...super.calls];
  }

  /**
   * The notifications that are waiting for this key, which the service gives once: `GET /integrationServices/v3/notification`.
   * Which alerts become notifications is set up in the console, by key. What this gives and nobody works on is lost:
   * {@link CbDefenseAPI.notificationListener} keeps it.
   */
  async getNotifications(options: CallOptions = {}): Promise<Notification[]> {
    return listIn(await ask(this, NOTIFICATIONS, {}, options), "notifications", NOTIFICATIONS.call) as Notification[];
  }

  /**
   * The notifications for this key as they come, without end; the service is asked every minute or `interval`. Leaving the
   * loop, or the signal, ends it. While the service is out of order it waits; only a first request that fails ends it.
   *
   * The service forgets what it has given. With `spool`, a local file, notifications are on the disk before any of them is
   * given out; see {@link QueueListener} for how none is missed and none comes twice, and for what no client can help.
   * Carbon Black gives this queue up: `select(BaseAlert).tail()` follows alerts without one.
   * @example
   * const listener = cb.notificationListener({ spool: "notifications.spool", position: saved });
   * for await (const notification of listener) {
   *   await save({ notification, position: listener.position });
   *   await listener.saved(listener.position);
   * }
   * @throws ApiError with code `INVALID_ARGUMENT` when the options are none
   */
  notificationListener(options: ListenerOptions = {}): QueueListener<Notification> {
    const take = (call: CallOptions) => this.getNotifications(call);
    return new QueueListener({ host: this, name: "notificationListener()", take }, options);
  }

  /**
   * The audit logs that this key has not been given yet, which the service gives once: `GET /integrationServices/v3/auditlogs`.
   * {@link CbPSCBaseAPI.getQueuedAuditLogs} is what replaces it.
   */
  async getAuditlogs(options: CallOptions = {}): Promise<AuditLogEntry[]> {
    return listIn(await ask(this, AUDITLOGS, {}, options), "notifications", AUDITLOGS.call) as AuditLogEntry[];
  }

  /** As everywhere; an answer that says that nothing was done is an error, whatever its status. */
  override async getObject(uri: string, query?: QueryParameters, options?: ReadOptions): Promise<unknown> {
    const answer = await super.getObject(uri, query, options);
    if (saysSuccess(uri)) requireSuccess(this, answer, { method: "GET", path: uri });
    return answer;
  }

  /** As everywhere; an answer that says that nothing was done, or that cannot be read, is an error, whatever its status. */
  override async apiJsonRequest(
    method: string,
    uri: string,
    options?: RawRequestOptions & { json?: unknown },
  ): Promise<ApiResponse> {
    const response = await super.apiJsonRequest(method, uri, options);
    if (saysSuccess(uri)) requireSuccessIn(this, await response.text(), { method: method.toUpperCase(), path: uri });
    return response;
  }
}
