import type { BinaryRecord, SignatureResult } from "../../domain/index.js";
import type { BinaryRow } from "../../store/binaries.js";
import type { TagRow } from "../../store/detection/tags.js";
import type { VersionTraits } from "../version.js";
import { tagFields, watchlistEntries } from "./tags.js";
import { eventTime, isoTime } from "./time.js";

/** What Windows answers when it checks a signature, as the decimal text that servers keep. */
const RESULT_CODES: Record<SignatureResult, number> = {
  Signed: 0,
  Unsigned: 0x800b0100,
  Expired: 0x800b0101,
  "Bad Signature": 0x80096010,
  "Invalid Signature": 0x80096004,
  "Invalid Chain": 0x800b010a,
  "Untrusted Root": 0x800b0109,
  "Explicit Distrust": 0x800b0111,
  "(Unknown)": 0x800b0003,
};

/** Texts that stand in a document when the file has them. */
const TEXTS = [
  ...["digsig_publisher", "digsig_issuer", "digsig_subject", "digsig_prog_name", "file_desc", "file_version"],
  ...["product_name", "product_version", "company_name", "internal_name", "original_filename", "legal_copyright"],
  ...["legal_trademark", "product_desc", "comments", "private_build", "special_build"],
] as const satisfies readonly (keyof BinaryRecord)[];

/** A binary as search rows and summaries show it. */
export function binaryDocument(
  traits: VersionTraits,
  { doc, md5, record, hosts }: BinaryRow,
  tags: readonly TagRow[],
): Record<string, unknown> {
  const document: Record<string, unknown> = {
    md5: md5.toUpperCase(),
    observed_filename: record.observed_filename,
    orig_mod_len: record.orig_mod_len,
    copied_mod_len: record.copied_mod_len,
    is_executable_image: record.is_executable_image,
    is_64bit: record.is_64bit,
    os_type: record.os_type,
    server_added_timestamp: isoTime(record.server_added_timestamp),
    timestamp: isoTime(record.server_added_timestamp),
    last_seen: isoTime(record.last_seen),
    host_count: hosts.length,
    endpoint: hosts.map((host) => `${host.computer_name}|${host.id}`),
    group: [...new Set(hosts.flatMap((host) => host.group_name ?? []))],
    signed: record.digsig_result,
    digsig_result: record.digsig_result,
    digsig_result_code: String(RESULT_CODES[record.digsig_result]),
    cb_version: Number(traits.version.split(".").slice(0, 3).join("")),
    facet_id: doc,
    ...tagFields(tags),
    ...watchlistEntries(tags),
  };
  if (record.digsig_sign_time !== undefined) document["digsig_sign_time"] = signTime(record.digsig_sign_time);
  for (const name of TEXTS) {
    if (record[name] !== undefined) document[name] = record[name];
  }
  if (traits.sha256) document["sha256"] = record.sha256;
  return document;
}

/** Signatures are dated to the second. */
function signTime(time: number): string {
  return `${isoTime(time).slice(0, 19)}Z`;
}

/** The text file beside the bytes in a download. */
export function binaryMetadata(record: BinaryRecord): string {
  const [date = "", time = ""] = eventTime(record.server_added_timestamp).slice(0, 19).split(" ");
  const [year, month, day] = date.split("-");
  return `Timestamp : ${month}/${day}/${year} ${time}\r\nOrigFilename : ${record.observed_filename[0] ?? ""}\r\n`;
}
