import { defineModel } from "../../../core/model/define-model.js";
import type { Entry } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { WriteRequest } from "../../../core/model/mutable-model.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { Certificate } from "../approvals/certificate.js";
import { Computer } from "../computers/computer.js";
import { foreign } from "../foreign.js";
import { DetailedLocalState, LocalState } from "../names.js";
import { Policy } from "../policies/policy.js";
import { verifyReported } from "../reported.js";
import { FileCatalog } from "./file-catalog.js";
import { FileInstanceGroup } from "./file-instance-group.js";

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
  static query(client: ModelHost): ProtectionQuery<FileInstance> {
    return ProtectionQuery.of(client, FileInstance);
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
