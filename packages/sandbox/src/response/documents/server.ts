import type { LicenseRecord } from "../license.js";
import { licenseRequest } from "../license.js";
import type { VersionTraits } from "../version.js";
import { isoTime } from "./time.js";

/** What the server says of itself to whoever connects. */
export function infoDocument(traits: VersionTraits, liveResponse: boolean): Record<string, unknown> {
  return {
    version: traits.version,
    version_release: traits.release,
    release: traits.release,
    cblrEnabled: liveResponse,
    banningEnabled: true,
    bannedHashesEnabled: true,
    liveResponseAutoAttach: true,
    linuxInstallerExists: true,
    osxInstallerExists: true,
    vdiGloballyEnabled: false,
    cloud_install: false,
    binaryPageSize: 10,
    processPageSize: 10,
    maxSearchResultRows: 1000,
    maxRowsSolrReportQuery: 10000,
    searchExportCount: 1000,
    timestampDeltaThreshold: 5,
    binaryOrder: "",
    processOrder: "",
    features: {
      immutable_documents: traits.immutableSegments,
      event_exclusions: true,
      thirdparty_sharing: true,
      ipv6_support: traits.dottedAddresses,
    },
    user_preferences: {},
  };
}

/** How much the event store holds. */
export interface Usage {
  documents: number;
  bytes: number;
}

const SERVER_TOKEN = "sandbox";

/** A licence, and how far it is used. */
export function licenseDocument({ end, sensors: most }: LicenseRecord, sensors: number, now: number): object {
  const expired = now > end;
  return {
    license_valid: !expired && sensors <= most,
    license_end_date: isoTime(end).slice(0, 10),
    licensed_sensor_count: most,
    server_token: SERVER_TOKEN,
    license_expired: expired,
    licensed_sensor_count_exceeded: sensors > most,
    actual_sensor_count: sensors,
    license_request_block: licenseRequest(SERVER_TOKEN, sensors),
  };
}

/** Figures of the store and of its disk. */
export function dashboardDocument(usage: Usage, sensors: number, binaries: number): Record<string, unknown> {
  const volume = 512 * 1024 ** 3;
  return {
    sensor_count: sensors,
    binary_count: binaries,
    process_count: usage.documents,
    storage: {
      "0": {
        EventStoreStats: { DocumentCount: usage.documents, UsedSize: usage.bytes },
        FileSystems: [
          {
            AvailableSize: volume - usage.bytes,
            MountPoint: "/var/cb/data",
            Name: "/dev/sda2",
            TotalSize: volume,
            Type: "ext4",
            UsedSize: usage.bytes,
          },
        ],
        ModuleInfoStoreStats: { DocumentCount: binaries },
        ModuleStoreStats: { DocumentCount: binaries },
      },
    },
  };
}

/** Sensor versions on offer. */
export const SENSOR_BUILDS = {
  Windows: [{ version_string: "006.002.005.91203" }, { version_string: "007.003.001.18041" }],
  Linux: [{ version_string: "006.002.003.10089" }, { version_string: "007.001.000.15720" }],
  OSX: [{ version_string: "006.003.000.10041" }, { version_string: "007.002.000.16110" }],
};
