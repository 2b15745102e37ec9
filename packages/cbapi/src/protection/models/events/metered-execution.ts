import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { Computer } from "../computers/computer.js";
import { FileCatalog } from "../files/file-catalog.js";
import { foreign } from "../foreign.js";
import { MeterType } from "../names.js";
import { Event } from "./event.js";

/** A run of a program that a meter counts. Reading it needs the permission "View files". It cannot be changed. */
export class MeteredExecution extends defineModel(
  { name: "MeteredExecution", path: pathOf("meteredExecution"), key: "id" },
  {
    id: t.integer(),
    meterId: t.integer(),
    /** The meter's. */
    name: t.string(),
    /** The meter's. */
    description: t.string(),
    /** What the meter counts by. */
    type: t.code(MeterType),
    /** The hash or the name that it counts by. */
    data: t.string(),
    eventId: t.integer(),
    computerId: t.integer(),
    fileCatalogId: t.integer(),
    timestamp: t.dateTime(),
    userName: t.string(),
    /** The event of the run: `GET /event/{id}`. */
    get event() {
      return foreign(Event, "eventId");
    },
    /** Where it ran: `GET /computer/{id}`. */
    get computer() {
      return foreign(Computer, "computerId");
    },
    /** What ran: `GET /fileCatalog/{id}`. */
    get fileCatalog() {
      return foreign(FileCatalog, "fileCatalogId");
    },
  },
) {
  /** @internal A search for metered runs, which has not been sent: `GET /meteredExecution`. */
  static query(client: ModelHost): ProtectionQuery<MeteredExecution> {
    return ProtectionQuery.of(client, MeteredExecution);
  }
}
