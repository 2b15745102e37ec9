import { STATUS_CODES } from "node:http";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { StatusFault } from "./fault-rule.js";
import type { FaultDecision } from "./faults.js";
import { type RenderedReply, renderReply, truncated } from "./reply.js";
import type { Answer } from "./wire.js";

/** What a fault may call upon. */
export interface FaultContext {
  /** The answer as it would be without the fault. */
  serve(): Promise<RenderedReply>;
  /** An error in the form of the product that is asked. */
  refuse(status: number, message: string): RenderedReply;
  signal: AbortSignal;
}

const LOGIN_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form method="post" action="/login">' +
  '<input name="username"><input name="password" type="password"></form></body></html>\n';

/** Carries out what the fault plan decided. */
export async function faultReply(decision: FaultDecision, context: FaultContext): Promise<Answer> {
  const { latency, outcome } = decision;
  if (latency > 0) await sleep(latency, undefined, { signal: context.signal });
  if (outcome === undefined) return { kind: "reply", reply: await context.serve() };
  if ("html" in outcome) {
    const headers = { "content-type": "text/html; charset=utf-8" };
    return { kind: "reply", reply: renderReply({ status: outcome.status ?? 200, headers, body: LOGIN_PAGE }) };
  }
  if ("status" in outcome) return { kind: "reply", reply: statusReply(outcome, context) };
  if ("cut" in outcome) return { kind: "reply", reply: await context.serve(), cutAfter: outcome.cut };
  if ("truncate" in outcome) return { kind: "reply", reply: await truncated(await context.serve(), outcome.truncate) };
  if (outcome.carriedOut) discard(await context.serve());
  if ("hang" in outcome) await aborted(context.signal);
  return { kind: "none" };
}

function statusReply(fault: StatusFault, context: FaultContext): RenderedReply {
  const headers = { ...fault.headers };
  if (fault.retryAfter !== undefined) headers["retry-after"] = retryAfter(fault.retryAfter);
  if (fault.body !== undefined) return renderReply({ status: fault.status, headers, body: fault.body });
  const own = context.refuse(fault.status, STATUS_CODES[fault.status] ?? `Status ${fault.status}`);
  // The product would tell when to come back; a fault does so only when it is asked to.
  delete own.headers["retry-after"];
  for (const [name, value] of Object.entries(headers)) own.headers[name.toLowerCase()] = value;
  return own;
}

/** Text that is no date goes out as it is: clients have to cope with that, too. */
function retryAfter(value: number | string): string {
  if (typeof value === "number") return String(value);
  const date = new Date(value);
  return Number.isNaN(date.getTime()) || /^\d+$/.test(value) ? value : date.toUTCString();
}

function discard(reply: RenderedReply): void {
  if (reply.body instanceof Readable) reply.body.destroy();
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
