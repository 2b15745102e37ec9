import type { BinaryRecord } from "./binary.js";
import type { ObjectRecords } from "./objects.js";
import type { ProcessRecord } from "./process.js";
import type { GroupRecord, SensorRecord, SiteRecord } from "./sensor.js";

/** Where generator and importer put what they make, in any order of kinds; the store takes it in batches. */
export interface OrganisationSink {
  site(record: SiteRecord): void;
  group(record: GroupRecord): void;
  sensor(record: SensorRecord): void;
  binary(record: BinaryRecord): void;
  process(record: ProcessRecord): void;
  /** An object of a kind that is kept whole, under its key. */
  object<K extends keyof ObjectRecords>(kind: K, key: number | string, record: ObjectRecords[K]): void;
}

/** What is in an organisation already, for those who add to it. */
export interface KnownOrganisation {
  sensors(): readonly SensorRecord[];
  binary(md5: string): BinaryRecord | undefined;
  /** The processes of a sensor that were read from logs, with all their events: those that have an origin. */
  imported(sensorId: number): ProcessRecord[];
}
