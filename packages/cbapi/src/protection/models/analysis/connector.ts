import { defineModel } from "../../../core/model/define-model.js";
import { Completeness, type Fetched, type Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { WriteRequest } from "../../../core/model/mutable-model.js";
import { savedNumber } from "../../../core/model/saved.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { rowsOf } from "../../queries/rows.js";
import { fetchByIds } from "../many.js";
import { PendingAnalysis } from "./pending-analysis.js";

/** Which analyses a connector asks for. */
export interface NextAnalysesOptions extends CallOptions {
  /** How many at most. Default 10. */
  readonly maxCount?: number | undefined;
}

/** How a connector is taken off the server. */
export interface UnregisterOptions extends CallOptions {
  /** Whether the results of its analyses are deleted as well. The server's default is true. */
  readonly deleteData?: boolean | undefined;
}

/**
 * A service that analyses files, or sends notifications, on behalf of the server.
 *
 * Reading it needs the permission "View system configuration", everything else "Extend connectors through API" as well.
 *
 * Saving a new one registers it: `POST /connector`. A connector may do so each time that it starts, as the server changes
 * the registration that it has. Saving changes sends `PUT /connector/{id}` with the id and the changes. The server's own
 * (`isInternal`) cannot be changed.
 * @example
 * const connector = p.create(Connector, { name: "Lab", analysisName: "Lab", connectorVersion: "1.0", canAnalyze: true,
 *   enabled: true, analysisEnabled: true });
 * await connector.save();
 */
export class Connector extends defineModel(
  {
    name: "Connector",
    path: pathOf("connector"),
    key: "id",
    writable: ["name", "analysisName", "connectorVersion", "canAnalyze", "enabled", "analysisEnabled"],
    creatable: true,
    required: ["name", "analysisName", "connectorVersion", "canAnalyze", "enabled", "analysisEnabled"],
    update: "key and changes",
    keyOnly: ["delete", "nextAnalyses"],
  },
  {
    id: t.integer(),
    /** Can be changed. */
    name: t.string(),
    /** Can be changed: what the console calls its analyses. It may be the same as `name`. */
    analysisName: t.string(),
    /** Can be changed. */
    connectorVersion: t.string(),
    /** Can be changed: whether it analyses files. */
    canAnalyze: t.boolean(),
    /** Can be changed. */
    enabled: t.boolean(),
    /** Can be changed: whether files may be sent to it. */
    analysisEnabled: t.boolean(),
    /** Whether it is one of the server's own. */
    isInternal: t.boolean(),
    /** The systems that it can analyse files on; only some of the server's own have any. */
    analysisTargets: t.array(t.string()),
  },
) {
  /** @internal A search for connectors, which has not been sent: `GET /connector`. */
  static query(client: ModelHost): ProtectionQuery<Connector> {
    return ProtectionQuery.of(client, Connector);
  }

  /** @internal `GET /connector?q=id:3|5|8` */
  static fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    return fetchByIds(client, Connector, keys, options);
  }

  /** What it has still to analyse, as a query that has not been sent. */
  get pendingAnalyses(): ProtectionQuery<PendingAnalysis> {
    const id = savedNumber(this, "list its pending analyses");
    return PendingAnalysis.query(Connector.stateOf(this).client).where(`connectorId:${id}`);
  }

  /**
   * The analyses that it should do next, the highest priority first:
   * `GET /pendingAnalysis?connectorId={id}&maxCount={maxCount}`.
   * @throws ApiError when it has not been saved
   */
  async nextAnalyses(options: NextAnalysesOptions = {}): Promise<PendingAnalysis[]> {
    const { maxCount = 10, ...call } = options;
    const { client } = Connector.stateOf(this);
    const query = { connectorId: savedNumber(this, "list its pending analyses"), maxCount };
    const { path } = PendingAnalysis.spec;
    const rows = rowsOf(await client.getObject(path, query, { ...call, default: [] }), path);
    const { full } = Completeness;
    return rows.map((document) => {
      const key = PendingAnalysis.keyIn(document);
      return new PendingAnalysis({ client, key, document, completeness: full });
    });
  }

  /**
   * Takes it off the server: `DELETE /connector/{id}`, with `deleteData` as it is given. One that was never saved is left
   * alone.
   * @throws ApiError when it was deleted before
   */
  override delete(options: UnregisterOptions = {}): Promise<void> {
    return super.delete(options);
  }

  protected override deleteRequest({ deleteData }: UnregisterOptions): WriteRequest {
    const query = deleteData === undefined ? "" : `?deleteData=${deleteData}`;
    return { method: "DELETE", path: `${this.itemPath}${query}` };
  }
}
