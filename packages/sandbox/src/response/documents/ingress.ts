import type { IngressFilterRecord } from "../../domain/index.js";
import { hitRate } from "../ingress/filter.js";
import { serverTime } from "./time.js";

/** A filter with what the server keeps of it. */
export function ingressDocument(record: IngressFilterRecord, now: number): Record<string, unknown> {
  const { rate: _, create_timestamp, modify_timestamp, ...fields } = record;
  return {
    ...fields,
    create_timestamp: serverTime(create_timestamp),
    modify_timestamp: serverTime(modify_timestamp),
    hit_rate: hitRate(record, now),
    // Nobody has ever seen another value.
    internal: false,
  };
}
