import type { BinaryRecord } from "../domain/index.js";
import type { Store } from "./store.js";

/** A binary with where it was seen. */
export interface BinaryRow {
  doc: number;
  md5: string;
  record: BinaryRecord;
  /** On which sensors it was run or loaded, by id. */
  hosts: { id: number; computer_name: string; group_name: string | null }[];
}

interface Stored {
  doc: number;
  md5: string;
  md5_value: number;
  record: string;
}

/** A binary by its hash, in any case. */
export function findBinary(store: Store, md5: string): BinaryRow | undefined {
  const row = store.database.first<Stored>("SELECT doc, md5, md5_value, record FROM binary WHERE md5 = ?", [
    md5.toLowerCase(),
  ]);
  return row === undefined ? undefined : completed(store, row);
}

/** The rows of these documents, in their order. */
export function binaryRowsByDocument(store: Store, docs: readonly number[]): BinaryRow[] {
  const rows = store.database.all<Stored>(
    `SELECT b.doc, b.md5, b.md5_value, b.record FROM json_each(?) j CROSS JOIN binary b ON b.doc = j.value ORDER BY j.key`,
    [JSON.stringify(docs)],
  );
  return rows.map((row) => completed(store, row));
}

function completed(store: Store, { doc, md5, md5_value, record }: Stored): BinaryRow {
  const hosts = store.database.all<BinaryRow["hosts"][number]>(
    `SELECT h.id, h.computer_name, g.name AS group_name FROM binary_host x JOIN sensor h ON h.id = x.sensor_id
     LEFT JOIN sensor_group g ON g.id = h.group_id WHERE x.md5_value = ? ORDER BY h.id`,
    [md5_value],
  );
  return { doc, md5, record: JSON.parse(record) as BinaryRecord, hosts };
}

/** Of each of these files that is known, how it is signed; by hash in capitals. */
export function signatureSummaries(store: Store, md5s: Iterable<string>): Record<string, Record<string, string>> {
  const rows = store.database.all<{ md5: string; result: string; publisher: string | null }>(
    `SELECT md5, json_extract(record, '$.digsig_result') AS result, json_extract(record, '$.digsig_publisher') AS publisher
     FROM binary WHERE md5 IN (SELECT value FROM json_each(?)) ORDER BY md5`,
    [JSON.stringify([...md5s])],
  );
  return Object.fromEntries(
    rows.map(({ md5, result, publisher }) => {
      const key = md5.toUpperCase();
      return [key, { md5: key, digsig_result: result, ...(publisher === null ? {} : { digsig_publisher: publisher }) }];
    }),
  );
}
