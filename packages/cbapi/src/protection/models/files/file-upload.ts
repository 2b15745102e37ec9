import { CALL, checkCall } from "../../../core/call-options.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Document } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { resource } from "../../../core/model/relations.js";
import { savedNumber } from "../../../core/model/saved.js";
import type { DryRun, SaveOptions, WritePlan } from "../../../core/model/write-plan.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { changedTo, presentIn, refuse } from "../checks.js";
import { Computer } from "../computers/computer.js";
import { between } from "../fields.js";
import { foreign } from "../foreign.js";
import { UploadStatus } from "../names.js";
import { FileCatalog } from "./file-catalog.js";
import {
  requestUpload,
  type UploadOptions,
  type UploadWaitOptions,
  type UploadWish,
  waitForUpload,
} from "./upload-request.js";
import { UploadedFile } from "./uploaded-file.js";

/**
 * A file that is fetched from an endpoint.
 *
 * Reading it needs the permission "View file uploads", making and changing it "Manage uploads of inventoried files" as
 * well. {@link FileUpload.request} asks for a file and waits for it. A new one that is saved asks for it as well: `POST
 * /fileUpload`. Saving changes sends `PUT /fileUpload/{id}` with the id and the changes.
 * @example
 * const upload = await FileUpload.request(p, { fileCatalogId: 12, computerId: 7 });
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
    keyOnly: ["waitForFile", "cancel", "remove"],
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

  /**
   * Fetches a file from an endpoint: asks for it (`POST /fileUpload`) and waits until it is there (`GET /fileUpload/{id}` after
   * 0, 1, 3, 7 and then every 5 seconds). A file that was uploaded already, from whichever computer, or that is on its way from
   * the computer that is wanted, is not asked for again, unless `again` says so. The file itself is read or saved then by
   * {@link FileUpload.file}. With `dryRun`, gives what would be sent, `undefined` when nothing would be.
   * @example
   * const upload = await FileUpload.request(cb, { fileCatalogId: 12 }, { timeout: 600_000 });
   * await upload.file.save("suspicious.bin");
   * @throws TimeoutError with code `NOT_UPLOADED_YET` when it is not there in time. The upload stays asked for
   * @throws ApiError with code `UPLOAD_FAILED`, `UPLOAD_CANCELLED` or `UPLOAD_DELETED` when it came to that
   */
  static async request<D extends boolean | undefined = false>(
    client: ModelHost,
    wish: UploadWish,
    options?: UploadOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, FileUpload>>;
  static async request(
    client: ModelHost,
    wish: UploadWish,
    options: UploadOptions = {},
  ): Promise<FileUpload | WritePlan | undefined> {
    return requestUpload(client, wish, options);
  }

  /**
   * Waits until the file is there: reads the upload until its `uploadStatus` is `Completed`. Failures of the server, or of the
   * way to it, do not end the waiting; `onWait` is told.
   * @throws TimeoutError with code `NOT_UPLOADED_YET` when it is not there in time. The upload stays asked for
   * @throws ApiError with code `UPLOAD_FAILED`, `UPLOAD_CANCELLED` or `UPLOAD_DELETED` when it came to that
   */
  async waitForFile(options: UploadWaitOptions = {}): Promise<this> {
    savedNumber(this, "wait for its file");
    await waitForUpload(this, options);
    return this;
  }

  /**
   * Takes the request back: reads it, and unless that was done before, sends `PUT /fileUpload/{id}`. With `dryRun`, gives what
   * would be sent, `undefined` when nothing would be.
   * @throws InvalidObjectError when it has ended otherwise; a file that is there is removed by {@link FileUpload.remove}
   */
  async cancel<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async cancel(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("cancel()", options, ["dryRun", "verify", ...CALL]);
    const refuse = ({ uploadStatus }: Document) => this.#requireUnderWay(uploadStatus);
    return this.changeNow({ uploadStatus: UploadStatus.Cancelled }, options, { refuse });
  }

  /**
   * Removes the uploaded file from the server, or takes the request back for good: reads the upload, and sends
   * `PUT /fileUpload/{id}` unless that was done before. The upload stays in the server's list as `Deleted`. With `dryRun`, gives
   * what would be sent, `undefined` when nothing would be.
   */
  async remove<D extends boolean | undefined = false>(
    options?: SaveOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, this>>;
  async remove(options: SaveOptions = {}): Promise<this | WritePlan | undefined> {
    checkCall("remove()", options, ["dryRun", "verify", ...CALL]);
    return this.changeNow({ uploadStatus: UploadStatus.Deleted }, options);
  }

  protected override check(): void {
    const status = changedTo(this, "uploadStatus");
    if (status === undefined) return;
    if (FileUpload.stateOf(this).key === undefined) refuse(this, "the server gives a new one its uploadStatus");
    if (status === UploadStatus.Cancelled) this.#requireUnderWay(presentIn(this, "uploadStatus"));
  }

  #requireUnderWay(status: unknown): void {
    if (typeof status !== "number" || status <= UploadStatus.Uploading) return;
    refuse(this, `it is no longer under way (uploadStatus is ${status}), so it cannot be cancelled`);
  }
}
