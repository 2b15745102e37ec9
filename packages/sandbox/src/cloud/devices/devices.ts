import { EVERYTHING } from "../../query/index.js";
import type { SqlText } from "../../store/database.js";
import { findSensors } from "../../store/endpoints.js";
import { type CloudContext, policyOfGroup } from "../context.js";
import { perContext } from "../per-context.js";
import { type CriteriaRules, compileBody, compileText, DocumentSearch } from "../search/index.js";
import { type DeviceDocument, deviceDocument } from "./document.js";
import { DEVICE_CRITERIA, DEVICE_FIELDS } from "./fields.js";
import type { DeviceRecord } from "./record.js";

/** The devices of the organisation, which all parts share. */
export const devicesOf = perContext((context) => new Devices(context));

/** All devices as they are at a moment. */
interface Present {
  readonly key: string;
  readonly documents: readonly DeviceDocument[];
  readonly byId: ReadonlyMap<number, DeviceDocument>;
  readonly search: DocumentSearch<DeviceDocument>;
}

/** The endpoints as devices of the cloud: one for each sensor of the organisation, under its id. */
export class Devices {
  readonly #context: CloudContext;
  #present: Present | undefined;
  #users: { readonly revision: number; readonly names: ReadonlyMap<number, string> } | undefined;

  constructor(context: CloudContext) {
    this.#context = context;
    context.store.collection("cloud_device");
  }

  /** All of them, by id. */
  all(): readonly DeviceDocument[] {
    return this.#now().documents;
  }

  get(id: number): DeviceDocument | undefined {
    return this.#now().byId.get(id);
  }

  /** All of them as they are now: for whoever looks many up. */
  byId(): ReadonlyMap<number, DeviceDocument> {
    return this.#now().byId;
  }

  /** Those that a `_search` body asks for, whatever its window. */
  find(body: Record<string, unknown>, order?: SqlText): DeviceDocument[] {
    return this.#now().search.find(this.condition(body), order);
  }

  /** Those that the text of a query asks for. */
  findText(text: string): DeviceDocument[] {
    return this.#now().search.find(text.trim() === "" ? EVERYTHING : this.#compile(text));
  }

  /** Such a body as a condition. Throws for a text that cannot be read. */
  condition(body: Record<string, unknown>): SqlText {
    const rules: CriteriaRules = { fields: DEVICE_FIELDS, special: DEVICE_CRITERIA, now: this.#context.now() };
    return compileBody(body, rules, (text) => this.#compile(text));
  }

  /** The policies that the devices have, by their ids. */
  policies(): ReadonlyMap<number, number> {
    const records = this.#records();
    const sensors = findSensors(this.#context.store);
    return new Map(
      sensors.flatMap(({ id, group_id }) => {
        const known = records.get(id);
        return known?.deleted === true ? [] : [[id, known?.policy_id ?? policyOfGroup(group_id)] as const];
      }),
    );
  }

  /** What is known of a device besides its sensor. */
  record(id: number): DeviceRecord {
    return this.#context.store.collection("cloud_device").get(id) ?? { id };
  }

  put(record: DeviceRecord): void {
    this.#context.store.collection("cloud_device").put(record.id, record);
  }

  /** All records, by the ids of their devices. */
  #records(): ReadonlyMap<number, DeviceRecord> {
    return new Map(
      this.#context.store
        .collection("cloud_device")
        .all()
        .map((record) => [record.id, record]),
    );
  }

  #compile(text: string): SqlText {
    return compileText(text, DEVICE_FIELDS, { now: this.#context.now(), unknown: "nothing" });
  }

  #now(): Present {
    const { store, presence, shared, orgKey, seed, organisationId: id, organisationName: name } = this.#context;
    const records = this.#records();
    const policyNames = shared.policyNames();
    const key = JSON.stringify([store.revision, presence.round, [...records.values()], [...policyNames]]);
    if (this.#present?.key === key) return this.#present;
    const facts = {
      orgKey,
      seed: String(seed),
      presence,
      policyNames,
      users: this.#lastUsers(),
      organisation: { id, name },
    };
    const documents = findSensors(store).flatMap((sensor) => {
      const known = records.get(sensor.id) ?? { id: sensor.id };
      if (known.deleted === true) return [];
      return [deviceDocument(sensor, known, known.policy_id ?? policyOfGroup(sensor.group_id), facts)];
    });
    const byId = new Map(documents.map((document) => [document.id, document]));
    this.#present = { key, documents, byId, search: new DocumentSearch(store.database, documents) };
    return this.#present;
  }

  /** Who has worked on each device last: accounts of the system do not count. */
  #lastUsers(): ReadonlyMap<number, string> {
    const { store } = this.#context;
    const { revision } = store;
    if (this.#users?.revision === revision) return this.#users.names;
    const rows = store.database.all<{ sensor_id: number; username: string }>(
      `SELECT sensor_id, username FROM (SELECT h.id AS sensor_id, (SELECT p.username FROM process p
         WHERE p.sensor_id = h.id AND p.username <> '' AND lower(p.username) NOT GLOB 'nt authority\\*'
           AND lower(p.username) NOT GLOB 'window manager\\*'
           AND lower(p.username) NOT IN ('system', 'local service', 'network service', 'root')
         ORDER BY p.start DESC, p.proc DESC LIMIT 1) AS username FROM sensor h)
       WHERE username IS NOT NULL`,
    );
    const names = new Map(rows.map(({ sensor_id, username }) => [sensor_id, username]));
    this.#users = { revision, names };
    return names;
  }
}
