import { randomInt } from "node:crypto";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export const isWindows = (osType: number | undefined): boolean => osType === 1;

/** Joins parts with the separator of the endpoint's system, one at each seam. */
export function joinPath(osType: number | undefined, parts: readonly string[]): string {
  const separator = isWindows(osType) ? "\\" : "/";
  const ends = isWindows(osType) ? /[\\/]$/ : /\/$/;
  return parts
    .filter((part) => part !== "")
    .reduce((path, part) => (path === "" ? part : ends.test(path) ? path + part : path + separator + part), "");
}

/** A name in the endpoint's folder for temporary files that nobody can guess. */
export function temporaryName(osType: number | undefined): string {
  const letters = Array.from({ length: 12 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  return isWindows(osType) ? `c:\\windows\\temp\\cblr.${letters}.tmp` : `/tmp/cblr.${letters}.tmp`;
}
