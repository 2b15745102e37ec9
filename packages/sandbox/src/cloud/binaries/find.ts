import type { BinaryRecord } from "../../domain/index.js";
import { HttpProblem } from "../../server/product.js";
import type { CloudContext } from "../context.js";

/** Whether it is the SHA-256 of something, in any case. */
export const isSha256 = (text: string): boolean => /^[0-9a-f]{64}$/i.test(text);

/** The binaries of these hashes that the organisation knows, by hash in lower case. */
export function findBinaries({ store }: CloudContext, hashes: readonly string[]): Map<string, BinaryRecord> {
  const rows = store.database.all<{ record: string }>(
    "SELECT record FROM binary WHERE lower(json_extract(record, '$.sha256')) IN (SELECT value FROM json_each(?)) ORDER BY doc",
    [JSON.stringify(hashes.map((hash) => hash.toLowerCase()))],
  );
  const records = rows.map(({ record }) => JSON.parse(record) as BinaryRecord);
  return new Map(records.map((record) => [record.sha256.toLowerCase(), record]));
}

/** The binary of a hash; refused when it is none, or unknown. */
export function findBinary(context: CloudContext, hash = ""): BinaryRecord {
  if (!isSha256(hash)) throw new HttpProblem(400, `${hash} is no SHA-256: 64 hexadecimal digits`);
  const found = findBinaries(context, [hash]).get(hash.toLowerCase());
  if (found === undefined) throw new HttpProblem(404, `The file ${hash} is not known`);
  return found;
}
