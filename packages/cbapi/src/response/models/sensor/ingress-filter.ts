import { InvalidObjectError } from "../../../core/errors.js";
import { defineModel } from "../../../core/model/define-model.js";
import type { Fetched, Key } from "../../../core/model/document.js";
import { type StringField, t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { asDocument } from "../../../core/model/model.js";
import type { WriteRequest } from "../../../core/model/write-plan.js";
import { ListQuery, ListReader } from "../../../core/query/list-query.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { edr } from "../../host.js";
import { requireServer } from "../../requires.js";
import { oldRoutes } from "../../routes.js";

const id: StringField = {
  ...t.string(),
  encode: (value) => {
    if (typeof value === "string" && /^[A-Za-z0-9-]+$/.test(value)) return value;
    throw new InvalidObjectError(
      `${JSON.stringify(value)} cannot be the id of an IngressFilter: it is made of letters, digits and dashes`,
    );
  },
};

/**
 * A filter for events that are not worth keeping: the sensors, or the server, drop what matches it (6.1 and later).
 *
 * A text of `path_filters` and `cmdline_filters` is a regular expression when it begins with `rx|`, or with `rxi|` when
 * case is not to count. A path with `*` or `?` in it is a pattern, in which backslashes and slashes are the same:
 * `c:\users\*\noise.exe`. Anything else has to be equal.
 *
 * A default in the fields below is what the server takes when a new filter does not say.
 *
 * @example
 * const filter = cb.create(IngressFilter, { id: "backup-noise", name: "Backup", description: "Files of the backup" });
 * filter.path_filters = ["c:\\backup\\*.exe"];
 * await filter.save();
 */
export class IngressFilter extends defineModel(
  {
    name: "IngressFilter",
    path: oldRoutes.ingressFilters,
    key: "id",
    ownKey: true,
    creatable: true,
    writable: [
      "id",
      "name",
      "description",
      "priority",
      "enabled",
      "filter_on_sensor",
      "filter_on_server",
      "track_metrics",
      "os_mask",
      "global",
      "group_ids",
      "sensor_ids",
      "path_filters",
      "cmdline_filters",
      "md5_filters",
      "descendant_filtering_level",
      "filter_all_events",
      "regmod_filters",
      "modload_filters",
      "filemod_filters",
      "non_binary_filemod_filters",
      "netconn_filters",
      "crossproc_filters",
    ],
    required: ["id", "name", "description"],
    keyOnly: ["delete"],
  },
  {
    /** Named by the caller when the filter is made, and not changed afterwards: letters, digits and dashes. */
    id,
    /** Can be changed. */
    name: t.string(),
    /** Can be changed. */
    description: t.string(),
    create_timestamp: t.dateTime(),
    modify_timestamp: t.dateTime(),
    create_user_id: t.integer(),
    modify_user_id: t.integer(),
    /** How many events it drops, over 15 minutes; only while it is enabled or `track_metrics` is on. */
    hit_rate: t.number(),
    version: t.integer(),
    internal: t.boolean(),
    /** Can be changed: filters with a higher one are looked at first, and it may be negative. Default 0. */
    priority: t.integer(),
    /** Can be changed. Default true. */
    enabled: t.boolean(),
    /** Can be changed: whether sensors apply it; the server does not then. Default false. */
    filter_on_sensor: t.boolean(),
    /** Can be changed: whether the server applies it. Default true. */
    filter_on_server: t.boolean(),
    /** Can be changed: whether hits are counted although it is not enabled. Default true. */
    track_metrics: t.boolean(),
    /** Can be changed: the systems it is for, added up: 1 Windows, 2 macOS, 4 Linux. Default 7. */
    os_mask: t.integer(),
    /** Can be changed: whether it is for all sensors; `group_ids` and `sensor_ids` do not count then. Default true. */
    global: t.boolean(),
    /** Can be changed: the sensor groups that it is for. Default none. */
    group_ids: t.array(t.integer()),
    /** Can be changed: the sensors that it is for. Default none. */
    sensor_ids: t.array(t.integer()),
    /** Can be changed: paths of processes. */
    path_filters: t.array(t.string()),
    /** Can be changed: command lines of processes. */
    cmdline_filters: t.array(t.string()),
    /** Can be changed: MD5s of processes. */
    md5_filters: t.array(t.string()),
    /** Can be changed: for how many generations of descendants it holds as well, -1 for all. Default 0. */
    descendant_filtering_level: t.integer(),
    /** Can be changed: whether all events of such processes are dropped, or only those in the lists below. Default true. */
    filter_all_events: t.boolean(),
    /** Can be changed. */
    regmod_filters: t.array(t.string()),
    /** Can be changed. */
    modload_filters: t.array(t.string()),
    /** Can be changed. */
    filemod_filters: t.array(t.string()),
    /** Can be changed. */
    non_binary_filemod_filters: t.array(t.string()),
    /** Can be changed. */
    netconn_filters: t.array(t.string()),
    /** Can be changed. */
    crossproc_filters: t.array(t.string()),
  },
) {
  /** @internal The list of filters, which has not been asked for: `GET /api/v1/ingress_whitelist`. Its entries may be short. */
  static query(client: ModelHost): ListQuery<IngressFilter> {
    const list = new ListReader(client, IngressFilter, {
      path: edr(client).routes.ingressFilters,
      complete: false,
      before: (options) => requireIngressFilters(client, options),
    });
    return new ListQuery(client, IngressFilter, { conditions: [], list });
  }

  /** @internal `GET /api/v1/ingress_whitelist/{id}` */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    await requireIngressFilters(client, options);
    const path = `${edr(client).routes.ingressFilters}/${encodeURIComponent(key)}`;
    return { document: asDocument(await client.getObject(path, undefined, options), "IngressFilter", key) };
  }

  /** @throws ApiError when the server is older than 6.1, to which nothing is sent */
  protected override prepare(options: CallOptions): Promise<void> {
    return requireIngressFilters(IngressFilter.stateOf(this).client, options);
  }

  /**
   * `DELETE /api/v1/ingress_whitelist/{id}`; a filter that was never saved is left alone.
   * @throws ApiError when it was deleted before, or the server is older than 6.1
   */
  override async delete(options: CallOptions = {}): Promise<void> {
    const { client, key, deleted } = IngressFilter.stateOf(this);
    if (key !== undefined && !deleted) await requireIngressFilters(client, options);
    await super.delete(options);
  }

  protected override get collectionPath(): string {
    return edr(IngressFilter.stateOf(this).client).routes.ingressFilters;
  }

  /** Filters are created by the list. */
  protected override createRequest(): WriteRequest {
    return { method: "POST", path: this.collectionPath, body: [this.toJSON()] };
  }

  /** The answer to a list of filters is the list of their ids. */
  protected override answeredFields(answer: unknown): Record<string, unknown> {
    return Array.isArray(answer) && answer.length > 0 ? { id: answer[0] as unknown } : super.answeredFields(answer);
  }
}

function requireIngressFilters(client: ModelHost, options: CallOptions): Promise<void> {
  return requireServer(client, options, "Ingress filters", 6, 1);
}
