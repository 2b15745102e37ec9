import { hash32 } from "../../organisation/random.js";
import { HttpProblem, type Route } from "../../server/product.js";
import type { ProtectionContext } from "../context.js";
import { eventOf } from "../data/activity.js";
import { FILE_CATALOG, FILE_RULE, type FileCatalogRecord, type FileRuleRecord, recordsOf } from "../objects/index.js";
import { Judge } from "../simulation/judge.js";
import { kindRoutes } from "./kind-routes.js";
import { forSamePolicies, readPolicyIds } from "./policy-ids.js";

type Wanted = Partial<Omit<FileRuleRecord, "id">>;

/** By which hash a file is meant, by the number of digits. */
const HASHES: Readonly<Record<number, "md5" | "sha1" | "sha256">> = { 32: "md5", 40: "sha1", 64: "sha256" };
const EXTERNAL = 5;

const NEW_RULE: Omit<FileRuleRecord, "id"> = {
  ...{
    fileCatalogId: 0,
    name: "",
    description: "",
    fileState: 1,
    sourceType: EXTERNAL,
    sourceId: 0,
    reportOnly: false,
  },
  ...{ reputationApprovalsEnabled: false, forceInstaller: false, forceNotInstaller: false, hash: "", fileName: "" },
  ...{ lazyApproval: false, platformFlags: 0, clVersion: 0, unifiedFlag: 0, unifiedSource: null, policyFlags: null },
  ...{ version: 0, visible: true, origIdUnique: null },
};

/** Approvals and bans of files. */
export function fileRuleRoutes(context: ProtectionContext): Route[] {
  const { store, tasks, traits, seed } = context;
  const rules = recordsOf(store, FILE_RULE);
  const judge = new Judge(store, tasks, traits.has8);
  const catalogued = (hash: string): FileCatalogRecord | undefined => {
    const field = HASHES[hash.length];
    return field === undefined ? undefined : recordsOf(store, FILE_CATALOG).find(field, hash);
  };

  /** What a rule is about, out of what was written. */
  function subject(wanted: Wanted): Pick<FileRuleRecord, "fileCatalogId" | "hash" | "fileName"> {
    const hash = (wanted.hash ?? "").trim().toLowerCase();
    const fileName = (wanted.fileName ?? "").trim();
    const id = wanted.fileCatalogId ?? 0;
    if (id !== 0) return { fileCatalogId: id, hash: "", fileName: "" };
    if (hash !== "") {
      if (HASHES[hash.length] === undefined || !/^[0-9a-f]+$/.test(hash)) {
        throw new HttpProblem(400, "hash is an MD5, SHA-1 or SHA-256 in hexadecimal digits");
      }
      const file = catalogued(hash);
      return { fileCatalogId: file?.id ?? 0, hash: hash.length === 64 && file !== undefined ? "" : hash, fileName: "" };
    }
    if (fileName === "") throw new HttpProblem(400, "Missing fields: hash, fileCatalogId or fileName");
    return { fileCatalogId: 0, hash: "", fileName };
  }

  /** The other rule for the same file and policies. */
  function same(rule: Wanted, id?: number): FileRuleRecord | undefined {
    const { fileCatalogId, hash, fileName } = rule;
    return rules.all().find((other) => {
      if (other.id === id || !forSamePolicies(other, rule)) return false;
      if ((fileCatalogId ?? 0) !== 0) return other.fileCatalogId === fileCatalogId;
      if ((hash ?? "") !== "") return other.hash === hash;
      return fileName !== "" && (other.fileName ?? "").toLowerCase() === (fileName ?? "").toLowerCase();
    });
  }

  function checked<R extends Wanted>(rule: R): R & { fileRuleType: string } {
    if (rule.reportOnly === true && rule.fileState !== 1) {
      throw new HttpProblem(400, "reportOnly needs fileState 1");
    }
    if (rule.forceInstaller === true && rule.forceNotInstaller === true) {
      throw new HttpProblem(400, "forceInstaller and forceNotInstaller cannot both be true");
    }
    if (rule.lazyApproval === true && rule.fileState !== 2) {
      throw new HttpProblem(400, "lazyApproval is for approvals: fileState 2");
    }
    return { ...rule, fileRuleType: ["", "Unapproved", "Approval", "Ban"][rule.fileState ?? 0] ?? "" };
  }

  return kindRoutes(context, {
    kind: FILE_RULE,
    write: ["Manage files"],
    find: (changes) => {
      const policyIds = readPolicyIds(context, changes.policyIds);
      return same({ ...subject(changes), policyIds });
    },
    create: (changes) => {
      const policyIds = readPolicyIds(context, changes.policyIds);
      const idUnique = uniqueId(`${seed}/rule/${rules.nextKey()}`);
      return checked({ ...NEW_RULE, ...changes, ...subject(changes), policyIds, idUnique });
    },
    change: (before, changes) => {
      const { hash, fileCatalogId, fileName, ...rest } = changes;
      const after: FileRuleRecord = { ...before, ...rest };
      if (rest.policyIds !== undefined) after.policyIds = readPolicyIds(context, rest.policyIds);
      // Who sends a whole rule back means the file that it is about already.
      const moved =
        ((fileCatalogId ?? 0) !== 0 && fileCatalogId !== before.fileCatalogId) ||
        ((hash ?? "") !== "" &&
          catalogued((hash ?? "").toLowerCase())?.id !== before.fileCatalogId &&
          hash !== before.hash) ||
        ((fileName ?? "") !== "" && fileName !== before.fileName);
      if (moved) Object.assign(after, subject({ ...changes, ...((hash ?? "") === "" ? {} : { fileCatalogId: 0 }) }));
      const other = same(after, after.id);
      if (other !== undefined) {
        throw new HttpProblem(400, `Rule ${other.id} is for the same file and the same policies`);
      }
      return checked({ ...after, version: (before.version ?? 0) + 1, clVersion: (before.clVersion ?? 0) + 1 });
    },
    remove: () => undefined,
    written(after, before, write) {
      judge.again([after, before].flatMap((rule) => rule?.fileCatalogId ?? []).filter((id) => id !== 0));
      if (after?.lazyApproval === true) tasks.atCheckin(0, "protection_fileRule", after.id, { lazyApproval: false });
      const about = recordsOf(store, FILE_CATALOG).get(after?.fileCatalogId ?? before?.fileCatalogId ?? 0);
      const events = store.collection("protection_event");
      const id = events.nextKey();
      const more = { userName: write.username, ruleName: after?.name ?? before?.name ?? "" };
      events.put(id, {
        id,
        ...eventOf("ruleChange", write.now, { ...(about === undefined ? {} : { file: about }), more }),
      });
    },
  });
}

/** In the form of a GUID; the same for the same text. */
function uniqueId(text: string): string {
  const digits = [0, 1, 2, 3].map((n) => hash32(`${text}/${n}`).toString(16).padStart(8, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
