import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { Computer } from "../computers/computer.js";
import { foreign } from "../foreign.js";
import { fetchByIds } from "../many.js";
import { FileGroupType } from "../names.js";
import { FileCatalog } from "./file-catalog.js";

/**
 * What files came to a computer together: an installation, or all that was there when the agent was set up. Reading it
 * needs the permission "View files". It cannot be changed.
 */
export class FileInstanceGroup extends defineModel(
  { name: "FileInstanceGroup", path: pathOf("fileInstanceGroup"), key: "id" },
  {
    id: t.integer(),
    /** The file that they came with. */
    fileCatalogId: t.integer(),
    computerId: t.integer(),
    dateCreated: t.dateTime(),
    /** Of the file that they came with. */
    fileName: t.string(),
    /** Of the file that they came with. */
    pathName: t.string(),
    userName: t.string(),
    groupType: t.code(FileGroupType),
    installedProgramName: t.string(),
    /** The computer that they came to: `GET /computer/{id}`. */
    get computer() {
      return foreign(Computer, "computerId");
    },
    /** The file that they came with: `GET /fileCatalog/{id}`. */
    get fileCatalog() {
      return foreign(FileCatalog, "fileCatalogId");
    },
  },
) {
  /** @internal A search for groups of files, which has not been sent: `GET /fileInstanceGroup`. */
  static query(client: ModelHost): ProtectionQuery<FileInstanceGroup> {
    return ProtectionQuery.of(client, FileInstanceGroup);
  }

  /** @internal `GET /fileInstanceGroup?q=id:3|5|8` */
  static fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    return fetchByIds(client, FileInstanceGroup, keys, options);
  }
}
