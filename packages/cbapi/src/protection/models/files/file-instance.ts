import { CALL, checkCall } from "../../../core/call-options.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Entry } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { SaveOptions, WritePlan, WriteRequest } from "../../../core/model/mutable-model.js";
import type { DryRun } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import { FileInstanceQuery } from "../../queries/file-instance-query.js";
import { Certificate } from "../approvals/certificate.js";
import { Computer } from "../computers/computer.js";
import { foreign } from "../foreign.js";
import { DetailedLocalState, LocalState } from "../names.js";
import { Policy } from "../policies/policy.js";
import { verifyReported } from "../reported.js";
import { FileCatalog } from "./file-catalog.js";
import { FileInstanceGroup } from "./file-instance-group.js";
import type { FileUpload } from "./file-upload.js";
import { checkedHash, checkedHashes } from "./hashes.js";
import { requestUpload, type UploadOptions } from "./upload-request.js";
import { type WhereIsOptions, whereAre } from "./where-is.js";
import type { FileWhereabouts } from "./whereabouts.js";

/**
 * A file on one computer.
 *
 * Reading it needs the permission "View files", changing it "Change local state" as well. Saving sends
 * `POST /fileInstance` with the id and the changes. The object reads as before until the agent has reported the change; with
 * `verify`, that is waited for: for two minutes, or `timeout`. `TimeoutError` (`code` is `NOT_SHOWN_YET`) then says that it has
 * not, and nothing is undone.
 * @example
 * const instance = await p.select(FileInstance).where("fileName:setup.exe").first();
 * instance?.set({ localState: LocalState.Approved });
 * await instance?.save();
 */
export class FileInstance extends defineModel(
  {
    name: "FileInstance",
    path: pathOf("fileInstance"),
    key: "id",
    writable: ["localState"],
    update: "key and changes",
    keyOnly: ["approve", "unapprove"],
  },
  {
    id: t.integer(),
    fileCatalogId: t.integer(),
    fileInstanceGroupId: t.integer(),
    computerId: t.integer(),
    /** From 8.0 on. */
    policyId: t.integer(),
    /** When it was made on the endpoint. */
    dateCreated: t.dateTime(),
    fileName: t.string(),
    pathName: t.string(),
    /** Whether it ever ran. */
    executed: t.boolean(),
    /** From 8.0 on. */
    initialized: t.boolean(),
    /** From 8.0 on. */
    topLevel: t.boolean(),
    /** Can be changed: approved on this computer, or no longer. */
    localState: t.code(LocalState, [LocalState.Unapproved, LocalState.Approved]),
    detailedLocalState: t.code(DetailedLocalState),
    /** From 8.0 on. */
    certificateId: t.integer(),
    /** The publisher of a signature beside the file, 0 for none. */
    detachedPublisherId: t.integer(),
    /** The certificate of a signature beside the file, 0 for none. */
    detachedCertificateId: t.integer(),
    /** From 8.0 on. */
    unifiedSource: t.string(),
    /** The computer that it is on: `GET /computer/{id}`. */
    get computer() {
      return foreign(Computer, "computerId");
    },
    /** What is known of its content: `GET /fileCatalog/{id}`. */
    get fileCatalog() {
      return foreign(FileCatalog, "fileCatalogId");
    },
    /** What it came with: `GET /fileInstanceGroup/{id}`. */
    get fileInstanceGroup() {
      return foreign(FileInstanceGroup, "fileInstanceGroupId");
    },
    /** The policy of its computer. From 8.0 on. */
    get policy() {
      return foreign(Policy, "policyId");
    },
    /** What it was signed with; `undefined` when it is not signed. From 8.0 on. */
    get certificate() {
      return foreign(Certificate, "certificateId");
    },
  },
) {
  /** @internal A search for files on computers, which has not been sent: `GET /fileInstance`. */
  static query(client: ModelHost): FileInstanceQuery {
    return new FileInstanceQuery(client, FileInstance, {});
  }

  /**
   * Where a file is: on all computers, with the computers. The file is named by its MD5, SHA-1 or SHA-256.
   *
   * From 8.0 on, one search gives the places together with their computers: `GET /fileInstance` with `expand`. Before that,
   * and where the token may not read the version, the catalogue is asked first, then the places, then their computers, many
   * at a time. What is on no computer now is looked for where it was: `GET /fileInstanceDeleted`. Needs the permission "View
   * computers" beside "View files".
   * @example
   * const found = await FileInstance.whereIs(cb, sha256);
   * if (found.state === "unseen") console.log("no computer has ever reported it");
   * for (const { instance, computer } of found.places) {
   *   console.log(computer?.name, computer?.policyName, computer?.connected, instance.pathName, instance.fileName);
   * }
   * @throws InvalidHashError when the text is no such hash; nothing is sent then
   */
  static async whereIs(client: ModelHost, hash: string, options: WhereIsOptions = {}): Promise<FileWhereabouts> {
    checkCall("FileInstance.whereIs()", options, ["former", ...CALL]);
    const [found] = await whereAre(client, [checkedHash(hash, "FileInstance.whereIs")], options);
    return found as FileWhereabouts;
  }

  /**
   * The same for many files, many at a time: one answer for each hash, in the order in which they were given first.
   * @throws InvalidHashError naming the texts that are no hashes; nothing is sent then
   */
  static async whereAre(
    client: ModelHost,
    hashes: Iterable<string>,
    options: WhereIsOptions = {},
  ): Promise<readonly FileWhereabouts[]> {
    checkCall("FileInstance.whereAre()", options, ["former", ...CALL]);
    return whereAre(client, checkedHashes(hashes, "FileInstance.whereAre"), options);
  }

  /**
   * Approves it on its computer: `POST /fileInstance` with its id and `localState`. Sent also when it reads so, as the agent
   * may have been told otherwise and not have reported it yet. With `verify`, waits until the agent has reported it; with
   * `dryRun`, gives what would be sent. Changes that were not saved are left alone. Many at once:
   * {@link FileInstanceQuery.approve}.
   * @throws TimeoutError with code `NOT_SHOWN_YET` when the agent has not reported it in time: it does later
   */
  async approve<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async approve(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("approve()", options, ["dryRun", "verify", ...CALL]);
    return this.changeNow({ localState: LocalState.Approved }, options, { evenIfSo: true });
  }

  /** Takes its approval on its computer back, as {@link FileInstance.approve} gives it. */
  async unapprove<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async unapprove(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("unapprove()", options, ["dryRun", "verify", ...CALL]);
    return this.changeNow({ localState: LocalState.Unapproved }, options, { evenIfSo: true });
  }

  /**
   * Fetches it from its computer, and waits until it is there: see {@link FileUpload.request}. The upload that is given has the
   * file: `await (await instance.upload()).file.save("suspicious.bin")`.
   */
  async upload<D extends boolean | undefined = false>(
    options?: UploadOptions & { readonly priority?: number | undefined; readonly dryRun?: D },
  ): Promise<DryRun<D, FileUpload>>;
  async upload({
    priority,
    ...options
  }: UploadOptions & { readonly priority?: number | undefined } = {}): Promise<FileUpload | WritePlan | undefined> {
    const { fileCatalogId = 0, computerId } = this;
    return requestUpload(FileInstance.stateOf(this).client, { fileCatalogId, computerId, priority }, options);
  }

  /** PUT on one instance fails at some sites; the documented POST does not. */
  protected override updateRequest(): WriteRequest {
    return { method: "POST", path: this.collectionPath, body: this.updateBody() };
  }

  protected override verifyWritten(
    sent: ReadonlyMap<string, unknown>,
    entry: Entry,
    options: CallOptions,
  ): Promise<void> {
    return verifyReported(this, sent, entry, options);
  }
}
