import { defineModel } from "../../../core/model/define-model.js";
import type { ModelHost } from "../../../core/model/host.js";
import { pathOf } from "../../paths.js";
import { EventQuery } from "../../queries/event-query.js";
import { Computer } from "../computers/computer.js";
import { FileCatalog } from "../files/file-catalog.js";
import { foreign } from "../foreign.js";
import { Policy } from "../policies/policy.js";
import { eventFields } from "./event-fields.js";

/**
 * Something that happened on a computer or in the console.
 *
 * Reading it needs the permission "View events". It cannot be changed.
 */
export class Event extends defineModel(
  { name: "Event", path: pathOf("event"), key: "id" },
  {
    ...eventFields,
    /** Where it happened: `GET /computer/{id}`; `undefined` where it is about no computer. */
    get computer() {
      return foreign(Computer, "computerId");
    },
    /** The computer's policy: `GET /policy/{id}`; `undefined` where it is about none. */
    get policy() {
      return foreign(Policy, "policyId");
    },
    /** The file that it is about: `GET /fileCatalog/{id}`; `undefined` where it is about none. */
    get fileCatalog() {
      return foreign(FileCatalog, "fileCatalogId");
    },
    /** What the file was installed by: `GET /fileCatalog/{id}`; `undefined` where it names none. */
    get installerFileCatalog() {
      return foreign(FileCatalog, "installerFileCatalogId");
    },
    /** The program of the process: `GET /fileCatalog/{id}`; `undefined` where it names none. */
    get processFileCatalog() {
      return foreign(FileCatalog, "processFileCatalogId");
    },
  },
) {
  /** @internal A search for events, which has not been sent: `GET /event`. */
  static query(client: ModelHost): EventQuery<Event> {
    return EventQuery.of(client, Event);
  }
}
