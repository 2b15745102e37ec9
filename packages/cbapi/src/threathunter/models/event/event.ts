import { defineModel } from "../../../core/model/define-model.js";
import type { Document, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { one, optional } from "../../../core/model/relations.js";
import { EventQuery } from "../../queries/event-query.js";
import { Process } from "../process/process.js";

/**
 * Something that a process did: a file it wrote, a connection it made. `event_type` tells which, and which of the fields are
 * there. Events are found through their process, and are read-only.
 */
export class Event extends defineModel(
  {
    name: "Event",
    path: "/api/investigate/v2/orgs/{org}/events",
    key: "event_guid",
    printAs: "document",
    unreadable:
      "An event cannot be read by its id: search the events of its process, cb.select(Event).where({ process_guid })",
  },
  {
    event_guid: t.string(),
    event_hash: t.string(),
    /** `childproc`, `crossproc`, `filemod`, `fileless_scriptload`, `modload`, `netconn`, `netconn_proxy`, `regmod`, `scriptload`. */
    event_type: t.string(),
    event_timestamp: t.dateTime(),
    created_timestamp: t.dateTime(),
    backend_timestamp: t.dateTime(),
    process_guid: t.string(),
    process_pid: t.integer(),
    legacy: t.boolean(),
    modload_name: t.string(),
    modload_md5: t.string(),
    modload_sha256: t.string(),
    modload_action: t.string(),
    modload_publisher: t.string(),
    modload_publisher_state: t.array(t.string()),
    modload_effective_reputation: t.string(),
    filemod_name: t.string(),
    filemod_action: t.string(),
    filemod_md5: t.string(),
    filemod_sha256: t.string(),
    netconn_action: t.string(),
    netconn_domain: t.string(),
    netconn_inbound: t.boolean(),
    netconn_ipv4: t.ipv4(),
    netconn_port: t.integer(),
    netconn_protocol: t.string(),
    netconn_local_ipv4: t.ipv4(),
    netconn_local_port: t.integer(),
    netconn_ipv6: t.string(),
    netconn_local_ipv6: t.string(),
    netconn_proxy_ipv4: t.ipv4(),
    netconn_proxy_port: t.integer(),
    regmod_name: t.string(),
    regmod_action: t.string(),
    childproc_action: t.string(),
    childproc_guid: t.string(),
    childproc_name: t.string(),
    childproc_cmdline: t.string(),
    childproc_pid: t.integer(),
    childproc_md5: t.string(),
    childproc_sha256: t.string(),
    childproc_username: t.string(),
    crossproc_guid: t.string(),
    crossproc_name: t.string(),
    crossproc_action: t.array(t.string()),
    crossproc_target: t.boolean(),
    crossproc_md5: t.string(),
    crossproc_sha256: t.string(),
    scriptload_name: t.string(),
    scriptload_content: t.string(),
    scriptload_md5: t.string(),
    scriptload_sha256: t.string(),
    fileless_scriptload_cmdline: t.string(),
    /** The process that did it. */
    get process() {
      return one(Process, "process_guid");
    },
    /** The process that was started; only of `childproc`. */
    get childproc() {
      return optional(Process, "childproc_guid");
    },
    /** The process that was reached into; only of `crossproc`. */
    get crossproc() {
      return optional(Process, "crossproc_guid");
    },
  },
) {
  /** @internal A search for events, which has not been sent. */
  static query(client: ModelHost): EventQuery {
    return new EventQuery(client, Event, {});
  }

  /** @internal The GUID of the event; where the server gives none, its hash. */
  static override keyIn(document: Document): Key | undefined {
    const key = document["event_guid"] ?? document["event_hash"];
    return typeof key === "string" && key !== "" ? key : undefined;
  }
}
