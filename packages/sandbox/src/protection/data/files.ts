import { createHash } from "node:crypto";
import type { BinaryRecord } from "../../domain/index.js";
import { hash32 } from "../../organisation/random.js";
import type { FileCatalogRecord, FileInstanceRecord } from "../objects/index.js";

/** The file of a binary: its hashes are those that EDR has. */
export function fileOf(
  id: number,
  binary: BinaryRecord,
  computerId: number,
  signed: { publisher: { id: number; name?: string | null }; certificate: { id: number } } | undefined,
): FileCatalogRecord {
  const { path, name } = placeOf(binary.observed_filename[0] ?? binary.original_filename ?? `${binary.md5}.exe`);
  const [, extension = ""] = /\.([^.]+)$/.exec(name) ?? [];
  const draw = hash32(binary.md5);
  const known = signed !== undefined || draw % 3 > 0;
  const trust = !known ? -1 : signed === undefined ? 1 + (draw % 5) : 6 + (draw % 5);
  const publisher = signed?.publisher.name ?? null;
  const score = Math.max(
    0,
    ...Object.values(binary.alliance ?? {}).map((value) => (typeof value === "number" ? value : 0)),
  );
  return {
    ...{ id, dateCreated: binary.server_added_timestamp, dateModified: binary.server_added_timestamp },
    ...{
      description: binary.file_desc ?? null,
      clVersion: 1000 + id,
      initialized: true,
      acknowledged: false,
      nodeType: 0,
    },
    ...{ stateSource: null, globalStateDetails: null, dirtyPrevalence: null, transactionId: null, verdict: null },
    ...{ unifiedSource: null, pathName: path, fileName: name, fileExtension: extension, computerId },
    ...{ md5: binary.md5, sha1: createHash("sha1").update(binary.md5).digest("hex"), sha256: binary.sha256 },
    ...{
      sha256HashType: extension === "msi" ? 6 : 5,
      fileType: binary.is_executable_image ? "Application" : "Library",
    },
    ...{
      fileSize: binary.orig_mod_len,
      productName: binary.product_name ?? "",
      productVersion: binary.product_version ?? "",
    },
    ...{
      company: binary.company_name ?? "",
      installedProgramName: binary.product_name ?? "",
      publisher: publisher ?? "",
    },
    publisherOrCompany: publisher ?? binary.company_name ?? "",
    ...{ reputationAvailable: known, reputationEnabled: true, approvedByReputation: false, trust },
    trustMessages: "",
    ...{ threat: !known ? -1 : score >= 75 ? 100 : score > 0 ? 50 : 0, category: "" },
    ...{ fileState: 1, publisherState: 0, certificateState: 0, effectiveState: "Unapproved" },
    fileFlags: 0x1000 + 0x4000 + (/setup|install/i.test(name) ? 0x10 : 0),
    ...{ publisherId: signed?.publisher.id ?? 0, certificateId: signed?.certificate.id ?? 0 },
  };
}

/** A file at one of the places where it was seen. */
export function instanceOf(
  id: number,
  file: FileCatalogRecord,
  binary: BinaryRecord,
  computerId: number,
  groupId: number,
): FileInstanceRecord {
  const names = binary.observed_filename;
  const { path, name } =
    names.length === 0
      ? { path: file.pathName ?? "", name: file.fileName ?? "" }
      : placeOf(names[computerId % names.length] ?? "");
  return {
    ...{ id, fileCatalogId: file.id, fileInstanceGroupId: groupId, computerId },
    ...{ dateCreated: binary.server_added_timestamp + computerId * 1000, fileName: name, pathName: path },
    ...{ executed: binary.is_executable_image, initialized: true, topLevel: false },
    ...{ localState: 1, detailedLocalState: 14, certificateId: file.certificateId ?? 0 },
    ...{ detachedPublisherId: 0, detachedCertificateId: 0, unifiedSource: null },
  };
}

/** A path with its file apart. */
export function placeOf(file: string): { path: string; name: string } {
  const at = Math.max(file.lastIndexOf("\\"), file.lastIndexOf("/"));
  return { path: file.slice(0, Math.max(at, 0)).toLowerCase(), name: file.slice(at + 1).toLowerCase() };
}

/** Instances by the computer that they are on. */
export function byComputer(instances: readonly FileInstanceRecord[]): Map<number, FileInstanceRecord[]> {
  const groups = new Map<number, FileInstanceRecord[]>();
  for (const instance of instances) {
    const group = groups.get(instance.computerId ?? 0);
    if (group === undefined) groups.set(instance.computerId ?? 0, [instance]);
    else group.push(instance);
  }
  return groups;
}
