import { createHash } from "node:crypto";
import type { BinaryRecord, OsType, SensorRecord } from "../../domain/index.js";
import { imageBytes } from "../../organisation/files/pe.js";
import { hash32 } from "../../organisation/random.js";
import { baseName } from "../../paths.js";
import { findBinary } from "../../store/binaries.js";
import type { Store } from "../../store/store.js";
import { fold } from "../../store/tokens.js";

const SYSTEMS: Record<OsType, BinaryRecord["os_type"]> = { windows: "Windows", linux: "Linux", osx: "OSX" };

/** A file that is run or loaded on an endpoint. */
export interface UsedFile {
  sensor: SensorRecord;
  path: string;
  /** Its hash, where it is given from outside. */
  md5?: string;
  now: number;
}

/**
 * The binary behind a path on an endpoint: the one that is known there by this path, or elsewhere, or by its name; a new
 * one when nobody has seen such a file yet. The server learns that it was seen.
 */
export function useFile(store: Store, { sensor, path, md5, now }: UsedFile): BinaryRecord {
  const wanted = md5?.toLowerCase() ?? findByPath(store, sensor, path);
  const known = wanted === undefined ? undefined : findBinary(store, wanted)?.record;
  if (known === undefined) {
    const made = newBinary(path, SYSTEMS[sensor.os_type], now, wanted);
    store.binary(made);
    return made;
  }
  if (!known.observed_filename.some((name) => fold(name) === fold(path))) {
    const seen = { ...known, observed_filename: [...known.observed_filename, path], last_seen: now };
    store.binary(seen);
    return seen;
  }
  store.change("UPDATE binary SET last_seen = ?, record = json_set(record, '$.last_seen', ?) WHERE md5 = ?", [
    ...[now, now],
    fold(known.md5),
  ]);
  return known;
}

/** The hash of the file that fits best; of several that fit alike, always the same. */
function findByPath(store: Store, sensor: SensorRecord, path: string): string | undefined {
  const row = store.database.first<{ list: string }>(
    `SELECT json_group_array(json_array(b.md5, json_extract(b.record, '$.observed_filename'),
       EXISTS (SELECT 1 FROM binary_host x WHERE x.md5_value = b.md5_value AND x.sensor_id = ?))) AS list
     FROM binary b WHERE json_extract(b.record, '$.os_type') = ?`,
    [sensor.id, SYSTEMS[sensor.os_type]],
  );
  const files = JSON.parse(row?.list ?? "[]") as [md5: string, names: string[], here: number][];
  const wanted = fold(path);
  const name = baseName(wanted);
  let best: { md5: string; fit: number } | undefined;
  for (const [md5, names, here] of files) {
    const folded = names.map(fold);
    if (!folded.some((each) => baseName(each) === name)) continue;
    const fit = (folded.includes(wanted) ? 2 : 0) + here;
    if (best === undefined || fit > best.fit || (fit === best.fit && md5 < best.md5)) best = { md5, fit };
  }
  return best?.md5;
}

/** A file that nobody has signed. Of one whose hash is given from outside, the server has no copy. */
function newBinary(path: string, os_type: BinaryRecord["os_type"], now: number, md5?: string): BinaryRecord {
  const size = 4096 + (hash32(fold(path)) % 56_000);
  const record: BinaryRecord = {
    ...{ md5: md5 ?? "", sha256: "", observed_filename: [path], os_type },
    ...{ orig_mod_len: size, copied_mod_len: md5 === undefined ? size : 0 },
    is_executable_image: !/\.(dll|so|dylib|sys|ocx|cpl)(\.\d+)*$/i.test(path),
    is_64bit: true,
    ...{ server_added_timestamp: now, last_seen: now },
    digsig_result: "Unsigned",
  };
  if (md5 !== undefined) return record;
  const bytes = imageBytes(record);
  const digest = (algorithm: string): string => createHash(algorithm).update(bytes).digest("hex");
  return { ...record, md5: digest("md5"), sha256: digest("sha256") };
}
