import { addTo } from "../../../core/groups.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { Results } from "../../../core/query/query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { conditionBatches } from "../../queries/batches.js";
import { FileCatalog } from "./file-catalog.js";
import { type HashField, hashFieldOf } from "./hashes.js";

/** Rows that several searches have found together. */
export interface Found<M> {
  readonly rows: readonly M[];
  /** Why rows are missing, or may be; empty when these are all. */
  readonly reasons: readonly string[];
}

/** A query as it is needed here: whatever it searches, it can be narrowed. */
export interface Narrowable<M> {
  where(condition: string): { all(options: CallOptions): Promise<Results<M>> };
}

/** All rows of which a field has one of these values, in as few searches as addresses allow. Values need no escapes. */
export async function findAmong<M>(
  query: Narrowable<M>,
  field: string,
  values: Iterable<string | number>,
  options: CallOptions,
): Promise<Found<M>> {
  const rows: M[] = [];
  const reasons = new Set<string>();
  for (const some of conditionBatches(values)) {
    const found = await query.where(`${field}:${some.join("|")}`).all(options);
    for (const row of found) rows.push(row);
    for (const reason of found.report().reasons) reasons.add(reason);
  }
  return { rows, reasons: [...reasons] };
}

/** Hashes by the field of the catalogue that they are looked for in. */
export function byHashField(hashes: Iterable<string>): ReadonlyMap<HashField, readonly string[]> {
  const groups = new Map<HashField, string[]>();
  for (const hash of hashes) addTo(groups, hashFieldOf(hash), hash);
  return groups;
}

/** What the catalogue has of files with these hashes: `GET /fileCatalog?q=sha256:...|...`, each file once. */
export async function catalogued(
  client: ModelHost,
  hashes: Iterable<string>,
  options: CallOptions,
): Promise<Found<FileCatalog>> {
  const files = new Map<number, FileCatalog>();
  const reasons: string[] = [];
  for (const [field, some] of byHashField(hashes)) {
    const found = await findAmong(FileCatalog.query(client), field, some, options);
    for (const file of found.rows) files.set(file.id, file);
    reasons.push(...found.reasons);
  }
  return { rows: [...files.values()], reasons: [...new Set(reasons)] };
}

/** Files by each hash that they have, in lower case. */
export function byHash(files: Iterable<FileCatalog>): ReadonlyMap<string, readonly FileCatalog[]> {
  const groups = new Map<string, FileCatalog[]>();
  for (const file of files) {
    for (const hash of hashesOf(file)) addTo(groups, hash, file);
  }
  return groups;
}

/** All hashes of a file, in lower case. */
export function hashesOf({ md5, sha1, sha256 }: FileCatalog): string[] {
  return [md5, sha1, sha256].flatMap((hash) => (hash === undefined || hash === "" ? [] : [hash.toLowerCase()]));
}
