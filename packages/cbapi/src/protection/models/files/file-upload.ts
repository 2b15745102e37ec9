import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { resource } from "../../../core/model/relations.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { changedTo, presentIn, refuse } from "../checks.js";
import { Computer } from "../computers/computer.js";
import { between } from "../fields.js";
import { foreign } from "../foreign.js";
import { UploadStatus } from "../names.js";
import { FileCatalog } from "./file-catalog.js";
import { UploadedFile } from "./uploaded-file.js";

/**
 * A file that is fetched from an endpoint.
 *
 * Reading it needs the permission "View file uploads", making and changing it "Manage uploads of inventoried files" as
 * well. A new one asks for the file: `POST /fileUpload`. Saving changes sends `PUT /fileUpload/{id}` with the id and the
 * changes. It is cancelled, or its file deleted, by its `uploadStatus`.
 * @example
 * const upload = await p.create(FileUpload, { computerId: 7, fileCatalogId: 12 }).save();
 * // Later, when upload.uploadStatus is UploadStatus.Completed after a refresh():
 * await upload.file.save("suspicious.bin");
 */
export class FileUpload extends defineModel(
  {
    name: "FileUpload",
    path: pathOf("fileUpload"),
    key: "id",
    writable: ["computerId", "fileCatalogId", "priority", "uploadStatus"],
    creatable: true,
    deletable: false,
    required: ["fileCatalogId"],
    update: "key and changes",
  },
  {
    id: t.integer(),
    /** Can be changed: where it is fetched from; 0 lets the server choose. */
    computerId: t.integer(),
    /** Can be changed: which file. */
    fileCatalogId: t.integer(),
    createdBy: t.string(),
    /** From 8.0 on. */
    createdByUserId: t.integer(),
    dateCreated: t.dateTime(),
    dateModified: t.dateTime(),
    /** On the endpoint. */
    fileName: t.string(),
    /** On the endpoint. */
    pathName: t.string(),
    /** Can be changed: from -2 to 2, the highest first. Default 0. */
    priority: between(-2, 2),
    /** Where the ZIP is on the server. */
    uploadPath: t.string(),
    /** In bytes; 0 before it is completed. */
    uploadedFileSize: t.integer(),
    /** Can be changed: to `Cancelled` while it is under way, and to `Deleted` at any time. */
    uploadStatus: t.code(UploadStatus, [UploadStatus.Cancelled, UploadStatus.Deleted]),
    /** The computer that it is fetched from: `GET /computer/{id}`; `undefined` while the server has not chosen one. */
    get computer() {
      return foreign(Computer, "computerId");
    },
    /** What is known of the file: `GET /fileCatalog/{id}`. */
    get fileCatalog() {
      return foreign(FileCatalog, "fileCatalogId");
    },
    /** The file, once the upload is completed: `GET /fileUpload/{id}?downloadFile=true` when it is read. */
    get file() {
      return resource(UploadedFile);
    },
  },
) {
  /** @internal A search for uploads, which has not been sent: `GET /fileUpload`. */
  static query(client: ModelHost): ProtectionQuery<FileUpload> {
    return ProtectionQuery.of(client, FileUpload);
  }

  protected override check(): void {
    const status = changedTo(this, "uploadStatus");
    if (status === undefined) return;
    if (FileUpload.stateOf(this).key === undefined) refuse(this, "the server gives a new one its uploadStatus");
    const present = presentIn(this, "uploadStatus");
    if (status === UploadStatus.Cancelled && typeof present === "number" && present > UploadStatus.Uploading) {
      refuse(this, `it is no longer under way (uploadStatus is ${present}), so it cannot be cancelled`);
    }
  }
}
