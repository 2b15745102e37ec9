import { addTo } from "../../../core/groups.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { byHash, catalogued, findAmong, hashesOf } from "./catalog-search.js";
import type { FileCatalog } from "./file-catalog.js";
import { FileRule } from "./file-rule.js";

/** A file, and the rules that there are for it. */
export interface RuledFile {
  /** How a new rule names it. */
  readonly subject: { readonly hash: string } | { readonly fileCatalogId: number };
  /** What the catalogue has of it; none where no computer has ever reported it. */
  readonly files: readonly FileCatalog[];
  /** Its rules, whichever way they name it, the oldest first. */
  readonly rules: readonly FileRule[];
}

/** The rules of files. */
export interface RuledFiles<K> {
  readonly files: ReadonlyMap<K, RuledFile>;
  /** Why rules may be missing. */
  readonly reasons: readonly string[];
}

/**
 * The rules for files of these hashes, which are in lower case. A rule names its file by its id in the catalogue or by one of
 * its hashes, so that the catalogue is asked first, and then for rules by either.
 */
export async function rulesByHash(
  client: ModelHost,
  hashes: readonly string[],
  options: CallOptions,
): Promise<RuledFiles<string>> {
  const entries = await catalogued(client, hashes, options);
  const known = byHash(entries.rows);
  const subjects = hashes.map((hash) => [hash, { subject: { hash }, files: known.get(hash) ?? [] }] as const);
  const { files, reasons } = await withRules(client, new Map(subjects), options);
  return { files, reasons: [...new Set([...entries.reasons, ...reasons])] };
}

/** The rules for one file of the catalogue. */
export async function rulesOfFile(client: ModelHost, file: FileCatalog, options: CallOptions): Promise<RuledFile> {
  const subject = { subject: { fileCatalogId: file.id }, files: [file] };
  const { files } = await withRules(client, new Map([[file.id, subject]]), options);
  return files.get(file.id) as RuledFile;
}

/** The rules for files of the catalogue, by their ids. */
export async function rulesOfFiles(
  client: ModelHost,
  files: readonly FileCatalog[],
  options: CallOptions,
): Promise<RuledFiles<number>> {
  const subjects = files.map((file) => [file.id, { subject: { fileCatalogId: file.id }, files: [file] }] as const);
  return withRules(client, new Map(subjects), options);
}

async function withRules<K>(
  client: ModelHost,
  subjects: ReadonlyMap<K, Omit<RuledFile, "rules">>,
  options: CallOptions,
): Promise<RuledFiles<K>> {
  const names = new Map([...subjects].map(([key, file]) => [key, namesOf(file)] as const));
  const ids = [...names.values()].flatMap((own) => [...own.ids]);
  const hashes = [...names.values()].flatMap((own) => [...own.hashes]);
  const found = [
    await findAmong(FileRule.query(client), "fileCatalogId", ids, options),
    await findAmong(FileRule.query(client), "hash", hashes, options),
  ];
  const rules = [...new Map(found.flatMap(({ rows }) => rows.map((rule) => [Number(rule.id), rule]))).values()];
  rules.sort((a, b) => Number(a.id) - Number(b.id));
  const byId = groupedBy(rules, ({ fileCatalogId }) => fileCatalogId ?? 0);
  const byText = groupedBy(rules, ({ hash }) => (hash ?? "").toLowerCase());
  const files = new Map<K, RuledFile>();
  for (const [key, file] of subjects) {
    const own = names.get(key);
    const its = [...(own?.ids ?? [])].flatMap((id) => byId.get(id) ?? []);
    its.push(...[...(own?.hashes ?? [])].flatMap((hash) => byText.get(hash) ?? []));
    files.set(key, { ...file, rules: [...new Set(its)].sort((a, b) => Number(a.id) - Number(b.id)) });
  }
  return { files, reasons: [...new Set(found.flatMap(({ reasons }) => reasons))] };
}

/** By what rules may name a file. */
function namesOf({ subject, files }: Omit<RuledFile, "rules">): { ids: Set<number>; hashes: Set<string> } {
  const hashes = new Set(files.flatMap(hashesOf));
  if ("hash" in subject) hashes.add(subject.hash);
  return { ids: new Set(files.map(({ id }) => id)), hashes };
}

function groupedBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) addTo(groups, keyOf(item), item);
  return groups;
}
