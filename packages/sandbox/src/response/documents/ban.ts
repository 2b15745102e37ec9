import type { BanAuditRecord, BanRecord } from "../../domain/index.js";
import { serverTime } from "./time.js";

/** A banned hash, with who changed it last and everybody before. */
export function banDocument(record: BanRecord): Record<string, unknown> {
  const { md5, audit, last_block_time } = record;
  const entries = audit.map(auditEntry);
  return {
    md5hash: md5,
    ...entries[0],
    text: record.text,
    enabled: record.enabled,
    block_count: record.block_count,
    last_block_time: last_block_time === null ? null : serverTime(last_block_time),
    last_block_sensor_id: record.last_block_sensor_id,
    last_block_hostname: record.last_block_hostname,
    audit: entries,
  };
}

const auditEntry = ({ timestamp, ...entry }: BanAuditRecord): Record<string, unknown> => ({
  ...entry,
  timestamp: serverTime(timestamp),
});
