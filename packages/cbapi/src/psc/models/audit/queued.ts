import { ServerError } from "../../../core/errors.js";
import type { CallOptions } from "../../../core/transport/types.js";
import type { CloudHost } from "../../host.js";
import { ask } from "../../send.js";
import { AUDIT_QUEUE } from "./calls.js";

/** An audit log as the queue gives it. */
export interface QueuedAuditLog {
  readonly actor?: string;
  readonly actor_ip?: string;
  /** ISO 8601. */
  readonly create_time?: string;
  readonly description?: string;
  readonly flagged?: boolean;
  readonly org_key?: string;
  readonly request_url?: string | null;
  readonly verbose?: boolean;
}

/** @internal The audit logs that this key has not been given yet: `GET /audit_log/v1/orgs/{org}/logs/_queue`. */
export async function queuedAuditLogs(host: CloudHost, options: CallOptions): Promise<QueuedAuditLog[]> {
  return listIn(await ask(host, AUDIT_QUEUE, {}, options), "results", AUDIT_QUEUE.call) as QueuedAuditLog[];
}

/** @internal A list that an answer holds under a name; none where it holds nothing by that name. */
export function listIn(answer: unknown, name: string, what: string): unknown[] {
  const list: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, name) : undefined;
  if (list === undefined || list === null) return [];
  if (Array.isArray(list)) return list;
  throw new ServerError(`${what}: the answer's ${name} are no list`, { code: "UNEXPECTED_ANSWER" });
}
