/** The server versions that the sandbox knows how to be. */
export const PROTECTION_VERSIONS = ["7.2.3.1100", "8.0.0.2562", "8.1.4.134", "8.11.0.1"] as const;
/** Played unless another one is asked for. */
export const DEFAULT_PROTECTION_VERSION = "8.1.4.134";

/** What a version does differently, by name: no other file compares version numbers. */
export interface VersionTraits {
  version: string;
  /** Objects, fields and parameters that came with 8.0; policies can be changed from then on. */
  has8: boolean;
  /** How a rule for all policies reads. */
  everywhere: "" | "0";
}

/** The traits of a version; refuses what is no version. */
export function traitsOf(version: string): VersionTraits {
  const numbers = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (numbers === null) {
    throw new RangeError(`${version} is no server version; known are ${PROTECTION_VERSIONS.join(", ")}`);
  }
  const has8 = Number(numbers[1]) >= 8;
  return { version, has8, everywhere: has8 ? "" : "0" };
}
