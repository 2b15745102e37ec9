import type { FileCatalogRecord, FileRuleRecord } from "../objects/index.js";
import type { ObjectWriter } from "./writer.js";

/** A ban everywhere and an approval in one policy, of files that nobody has signed, if there are any. */
export function firstRules(
  writer: ObjectWriter,
  files: readonly FileCatalogRecord[],
  start: number,
  everywhere: string,
): FileRuleRecord[] {
  const doubtful = files.filter(({ trust }) => (trust ?? 0) < 7);
  const signedBy = ({ publisherId }: FileCatalogRecord): number => Math.sign(publisherId ?? 0);
  const [banned, approved] = doubtful.sort((a, b) => signedBy(a) - signedBy(b));
  const made = {
    dateCreated: start - 86_400_000,
    dateModified: start - 86_400_000,
    createdBy: "admin",
    modifiedBy: "admin",
  };
  const rule = (file: FileCatalogRecord | undefined, fileState: number, policyIds: string): FileRuleRecord[] =>
    file === undefined
      ? []
      : [
          writer.add("protection_fileRule", {
            ...{
              fileCatalogId: file.id,
              name: file.fileName ?? "",
              description: "",
              fileState,
              sourceType: 1,
              sourceId: 0,
            },
            ...{
              reportOnly: false,
              reputationApprovalsEnabled: false,
              forceInstaller: false,
              forceNotInstaller: false,
            },
            ...{ policyIds, hash: "", fileName: "", lazyApproval: false, platformFlags: 0, ...made },
            ...{ createdByUserId: 1, modifiedByUserId: 1, clVersion: 500, version: 1, visible: true, unifiedFlag: 0 },
            fileRuleType: fileState === 3 ? "Ban" : "Approval",
          }),
        ];
  return [...rule(banned, 3, everywhere), ...rule(approved, 2, "3")];
}
