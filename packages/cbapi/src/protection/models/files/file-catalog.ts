import { CALL, checkCall } from "../../../core/call-options.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { DryRun, WritePlan } from "../../../core/model/write-plan.js";
import type { Results } from "../../../core/query/query.js";
import type { TermValue } from "../../../core/query/terms.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import type { FileInstanceQuery } from "../../queries/file-instance-query.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import type { FilterTerms } from "../../query-language/filter-fields.js";
import { Certificate } from "../approvals/certificate.js";
import { Publisher } from "../approvals/publisher.js";
import { Computer } from "../computers/computer.js";
import { foreign } from "../foreign.js";
import { fetchByIds } from "../many.js";
import { FileState, Sha256HashType, SignerState, Threat } from "../names.js";
import { FileInstance } from "./file-instance.js";
import { FileRule } from "./file-rule.js";
import type { FileUpload } from "./file-upload.js";
import { firstHash } from "./first-hash.js";
import { checkedHash, hashFieldOf } from "./hashes.js";
import type { ClearedRules, ClearRulesOptions, FileRuleOutcome, RuleCallOptions } from "./rule-changes.js";
import type { FileApproveOptions, FileBanOptions } from "./rule-wish.js";
import { requestUpload, type UploadOptions } from "./upload-request.js";
import { type WhereIsOptions, whereIsFile } from "./where-is.js";
import type { FileWhereabouts } from "./whereabouts.js";

/** What a search for files takes: their fields, and the name of who signed them as the certificate has it. */
export type FileCatalogTerms = FilterTerms<FileCatalog> & { readonly publisher?: TermValue };

/**
 * A file by its content: what is known of it wherever it is. One for each hash; where it is, {@link FileInstance} tells.
 *
 * Reading it needs the permission "View files". It cannot be changed itself: a {@link FileRule} gives it another state.
 *
 * The name of its publisher as the certificate has it is `get("publisher")`, as {@link FileCatalog.publisher} is the
 * object; searches have it by that name, as a field like others: `where({ publisher: wildcard("Contoso*") })`.
 */
export class FileCatalog extends defineModel(
  { name: "FileCatalog", path: pathOf("fileCatalog"), key: "id" },
  {
    id: t.integer(),
    /** When it was first seen. The server gives it in the local time of its database. */
    dateCreated: t.dateTime(),
    /** From 8.0 on. */
    dateModified: t.dateTime(),
    /** From 8.0 on. */
    description: t.string(),
    /** Where it was first seen: the folder. */
    pathName: t.string(),
    /** What it was called where it was first seen. */
    fileName: t.string(),
    fileExtension: t.string(),
    /** Where it was first seen, see {@link FileCatalog.computer}. */
    computerId: t.integer(),
    md5: t.string(),
    sha1: t.string(),
    sha256: t.string(),
    sha256HashType: t.code(Sha256HashType),
    /** `Application`, for one. */
    fileType: t.string(),
    /** In bytes. */
    fileSize: t.integer(),
    productName: t.string(),
    productVersion: t.string(),
    company: t.string(),
    installedProgramName: t.string(),
    /** The subject of the certificate that it was signed with; else the company. */
    publisherOrCompany: t.string(),
    reputationAvailable: t.boolean(),
    reputationEnabled: t.boolean(),
    approvedByReputation: t.boolean(),
    /** From 0 to 10; -1 when it is not known. */
    trust: t.integer(),
    trustMessages: t.string(),
    /** Servers have been seen to say -2 as well. */
    threat: t.code(Threat),
    category: t.string(),
    /** What the rules for its hash say, see {@link FileState}. */
    fileState: t.code(FileState),
    publisherState: t.code(SignerState),
    certificateState: t.code(SignerState),
    /** What all rules together say: `Unapproved`, `Approved`, `Banned`, `Approved by Policy`, `Banned by Policy`, `Mixed`. */
    effectiveState: t.string(),
    /** On how many endpoints it is. */
    prevalence: t.integer(),
    /** What is known of it, see {@link FileFlag}. */
    fileFlags: t.integer(),
    /** 0 when it is not signed, see {@link FileCatalog.publisher}. */
    publisherId: t.integer(),
    /** 0 when it is not signed, see {@link FileCatalog.certificate}. */
    certificateId: t.integer(),
    /** From 8.0 on. */
    clVersion: t.integer(),
    /** From 8.0 on. */
    initialized: t.boolean(),
    /** From 8.0 on. */
    acknowledged: t.boolean(),
    /** From 8.0 on. */
    nodeType: t.integer(),
    /** From 8.0 on. */
    stateSource: t.string(),
    /** From 8.0 on. */
    globalStateDetails: t.string(),
    /** From 8.0 on. */
    dirtyPrevalence: t.string(),
    /** From 8.0 on. */
    transactionId: t.string(),
    /** From 8.0 on. */
    verdict: t.string(),
    /** From 8.0 on. */
    unifiedSource: t.string(),
    /** The computer that it was first seen on: `GET /computer/{id}`. */
    get computer() {
      return foreign(Computer, "computerId");
    },
    /** Who signed it: `GET /publisher/{id}`; `undefined` when nobody did. */
    get publisher() {
      return foreign(Publisher, "publisherId");
    },
    /** What it was signed with: `GET /certificate/{id}`; `undefined` when it is not signed. */
    get certificate() {
      return foreign(Certificate, "certificateId");
    },
  },
) {
  /** @internal A search for files, which has not been sent: `GET /fileCatalog`. */
  static query(client: ModelHost): ProtectionQuery<FileCatalog, FileCatalogTerms> {
    return ProtectionQuery.withHidden(client, FileCatalog, { publisher: t.string() });
  }

  /** @internal `GET /fileCatalog?q=id:3|5|8` */
  static fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    return fetchByIds(client, FileCatalog, keys, options);
  }

  /**
   * What the catalogue has of a file with this hash, its MD5, SHA-1 or SHA-256: `GET /fileCatalog?q=md5:...`. None for a file
   * that no computer has ever reported; more than one where files share a hash, as installers may their fuzzy SHA-256.
   * @throws InvalidHashError when the text is no such hash; nothing is sent then
   */
  static async find(client: ModelHost, hash: string, options: CallOptions = {}): Promise<Results<FileCatalog>> {
    const text = checkedHash(hash, "FileCatalog.find");
    return FileCatalog.query(client)
      .where(`${hashFieldOf(text)}:${text}`)
      .all(options);
  }

  /** Its MD5; where it has none, its SHA-1, else its SHA-256. */
  get fileHash(): string | undefined {
    return firstHash(this);
  }

  /**
   * Bans it, everywhere or in some policies: see {@link FileRule.ban}. What it reads here stays as it is; `refresh()` reads
   * what the rule has made of it.
   */
  async ban<D extends boolean | undefined = false>(
    options?: FileBanOptions & RuleCallOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, FileRuleOutcome>> {
    return FileRule.ban(FileCatalog.stateOf(this).client, this, options);
  }

  /** Approves it, everywhere or in some policies: see {@link FileRule.approve}. */
  async approve<D extends boolean | undefined = false>(
    options?: FileApproveOptions & RuleCallOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, FileRuleOutcome>> {
    return FileRule.approve(FileCatalog.stateOf(this).client, this, options);
  }

  /** Removes its rules, all of them or those for exactly some policies: see {@link FileRule.clear}. */
  async clearRules<D extends boolean | undefined = false>(
    options?: ClearRulesOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, ClearedRules>> {
    return FileRule.clear(FileCatalog.stateOf(this).client, this, options);
  }

  /**
   * Fetches it from a computer that the server chooses, and waits until it is there: see {@link FileUpload.request}. The upload
   * that is given has the file: `await (await file.upload()).file.save("suspicious.bin")`.
   */
  async upload<D extends boolean | undefined = false>(
    options?: UploadOptions & { readonly priority?: number | undefined; readonly dryRun?: D },
  ): Promise<DryRun<D, FileUpload>>;
  async upload({
    priority,
    ...options
  }: UploadOptions & { readonly priority?: number | undefined } = {}): Promise<FileUpload | WritePlan | undefined> {
    return requestUpload(FileCatalog.stateOf(this).client, { fileCatalogId: this.id, priority }, options);
  }

  /** Where it is, as a query that has not been sent. */
  get fileInstances(): FileInstanceQuery {
    return FileInstance.query(FileCatalog.stateOf(this).client).where(`fileCatalogId:${this.id}`);
  }

  /** Where it is, on all computers, with the computers: see {@link FileInstance.whereIs}. */
  async whereIs(options: WhereIsOptions = {}): Promise<FileWhereabouts> {
    checkCall("whereIs()", options, ["former", ...CALL]);
    await this.load({ signal: options.signal, timeout: options.timeout });
    return whereIsFile(this, options);
  }

  /** The rules for it that name it by its id in the catalog, as a query that has not been sent. */
  get fileRules(): ProtectionQuery<FileRule> {
    return FileRule.query(FileCatalog.stateOf(this).client).where(`fileCatalogId:${this.id}`);
  }
}
