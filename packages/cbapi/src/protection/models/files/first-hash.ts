/** The first hash that a file has: its MD5, its SHA-1 or its SHA-256. */
export function firstHash(file: {
  readonly md5: string | undefined;
  readonly sha1: string | undefined;
  readonly sha256: string | undefined;
}): string | undefined {
  // All are looked at, so that a file that is known in part is known to miss some.
  return [file.md5, file.sha1, file.sha256].find((hash) => hash !== undefined && hash !== "");
}
