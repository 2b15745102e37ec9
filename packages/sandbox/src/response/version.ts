import type { WordRule } from "../store/tokens.js";

/** The server versions that the sandbox knows how to be. */
export const RESPONSE_VERSIONS = [
  "5.2.0.161004.1206",
  "6.1.0.170531.1416",
  "6.5.2.191219.1200",
  "7.8.0.230101.1200",
] as const;
/** Played unless another one is asked for. */
export const DEFAULT_RESPONSE_VERSION = "6.5.2.191219.1200";

/** What a version does differently, by name: no other file compares version numbers. */
export interface VersionTraits {
  version: string;
  /** `6.5.2-1` */
  release: string;
  /** Segments are times; before, they are counted from 1 and there is no way to ask for all of them. */
  immutableSegments: boolean;
  /** Partitions from before the segments became immutable may still be there. */
  canHoldLegacyEvents: boolean;
  /** The highest version of the event route. */
  newestEventRoute: number;
  commandRule: WordRule;
  /** Addresses in documents are text instead of signed numbers. */
  dottedAddresses: boolean;
  /** Ids and totals of watchlists are text instead of numbers. */
  watchlistNumbersAsText: boolean;
  /** Of the segments' numbers, alerts have the lower 32 bits only. */
  truncatedAlertSegments: boolean;
  sha256: boolean;
  /** Partitions can be rolled, mounted and deleted. */
  managesPartitions: boolean;
  /** A change of a sensor that names any but the fields that can be changed is refused. */
  strictSensorChanges: boolean;
  /** Processes can be kept out as they come in. */
  ingressFilters: boolean;
  /** Live Response sessions name the group of their sensor. */
  sessionsNameGroup: boolean;
  /** An old fault: a list of sensors without a match is an internal error. */
  emptySensorListFails: boolean;
}

/** The traits of a version; refuses what is no version. */
export function traitsOf(version: string): VersionTraits {
  const numbers = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (numbers === null)
    throw new RangeError(`${version} is no server version; known are ${RESPONSE_VERSIONS.join(", ")}`);
  const major = Number(numbers[1]);
  const minor = Number(numbers[2]);
  const atLeast = (wantedMajor: number, wantedMinor: number): boolean =>
    major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  return {
    version,
    release: `${numbers[0]}-1`,
    immutableSegments: atLeast(6, 0),
    canHoldLegacyEvents: major === 6,
    newestEventRoute: newestEventRoute(atLeast),
    commandRule: atLeast(6, 3) ? "command" : "prose",
    dottedAddresses: atLeast(7, 0),
    watchlistNumbersAsText: atLeast(6, 0),
    truncatedAlertSegments: major === 6 && minor === 1,
    sha256: atLeast(7, 0),
    managesPartitions: atLeast(6, 1),
    strictSensorChanges: atLeast(7, 1),
    ingressFilters: atLeast(6, 1),
    sessionsNameGroup: atLeast(7, 0),
    emptySensorListFails: !atLeast(7, 0),
  };
}

function newestEventRoute(atLeast: (major: number, minor: number) => boolean): number {
  if (atLeast(7, 0)) return 5;
  if (atLeast(6, 0)) return 4;
  if (atLeast(5, 2)) return 3;
  return atLeast(5, 1) ? 2 : 1;
}
