import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { Certificate } from "../approvals/certificate.js";
import { Publisher } from "../approvals/publisher.js";
import { Computer } from "../computers/computer.js";
import { foreign } from "../foreign.js";
import { fetchByIds } from "../many.js";
import { FileState, Sha256HashType, SignerState, Threat } from "../names.js";
import { FileInstance } from "./file-instance.js";
import { FileRule } from "./file-rule.js";
import { firstHash } from "./first-hash.js";

/**
 * A file by its content: what is known of it wherever it is. One for each hash; where it is, {@link FileInstance} tells.
 *
 * Reading it needs the permission "View files". It cannot be changed itself: a {@link FileRule} gives it another state.
 *
 * The name of its publisher as the certificate has it is `get("publisher")`, as {@link FileCatalog.publisher} is the
 * object; `publisherOrCompany` is a field like others.
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
  static query(client: ModelHost): ProtectionQuery<FileCatalog> {
    return ProtectionQuery.of(client, FileCatalog);
  }

  /** @internal `GET /fileCatalog?q=id:3|5|8` */
  static fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    return fetchByIds(client, FileCatalog, keys, options);
  }

  /** Its MD5; where it has none, its SHA-1, else its SHA-256. */
  get fileHash(): string | undefined {
    return firstHash(this);
  }

  /** Where it is, as a query that has not been sent. */
  get fileInstances(): ProtectionQuery<FileInstance> {
    return FileInstance.query(FileCatalog.stateOf(this).client).where(`fileCatalogId:${this.id}`);
  }

  /** The rules for it that name it by its id in the catalog, as a query that has not been sent. */
  get fileRules(): ProtectionQuery<FileRule> {
    return FileRule.query(FileCatalog.stateOf(this).client).where(`fileCatalogId:${this.id}`);
  }
}
