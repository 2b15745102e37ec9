import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import type { Model } from "../../../core/model/model.js";
import { one, optional } from "../../../core/model/relations.js";
import { Device } from "../../../psc/models/devices/device.js";
import { Binary } from "../binary/binary.js";
import { hashOf } from "./hashes.js";
import { Process } from "./process.js";

/** The SHA-256 of a process's file. */
const fileOf = (process: Model): string | undefined => hashOf(process, 64);

/**
 * The declaration of {@link Process}: what its documents hold, and what it joins to. The server adds fields as it likes, and
 * leaves out those that are empty: what is not declared is reached by `get()`.
 *
 * Imported through `process.ts` only: a class must be there before the one that it extends is asked for by another way
 * round the circle of joins.
 */
export const ProcessFields = defineModel(
  {
    name: "Process",
    path: "/api/investigate/v2/orgs/{org}/processes",
    key: "process_guid",
    printAs: "document",
    // What asks the server by the key alone.
    keyOnly: ["events", "tree", "getSummary", "getChildren", "getSiblings"],
  },
  {
    /** `ORGKEY-{device}-{pid}-00000000-{time of its start}`, in hexadecimal digits. */
    process_guid: t.string(),
    /** Its whole path. */
    process_name: t.string(),
    process_cmdline: t.array(t.string()),
    process_pid: t.array(t.integer()),
    /** MD5 and SHA-256, in any order; see {@link Process.process_md5} and {@link Process.process_sha256}. */
    process_hash: t.array(t.string()),
    process_username: t.array(t.string()),
    process_start_time: t.dateTime(),
    process_terminated: t.boolean(),
    process_reputation: t.string(),
    process_effective_reputation: t.string(),
    parent_guid: t.string(),
    parent_name: t.string(),
    parent_pid: t.integer(),
    parent_hash: t.array(t.string()),
    device_id: t.integer(),
    device_name: t.string(),
    device_os: t.string(),
    /** When the endpoint sent it, by the endpoint's clock. */
    device_timestamp: t.dateTime(),
    device_external_ip: t.string(),
    device_internal_ip: t.string(),
    device_policy: t.string(),
    device_policy_id: t.integer(),
    device_group: t.string(),
    device_group_id: t.integer(),
    /** When the service took it in. */
    backend_timestamp: t.dateTime(),
    /** The same in milliseconds since 1970. */
    ingress_time: t.integer(),
    org_id: t.string(),
    childproc_count: t.integer(),
    crossproc_count: t.integer(),
    filemod_count: t.integer(),
    modload_count: t.integer(),
    netconn_count: t.integer(),
    regmod_count: t.integer(),
    scriptload_count: t.integer(),
    event_type: t.array(t.string()),
    enriched: t.boolean(),
    enriched_event_type: t.array(t.string()),
    legacy: t.boolean(),
    ttp: t.array(t.string()),
    watchlist_hit: t.array(t.string()),
    alert_id: t.array(t.string()),
    /** Whether it has started others. */
    has_children: t.boolean(),
    /** Whether a watchlist has found it. */
    hits: t.boolean(),
    /** The endpoint that it ran on. */
    get device() {
      return one(Device, "device_id");
    },
    /** Its file; `undefined` when its hash is not known. */
    get binary() {
      return optional(Binary, fileOf);
    },
    /** The process that started it; `undefined` when that is not known. */
    get parent() {
      return optional(Process, "parent_guid");
    },
  },
);
