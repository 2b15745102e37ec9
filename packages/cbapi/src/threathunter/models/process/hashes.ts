import type { Model } from "../../../core/model/model.js";

/** The hash of a process's file that has so many digits: 32 of its MD5, 64 of its SHA-256. */
export function hashOf(process: Model, digits: 32 | 64): string | undefined {
  const hashes = process.get("process_hash");
  const found = (Array.isArray(hashes) ? (hashes as readonly unknown[]) : [hashes]).find(
    (hash) => typeof hash === "string" && hash.length === digits,
  );
  return (found as string | undefined) ?? process.get<string>(digits === 32 ? "process_md5" : "process_sha256");
}
