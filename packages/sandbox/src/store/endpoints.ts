import type { GroupRecord, SensorRecord, SiteRecord } from "../domain.js";
import type { Store } from "./store.js";

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
  const rows = store.database.all<{ record: string }>("SELECT record FROM sensor ORDER BY id");
  const { hostname, ip, group_id } = filter;
  return rows
    .map((row) => JSON.parse(row.record) as SensorRecord)
    .filter((record) => {
      if (group_id !== undefined && record.group_id !== group_id) return false;
      if (ip !== undefined) return record.interfaces.some((each) => each.ip.includes(ip));
      return hostname === undefined || record.computer_name.includes(hostname);
    });
}

/** The sensor of an id. */
export function findSensor(store: Store, id: number): SensorRecord | undefined {
  const row = store.database.first<{ record: string }>("SELECT record FROM sensor WHERE id = ?", [id]);
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

/** All sites by id. */
export function findSites(store: Store): SiteRecord[] {
  return store.database.all<SiteRecord>("SELECT id, name FROM site ORDER BY id").map(({ id, name }) => ({ id, name }));
}
