import type { BinaryRecord } from "../../domain/index.js";
import type { Store } from "../../store/store.js";

/** What is known of the file of a program. */
export interface FileFacts {
  md5: string;
  sha256: string;
  reputation: string;
  publisher?: string;
  issuer?: string;
}

/** Scores of feeds from which on a file is held for bad, or for suspect. */
const BAD = 70;
const SUSPECT = 40;

/** What the organisation's binaries tell of a hash. */
export function fileFacts(store: Store, md5: string, sha256: string | null): FileFacts {
  const row = store.database.first<{ record: string }>("SELECT record FROM binary WHERE md5 = ?", [md5]);
  const record = row === undefined ? undefined : (JSON.parse(row.record) as BinaryRecord);
  const banned = store.collection("ban").get(md5)?.enabled === true;
  return {
    md5,
    sha256: sha256 ?? record?.sha256 ?? "",
    reputation: banned ? "COMPANY_BLACK_LIST" : reputationOf(record),
    ...(record?.digsig_publisher === undefined ? {} : { publisher: record.digsig_publisher }),
    ...(record?.digsig_issuer === undefined ? {} : { issuer: record.digsig_issuer }),
  };
}

function reputationOf(record: BinaryRecord | undefined): string {
  if (record === undefined) return "NOT_LISTED";
  const scores = Object.entries(record.alliance ?? {}).flatMap(([name, value]) =>
    name.startsWith("alliance_score_") && typeof value === "number" ? [value] : [],
  );
  const worst = Math.max(0, ...scores);
  if (worst >= BAD) return "KNOWN_MALWARE";
  if (worst >= SUSPECT) return "SUSPECT_MALWARE";
  if (record.digsig_result !== "Signed") return "NOT_LISTED";
  return /microsoft|apple|red hat|canonical/i.test(record.digsig_publisher ?? "")
    ? "TRUSTED_WHITE_LIST"
    : "COMMON_WHITE_LIST";
}
