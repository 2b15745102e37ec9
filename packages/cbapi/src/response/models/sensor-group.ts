import { defineModel } from "../../core/model/define-model.js";
import type { Fetched, ModelHost } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import { type Key, one } from "../../core/model/relations.js";
import { ListQuery } from "../../core/query/list-query.js";
import type { ApiResponse, CallOptions } from "../../core/transport/types.js";
import { edr } from "../client.js";
import { SensorQuery } from "../queries/sensor-query.js";
import { refuseAssignments } from "./immutable.js";
import { fetchFromList } from "./listed.js";
import { Sensor } from "./sensor.js";
import { Site } from "./site.js";

/** Which installer a group offers: for Linux a tar.gz, for the others a ZIP. */
export type InstallerKind = "windows/exe" | "windows/msi" | "linux" | "osx" | (string & {});

/** What a team may do with the sensors of a group. */
export interface TeamAccess {
  readonly team_id: number;
  readonly team_name: string;
  readonly access_category: "No Access" | "Viewer" | "Analyst" | "Administrator" | (string & {});
}

/** Sensors that share their settings. */
export class SensorGroup extends defineModel(
  { name: "SensorGroup", path: "/api/v3/group", key: "id", keyOnly: ["installer"] },
  {
    id: t.integer(),
    name: t.string(),
    /** The address that the group's sensors report to. */
    sensorbackend_server: t.string(),
    site_id: t.integer(),
    sensor_exe_name: t.string(),
    team_access: t.array(t.open<TeamAccess>()),
    alert_criticality: t.integer(),
    tamper_level: t.integer(),
    sensor_version_windows: t.string(),
    sensor_version_osx: t.string(),
    sensor_version_linux: t.string(),
    datastore_server: t.string(),
    max_licenses: t.integer(),
    banning_enabled: t.boolean(),
    collect_amsi: t.boolean(),
    collect_emet_events: t.boolean(),
    collect_filemods: t.boolean(),
    collect_filewritemd5s: t.boolean(),
    collect_cross_procs: t.boolean(),
    collect_moduleinfo: t.boolean(),
    collect_moduleloads: t.boolean(),
    collect_netconns: t.boolean(),
    collect_nonbinary_filewrites: t.boolean(),
    collect_processes: t.boolean(),
    collect_regmods: t.boolean(),
    collect_storefiles: t.boolean(),
    collect_usercontext: t.boolean(),
    filter_known_dlls: t.boolean(),
    vdi_enabled: t.boolean(),
    /** How many sensors belong to it. */
    number_of_hosts: t.integer(),
    process_filter_level: t.integer(),
    /** The most that events may take on an endpoint's disk, in bytes. */
    quota_eventlog_bytes: t.integer(),
    /** The most that collected files may take on an endpoint's disk, in bytes. */
    quota_storefile_bytes: t.integer(),
    /** The same limit for events, in percent of the disk. */
    quota_eventlog_percent: t.integer(),
    /** The same limit for collected files, in percent of the disk. */
    quota_storefile_percent: t.integer(),
    server_cert_id: t.integer(),
    isolation_exclusions: t.array(t.open<Record<string, unknown>>()),
    event_exclusions: t.array(t.open<Record<string, unknown>>()),
    address_resolution_hint: t.string(),
    /** The site that it belongs to: `GET /api/site/{id}`. */
    get site() {
      return one(Site, "site_id");
    },
  },
) {
  static {
    refuseAssignments(this);
  }

  /** The list of groups, which has not been asked for: `GET /api/v3/group`. */
  static query(client: ModelHost): ListQuery<SensorGroup> {
    return ListQuery.of(client, SensorGroup);
  }

  /** `GET /api/v3/group/{id}` */
  static override fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    return fetchFromList(client, "/api/v3/group", "SensorGroup", key, options);
  }

  /** The sensors of this group, as a query that has not been sent. */
  get sensors(): SensorQuery {
    return new SensorQuery(edr(SensorGroup.stateOf(this).client), Sensor, {
      conditions: [{ field: "groupid", value: String(this.id) }],
    });
  }

  /**
   * The group's sensor installer: `GET /api/v1/group/{id}/installer/{kind}`.
   * @returns the answer, of which only the head has come: take the file with `stream()`, or whole with `bytes()`, or
   * `discard()` it
   * @throws ObjectNotFoundError when there is none for this system
   */
  installer(kind: InstallerKind = "windows/exe", options: CallOptions = {}): Promise<ApiResponse> {
    const { signal, timeout } = options;
    const name = kind.split("/").map(encodeURIComponent).join("/");
    const path = `/api/v1/group/${this.id}/installer/${name}`;
    return edr(SensorGroup.stateOf(this).client).requestStream({ method: "GET", path, signal, timeout });
  }
}
