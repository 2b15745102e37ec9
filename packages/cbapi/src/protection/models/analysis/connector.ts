import { invalidArgument } from "../../../core/invalid-argument.js";
import { defineModel } from "../../../core/model/define-model.js";
import { Completeness, type Fetched, type Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { WriteRequest } from "../../../core/model/mutable-model.js";
import { savedNumber } from "../../../core/model/saved.js";
import type { DryRun, SaveOptions, WritePlan } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { type ConnectorRegistration, registerConnector } from "../../connector/registration.js";
import { ConnectorRun } from "../../connector/run.js";
import { settingsOf } from "../../connector/settings.js";
import type { ConnectorRunOptions, ConnectorStatistics } from "../../connector/types.js";
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

/** How a connector is registered. */
export type RegisterOptions = SaveOptions;

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

  /**
   * Sees to it that the server knows this connector, as often as it is called: asks for the one of this name, and sends what
   * is missing or different: `POST /connector` for a new one, `PUT /connector/{id}` with the changes, or nothing. Where the
   * token may not read connectors, `POST /connector`, which servers take for a change of the one that they have.
   *
   * One that is there stays enabled or disabled as somebody has set it, unless `registration` says which.
   * @returns the connector; with `dryRun`, what would be sent, `undefined` when nothing would be
   * @throws CbApiError with code `INVALID_ARGUMENT` when a text is missing, or the name is that of a connector of the server's own
   * @example const connector = await Connector.register(cb, { name: "Lab", connectorVersion: "1.0" });
   */
  static async register<D extends boolean | undefined = false>(
    client: ModelHost,
    registration: ConnectorRegistration,
    options?: RegisterOptions & { readonly dryRun?: D },
  ): Promise<DryRun<D, Connector>>;
  static async register(
    client: ModelHost,
    registration: ConnectorRegistration,
    options: RegisterOptions = {},
  ): Promise<Connector | WritePlan | undefined> {
    return registerConnector(client, registration, options);
  }

  /**
   * Works as this connector until it is stopped: asks every `interval` for what is pending, hands each file to `analyse`, the
   * highest priority first and no file twice at a time, and tells the server what comes of it:
   *
   * - a verdict, `{ result, malwareName, ... }`: `POST /notification`, which names the analysis, the connector and the file;
   *   where the server takes no notification, the result alone, `PUT /pendingAnalysis/{id}`;
   * - `{ defer: milliseconds }` or `{ defer: "uploaded" }`: nothing. The file is handed over again then;
   * - `{ cancel: why }`: status 5;
   * - an error that is thrown: after `attempts`, status 4 with the error's message. No file ends the connector.
   *
   * What somebody else has ended meanwhile is no error. A server that is out of order is waited for, and a result is kept
   * until the server has it; what happens meanwhile is told to `onError`.
   *
   * A connector that is not registered yet is registered first, as {@link Connector.register} does it. Nothing that the connector
   * has to remember outlives it: what is under way when it is killed is still pending for the next one.
   * @returns what was done, once it is stopped by `signal` or `timeout`, and what was under way has ended or `stopTimeout` is over
   * @throws UnauthorizedError when the server no longer accepts the token, or the permission "Extend connectors through API"
   * is missing; ConnectionError when the address cannot be right, and ClientError when the server refuses to list what is pending
   * @throws whatever `onResult` or `onError` throws
   * @throws CbApiError with code `INVALID_ARGUMENT` when an option has no meaning
   * @example
   * const connector = await Connector.register(cb, { name: "Lab", connectorVersion: "1.0" });
   * await connector.run({
   *   signal,
   *   analyse: async (pending, { file, signal }) => ({ result: await scan(file.stream(), signal) }),
   * });
   */
  async run(options: ConnectorRunOptions): Promise<ConnectorStatistics> {
    const settings = settingsOf(options);
    if (this.isInternal === true) throw invalidArgument(`${this.name} is a connector of the server's own`);
    const { client, key } = Connector.stateOf(this);
    const run = new ConnectorRun(client, settings);
    if (key !== undefined) return run.run(() => this);
    const { name = "", analysisName, connectorVersion = "", canAnalyze, enabled, analysisEnabled } = this;
    const own = { name, analysisName, connectorVersion, canAnalyze, enabled, analysisEnabled };
    return run.run((signal) => Connector.register(client, own, { signal }));
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
