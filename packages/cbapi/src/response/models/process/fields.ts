import { defineModel } from "../../../core/model/define-model.js";
import { t } from "../../../core/model/fields.js";
import { one, optional } from "../../../core/model/relations.js";
import { Binary, isMd5 } from "../binary/binary.js";
import { Sensor } from "../sensor/sensor.js";
import type { WatchlistHit } from "../tags.js";
import { parentKey } from "./parent.js";
import { Process } from "./process.js";

/**
 * The declaration of {@link Process}: what its documents hold, and what it joins to.
 *
 * Imported through `process.ts` only: a class must be there before the one that it extends is asked for by another way
 * round the circle of joins.
 */
export const ProcessFields = defineModel(
  {
    name: "Process",
    path: "/api/v1/process",
    key: "id",
    printAs: "document",
    // What asks the server by the id alone; what looks at the summary reads it by itself.
    keyOnly: [
      "getSegments",
      "segments",
      "segmentEvents",
      "allEvents",
      "allModloads",
      "allFilemods",
      "allRegmods",
      "allNetconns",
      "allCrossprocs",
      "allChildprocs",
      "allProcessblocks",
      "findFileWrites",
      "getUnsignedModloads",
      "getTamperEvents",
      "getThreatIntelHits",
      "walkParents",
      "walkChildren",
      "tree",
      "childProcesses",
      "getParents",
      "getDepth",
      "getSiblings",
      "getChildren",
    ],
  },
  {
    /** GUID. */
    id: t.string(),
    /** GUID and segment. */
    unique_id: t.string(),
    /** The segment's number: the server's time in milliseconds since 1970, or 1, 2, ... before 6.0. */
    segment_id: t.integer(),
    sensor_id: t.integer(),
    hostname: t.string(),
    /** The name of the sensor's group, in lower case. */
    group: t.string(),
    /** `workstation`, `server` or `domain_controller`. */
    host_type: t.string(),
    /** `windows`, `linux` or `osx`. */
    os_type: t.string(),
    process_name: t.string(),
    path: t.string(),
    cmdline: t.string(),
    username: t.string(),
    uid: t.string(),
    /** In lower case. */
    process_md5: t.string(),
    /** From 7.0 on. */
    process_sha256: t.string(),
    /** -1 when the sensor did not know it. */
    process_pid: t.integer(),
    parent_unique_id: t.string(),
    parent_id: t.string(),
    parent_name: t.string(),
    /** -1 when the sensor did not know it. */
    parent_pid: t.integer(),
    start: t.dateTime(),
    end: t.dateTime(),
    /** The last event, by the endpoint's clock. */
    last_update: t.dateTime(),
    /** The last push of the sensor, by the server's clock. */
    last_server_update: t.dateTime(),
    min_last_update: t.dateTime(),
    max_last_update: t.dateTime(),
    min_last_server_update: t.dateTime(),
    max_last_server_update: t.dateTime(),
    terminated: t.boolean(),
    /** The address that the server saw the sensor at. */
    comms_ip: t.ipv4(),
    /** The sensor's own address. */
    interface_ip: t.ipv4(),
    modload_count: t.integer(),
    filemod_count: t.integer(),
    regmod_count: t.integer(),
    netconn_count: t.integer(),
    crossproc_count: t.integer(),
    /** Some servers count a child's start and its end. */
    childproc_count: t.integer(),
    processblock_count: t.integer(),
    emet_count: t.integer(),
    fileless_scriptload_count: t.integer(),
    filtering_known_dlls: t.boolean(),
    emet_config: t.string(),
    watchlists: t.array(t.open<WatchlistHit>()),
    ref_segment_id: t.array(t.integer()),
    /** How a child was started: `exec`, `fork`, ... Only in what a summary tells of children. */
    child_proc_type: t.string(),
    /** Whether the sensor left the child out, so that the server has no document of it. */
    is_suppressed: t.boolean(),
    /** The sensor of the endpoint that it ran on. */
    get sensor() {
      return one(Sensor, (process: Process) => process.sensor_id);
    },
    /** `undefined` where the sensor did not see the file, and sends `(unknown)` or nothing for its hash. */
    get binary() {
      return optional(Binary, (process: Process) => (isMd5(process.process_md5) ? process.process_md5 : undefined));
    },
    /** Who started it; `undefined` where the sensor did not know. */
    get parent() {
      return optional(Process, (process: Process) => parentKey(process));
    },
  },
);
