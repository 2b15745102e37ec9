import { ApiError } from "../../../core/errors.js";
import { assignJoin, type ModelOrKey } from "../../../core/model/assigned-join.js";
import type { assignable } from "../../../core/model/declaration.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Lazy } from "../../../core/model/lazy.js";
import type { Ref } from "../../../core/model/ref-type.js";
import { one } from "../../../core/model/relations.js";
import type { WriteRequest } from "../../../core/model/write-plan.js";
import { ListQuery } from "../../../core/query/list-query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { edr } from "../../host.js";
import { SensorQuery } from "../../queries/sensor-query.js";
import { asDocuments } from "../answers.js";
import { fetchFromList } from "../listed.js";
import { SensorInstaller } from "./installer.js";
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

/** An address that an isolated endpoint of a group may still reach. */
export interface IsolationExclusion {
  readonly id?: number;
  readonly group_id?: number;
  readonly name: string;
  readonly ip_address: string;
  readonly enabled: boolean;
  readonly uploader_id?: number;
  readonly uploader_username?: string;
  /** As the server writes it. */
  readonly added_time?: string;
  /** As the server writes it. */
  readonly changed_time?: string;
}

/** Kinds of events that the sensors of a group do not send for some programs. */
export interface EventExclusion {
  readonly eventsToIgnore: readonly (
    | "crossproc"
    | "filemod"
    | "filemod-non-binary"
    | "modload"
    | "netconn"
    | "process-info"
    | "regmod"
    | (string & {})
  )[];
  /** The programs' paths. */
  readonly paths: readonly string[];
}

/** What a group's sensors share with whom: `what` is `BIN` and `who` is `VIRUSTOTAL`, for one. */
export interface DataSharing {
  readonly what: string;
  readonly who: string;
  readonly [name: string]: unknown;
}

/** What the server lets a caller set: everything but the id and the count of sensors. */
const WRITABLE = [
  "name",
  "sensorbackend_server",
  "site_id",
  "sensor_exe_name",
  "team_access",
  "alert_criticality",
  "tamper_level",
  "sensor_version_windows",
  "sensor_version_osx",
  "sensor_version_linux",
  "datastore_server",
  "max_licenses",
  "banning_enabled",
  "collect_amsi",
  "collect_emet_events",
  "collect_filemods",
  "collect_filewritemd5s",
  "collect_cross_procs",
  "collect_moduleinfo",
  "collect_moduleloads",
  "collect_netconns",
  "collect_nonbinary_filewrites",
  "collect_processes",
  "collect_regmods",
  "collect_storefiles",
  "collect_usercontext",
  "filter_known_dlls",
  "vdi_enabled",
  "process_filter_level",
  "quota_eventlog_bytes",
  "quota_storefile_bytes",
  "quota_eventlog_percent",
  "quota_storefile_percent",
  "server_cert_id",
  "isolation_exclusions",
  "event_exclusions",
  "address_resolution_hint",
] as const;

/**
 * Sensors that share their settings. `create()` needs `name`, `sensorbackend_server` and `site_id`; what else is left out
 * gets the server's defaults.
 *
 * Creating sends `POST /api/v3/group`, saving `PUT /api/v3/group/{id}` with the whole document, each followed by `GET`;
 * deleting sends `DELETE`.
 * @example
 * const group = cb.create(SensorGroup, { name: "Lab", sensorbackend_server: "https://cb.example.com:443", site: 1 });
 * await group.save();
 */
export class SensorGroup extends defineModel(
  {
    name: "SensorGroup",
    path: "/api/v3/group",
    key: "id",
    writable: WRITABLE,
    creatable: true,
    required: ["name", "sensorbackend_server", "site_id"],
    keyOnly: ["delete", "getDatasharing", "installer"],
  },
  {
    id: t.integer(),
    name: t.string(),
    /** The address that the group's sensors report to, with its port: `https://cb.example.com:443`. */
    sensorbackend_server: t.string(),
    site_id: t.integer(),
    /** A name that hides the sensor's program; empty for its own. */
    sensor_exe_name: t.string(),
    team_access: t.array(t.open<TeamAccess>()),
    /** 1 to 5; 3 is the server's default. */
    alert_criticality: t.integer(),
    tamper_level: t.integer(),
    /** `Manual`, or the version that its sensors update themselves to; see `SensorBuilds`. */
    sensor_version_windows: t.string(),
    /** As `sensor_version_windows`. */
    sensor_version_osx: t.string(),
    /** As `sensor_version_windows`. */
    sensor_version_linux: t.string(),
    datastore_server: t.string(),
    /** -1 for no limit. */
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
    /** How many sensors belong to it; the server counts them. */
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
    isolation_exclusions: t.array(t.open<IsolationExclusion>()),
    event_exclusions: t.array(t.open<EventExclusion>()),
    /** `ipv4`, `ipv6`, or empty for either. */
    address_resolution_hint: t.string(),
    get site() {
      return one(Site, "site_id");
    },
  },
) {
  /** What `create()` and `set()` take beside the fields. */
  declare readonly [assignable]: { readonly site: ModelOrKey<Site> };

  /** @internal The list of groups, which has not been asked for: `GET /api/v3/group`. */
  static query(client: ModelHost): ListQuery<SensorGroup> {
    return ListQuery.of(client, SensorGroup);
  }

  /** @internal `GET /api/v3/group/{id}` */
  static override fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    return fetchFromList(client, "/api/v3/group", "SensorGroup", key, options);
  }

  /** The site that it belongs to: `GET /api/site/{id}`. Can be assigned, with a site or a site's id. */
  override get site(): Ref<Site> {
    return super.site;
  }

  override set site(site: ModelOrKey<Site>) {
    assignJoin(this, "SensorGroup.site", "site_id", Site, site);
  }

  /** The sensors of this group, as a query that has not been sent. */
  get sensors(): SensorQuery {
    const id = String(idOf(this));
    return new SensorQuery(SensorGroup.stateOf(this).client, Sensor, { conditions: [{ field: "groupid", value: id }] });
  }

  /** With whom its sensors' data is shared; empty when with nobody: `GET /api/v1/group/{id}/datasharing`. */
  get datasharing(): PromiseLike<readonly DataSharing[]> {
    return new Lazy("datasharing", () => this.getDatasharing());
  }

  /**
   * As {@link SensorGroup.datasharing}, with options for the request.
   * @throws ObjectNotFoundError when the server does not have the group
   */
  async getDatasharing(options: CallOptions = {}): Promise<readonly DataSharing[]> {
    const id = idOf(this);
    const answer = await SensorGroup.stateOf(this).client.getObject(
      `/api/v1/group/${id}/datasharing`,
      undefined,
      options,
    );
    return asDocuments(answer, `datasharing of SensorGroup ${id}`) as readonly DataSharing[];
  }

  /**
   * The group's sensor installer, of which nothing has been requested: `GET /api/v1/group/{id}/installer/{kind}` when it is
   * read. Reading it throws an `ObjectNotFoundError` when there is none for this system.
   * @example await group.installer("linux").save("sensor.tar.gz");
   */
  installer(kind: InstallerKind = "windows/exe"): SensorInstaller {
    const name = kind.split("/").map(encodeURIComponent).join("/");
    const path = `/api/v1/group/${idOf(this)}/installer/${name}`;
    return new SensorInstaller(edr(SensorGroup.stateOf(this).client), path);
  }

  /** The whole document, but for what the server counts. */
  protected override updateRequest(): WriteRequest {
    const { number_of_hosts: _, ...body } = this.toJSON();
    return { method: "PUT", path: this.itemPath, body };
  }
}

/** Whatever is about a group by its id has to wait until the group has one. */
function idOf(group: SensorGroup): number {
  const { id } = group;
  if (id === undefined) throw new ApiError("This SensorGroup has not been saved: the server does not know it yet");
  return id;
}
