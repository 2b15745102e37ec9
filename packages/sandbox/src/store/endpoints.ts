import type { GroupRecord, SensorRecord, SiteRecord } from "../domain/index.js";
import type { Store } from "./store.js";
import { fold } from "./tokens.js";

/** Which sensors are meant. */
export interface SensorFilter {
  /** Part of the computer name, with regard to case. */
  hostname?: string;
  /** Part of an address. Counts alone when given together with a name. */
  ip?: string;
  group_id?: number;
}

/** Sensors by id. */
export function findSensors(store: Store, filter: SensorFilter = {}): SensorRecord[] {
  const rows = store.database.all<{ id: number; record: string }>("SELECT id, record FROM sensor ORDER BY id");
  const { hostname, ip, group_id } = filter;
  return rows
    .map((row) => readRecord(store, row.id, row.record))
    .filter((record) => {
      if (group_id !== undefined && record.group_id !== group_id) return false;
      if (ip !== undefined) return record.interfaces.some((each) => each.ip.includes(ip));
      return hostname === undefined || record.computer_name.includes(hostname);
    });
}

/** Records as they were read last, with the text that they were read from: page after page asks for all of them. */
const read = new WeakMap<Store, Map<number, { readonly text: string; readonly record: SensorRecord }>>();

function readRecord(store: Store, id: number, text: string): SensorRecord {
  const records = read.get(store) ?? new Map<number, { text: string; record: SensorRecord }>();
  read.set(store, records);
  const known = records.get(id);
  if (known?.text === text) return known.record;
  const record = JSON.parse(text) as SensorRecord;
  records.set(id, { text, record });
  return record;
}

/** The sensor of an id. */
export function findSensor(store: Store, id: number): SensorRecord | undefined {
  const row = store.database.first<{ record: string }>("SELECT record FROM sensor WHERE id = ?", [id]);
  return row === undefined ? undefined : (JSON.parse(row.record) as SensorRecord);
}

/** The sensors that can report and of which something was asked at some time. */
export function findSensorsWithRequests(store: Store): SensorRecord[] {
  const rows = store.database.all<{ record: string }>(
    `SELECT record FROM sensor WHERE json_extract(record, '$.state') IS NOT NULL AND json_extract(record, '$.online')
     ORDER BY id`,
  );
  return rows.map((row) => JSON.parse(row.record) as SensorRecord);
}

/** The sensor of a computer, by its name without regard to case; of several, the one that was registered last. */
export function findSensorByName(store: Store, name: string): SensorRecord | undefined {
  const row = store.database.first<{ record: string }>(
    "SELECT record FROM sensor WHERE hostname = ? ORDER BY id DESC LIMIT 1",
    [fold(name)],
  );
  return row === undefined ? undefined : (JSON.parse(row.record) as SensorRecord);
}

/** A group with the number of its sensors. */
export interface GroupRow {
  record: GroupRecord;
  hosts: number;
}

/** All groups by id. */
export function findGroups(store: Store): GroupRow[] {
  const rows = store.database.all<{ record: string; hosts: number }>(
    `SELECT g.record, (SELECT count(*) FROM sensor h WHERE h.group_id = g.id) AS hosts FROM sensor_group g ORDER BY g.id`,
  );
  return rows.map(({ record, hosts }) => ({ record: JSON.parse(record) as GroupRecord, hosts }));
}

/** The group of an id. */
export function findGroup(store: Store, id: number): GroupRecord | undefined {
  const row = store.database.first<{ record: string }>("SELECT record FROM sensor_group WHERE id = ?", [id]);
  return row === undefined ? undefined : (JSON.parse(row.record) as GroupRecord);
}

/** Removes a group; its sensors go to another one. */
export function removeGroup(store: Store, id: number, heir: number): void {
  store.transaction(() => {
    for (const record of findSensors(store, { group_id: id })) store.sensor({ ...record, group_id: heir });
    rememberNumber(store, "sensor_group");
    store.change("DELETE FROM sensor_group WHERE id = ?", [id]);
  });
}

/** Removes a site with its rules for throttling. */
export function removeSite(store: Store, id: number): void {
  store.transaction(() => {
    const throttles = store.collection("throttle");
    for (const rule of throttles.all()) if (rule.site_id === id) throttles.remove(rule.id);
    rememberNumber(store, "site");
    store.change("DELETE FROM site WHERE id = ?", [id]);
  });
}

/** A number that no group or site has or had. */
export function nextNumber(store: Store, table: NumberedTable): number {
  return highestNumber(store, table) + 1;
}

type NumberedTable = "sensor_group" | "site";

function highestNumber(store: Store, table: NumberedTable): number {
  return store.database.count(
    `SELECT max(n) AS n FROM (SELECT max(id) AS n FROM ${table}
     UNION ALL SELECT highest FROM object_sequence WHERE kind = ?)`,
    [table],
  );
}

/** Once a row is gone, nothing but this tells that its number was given out. */
function rememberNumber(store: Store, table: NumberedTable): void {
  const highest = highestNumber(store, table);
  store.change("INSERT OR REPLACE INTO object_sequence (kind, highest) VALUES (?, ?)", [table, highest]);
}

/** All sites by id. */
export function findSites(store: Store): SiteRecord[] {
  return store.database.all<SiteRecord>("SELECT id, name FROM site ORDER BY id").map(({ id, name }) => ({ id, name }));
}
