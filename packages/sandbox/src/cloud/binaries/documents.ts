import type { BinaryRecord } from "../../domain/index.js";
import { findBinary } from "../../store/binaries.js";
import type { CloudContext } from "../context.js";

const SYSTEMS: Readonly<Record<BinaryRecord["os_type"], string>> = { Windows: "WINDOWS", OSX: "MAC", Linux: "LINUX" };
/** English of the United States, in Unicode: what version resources here are written in. */
const LANGUAGE = { lang_id: 1033, charset_id: 1200 } as const;

const isoTime = (time: number): string => new Date(time).toISOString();

/** What is known of a file. */
export function metadataDocument(record: BinaryRecord): Record<string, unknown> {
  const hasResource = record.os_type === "Windows" && record.file_version !== undefined;
  return {
    ...{ sha256: record.sha256.toLowerCase(), md5: record.md5.toLowerCase() },
    architecture: [record.is_64bit ? "amd64" : "x86"],
    ...{ available_file_size: record.copied_mod_len, file_available: record.copied_mod_len > 0 },
    ...{ file_size: record.orig_mod_len, os_type: SYSTEMS[record.os_type] },
    ...(hasResource ? LANGUAGE : { lang_id: null, charset_id: null }),
    internal_name: record.internal_name ?? null,
    product_name: record.product_name ?? null,
    company_name: record.company_name ?? null,
    copyright: record.legal_copyright ?? null,
    trademark: record.legal_trademark ?? null,
    file_description: record.file_desc ?? null,
    file_version: record.file_version ?? null,
    comments: record.comments ?? null,
    original_filename: record.original_filename ?? null,
    product_description: record.product_desc ?? null,
    product_version: record.product_version ?? null,
    private_build: record.private_build ?? null,
    special_build: record.special_build ?? null,
  };
}

interface Sighting {
  sensor_id: number;
  start: number;
}

/** On which devices a file was seen, and where first and last. */
export function deviceSummary({ store }: CloudContext, record: BinaryRecord): Record<string, unknown> {
  const hosts = findBinary(store, record.md5)?.hosts ?? [];
  const run = (order: "ASC" | "DESC"): Sighting | undefined =>
    store.database.first<Sighting>(
      `SELECT p.sensor_id, p.start FROM process p WHERE p.md5_value = (SELECT md5_value FROM binary WHERE md5 = ?)
         AND p.sensor_id IN (SELECT id FROM sensor) ORDER BY p.start ${order}, p.sensor_id LIMIT 1`,
      [record.md5],
    );
  // A library is loaded, and not run: there, the server's own times are all that is known.
  const [host] = hosts;
  const loaded = (start: number): Sighting | undefined => host && { sensor_id: host.id, start };
  const first = run("ASC") ?? loaded(record.server_added_timestamp);
  const last = run("DESC") ?? loaded(record.last_seen);
  const name = (id: number | undefined): string | null => hosts.find((each) => each.id === id)?.computer_name ?? null;
  return {
    ...{ sha256: record.sha256.toLowerCase(), num_devices: hosts.length },
    first_seen_device_timestamp: first === undefined ? null : isoTime(first.start),
    ...{ first_seen_device_id: first?.sensor_id ?? null, first_seen_device_name: name(first?.sensor_id) },
    last_seen_device_timestamp: last === undefined ? null : isoTime(last.start),
    ...{ last_seen_device_id: last?.sensor_id ?? null, last_seen_device_name: name(last?.sensor_id) },
  };
}

/** By what it is signed, as it was found on the devices. */
export function signatureSummary({ store }: CloudContext, record: BinaryRecord): Record<string, unknown> {
  const count = findBinary(store, record.md5)?.hosts.length ?? 0;
  const signature = {
    ...{ count, state: record.digsig_result, publisher_name: record.digsig_publisher ?? null },
    ...{ issuer_name: record.digsig_issuer ?? null, first_seen_timestamp: isoTime(record.server_added_timestamp) },
  };
  return { sha256: record.sha256.toLowerCase(), total_signature_count: 1, signatures: [signature] };
}

/** Under which names it was found. */
export function pathSummary(_context: CloudContext, record: BinaryRecord): Record<string, unknown> {
  const file_paths = [...new Set(record.observed_filename)].map((file_path) => ({
    ...{ file_path, count: 1, first_seen_timestamp: isoTime(record.server_added_timestamp) },
  }));
  return { sha256: record.sha256.toLowerCase(), total_file_path_count: file_paths.length, file_paths };
}
