/** How Sysmon's spellings of hashes, GUIDs and paths become the sandbox's. */

/** `SHA1=..,MD5=..,SHA256=..,IMPHASH=..` to its MD5 and SHA-256, lower case; undefined where not given or all zero. */
export function hashesOf(text: string | undefined): { md5?: string; sha256?: string } {
  const hashes: { md5?: string; sha256?: string } = {};
  for (const part of text?.split(",") ?? []) {
    const [name, value = ""] = part.split("=");
    if (!/^[0-9a-f]+$/i.test(value) || /^0+$/.test(value)) continue;
    if (name?.trim().toUpperCase() === "MD5" && value.length === 32) hashes.md5 = value.toLowerCase();
    if (name?.trim().toUpperCase() === "SHA256" && value.length === 64) hashes.sha256 = value.toLowerCase();
  }
  return hashes;
}

/** The bare GUID in lower case; undefined when it is none, or the zeros that Sysmon writes for a process it does not know. */
export function guidOf(text: string | undefined): string | undefined {
  const match = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i.exec(text?.trim() ?? "");
  const guid = match?.[1]?.toLowerCase();
  return guid === undefined || /^[0-]+$/.test(guid) ? undefined : guid;
}

/** A Sysmon GUID holds the second in which the process started: its second part is the low half, the third the high. */
export function startOfGuid(guid: string): number {
  return 1000 * Number.parseInt(guid.slice(14, 18) + guid.slice(9, 13), 16);
}

/**
 * File paths in lower case, as the sensor writes them on Windows: Sysmon spells one file in different ways from event
 * to event. Paths of Linux stay as they are.
 */
export function filePath(text: string): string {
  const path = text.startsWith("\\\\?\\") || text.startsWith("\\??\\") ? text.slice(4) : text;
  return path.startsWith("/") ? path : path.toLowerCase();
}

const hives: readonly (readonly [RegExp, string])[] = [
  [/^(?:hklm|hkey_local_machine)(?=\\|$)/, "\\registry\\machine"],
  [/^(?:hku|hkey_users)(?=\\|$)/, "\\registry\\user"],
  [/^(?:hkcr|hkey_classes_root)(?=\\|$)/, "\\registry\\machine\\software\\classes"],
  // Whose hive it is, the path does not say.
  [/^(?:hkcu|hkey_current_user)(?=\\|$)/, "\\registry\\user\\current"],
];

/** `HKLM\...` to `\registry\machine\...`, lower case. */
export function registryPath(text: string): string {
  const path = text.toLowerCase();
  for (const [hive, name] of hives) if (hive.test(path)) return path.replace(hive, name);
  return path;
}

/** The addresses in the answers of a DNS query: `type:  5 name;::ffff:1.2.3.4;` holds one. */
export function answeredAddresses(text: string | undefined): string[] {
  const parts =
    text?.split(";").map((part) =>
      part
        .trim()
        .replace(/^::ffff:(?=\d+\.)/i, "")
        .toLowerCase(),
    ) ?? [];
  return parts.filter((part) => /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:]+)$/.test(part));
}
