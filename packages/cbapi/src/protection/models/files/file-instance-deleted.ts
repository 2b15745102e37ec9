import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { Computer } from "../computers/computer.js";
import { foreign } from "../foreign.js";
import { FileCatalog } from "./file-catalog.js";
import { FileInstanceGroup } from "./file-instance-group.js";

/** A file that was on a computer and is gone. Reading it needs the permission "View files". It cannot be changed. */
export class FileInstanceDeleted extends defineModel(
  { name: "FileInstanceDeleted", path: pathOf("fileInstanceDeleted"), key: "id" },
  {
    id: t.integer(),
    fileInstanceGroupId: t.integer(),
    fileCatalogId: t.integer(),
    computerId: t.integer(),
    /** When it was made on the endpoint. */
    dateCreated: t.dateTime(),
    dateDeleted: t.dateTime(),
    fileName: t.string(),
    pathName: t.string(),
    /** The publisher of a signature beside the file, 0 for none. */
    detachedPublisherId: t.integer(),
    /** The certificate of a signature beside the file, 0 for none. */
    detachedCertificateId: t.integer(),
    /** The computer that it was on: `GET /computer/{id}`. */
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
  },
) {
  /** @internal A search for deleted files, which has not been sent: `GET /fileInstanceDeleted`. */
  static query(client: ModelHost): ProtectionQuery<FileInstanceDeleted> {
    return ProtectionQuery.of(client, FileInstanceDeleted);
  }
}
