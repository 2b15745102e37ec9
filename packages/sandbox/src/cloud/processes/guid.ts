/**
 * A process GUID: the organisation's key, then device, pid and time of creation as hex, `ABCD1234-0034d5f2-00000ba0-00000000-01d68709850fe521`.
 * It says the same as the id under which the process is kept.
 */
export function guidOf(orgKey: string, id: string): string {
  const digits = id.replaceAll("-", "");
  return `${orgKey}-${digits.slice(0, 8)}-${digits.slice(8, 16)}-00000000-${digits.slice(16)}`;
}

/** The id that a GUID stands for; undefined when it is none of the organisation's. */
export function idOf(orgKey: string, guid: string): string | undefined {
  const [, org, device, pid, time] =
    /^([^-]+)-([0-9a-f]{8})-([0-9a-f]{8})-0{8}-([0-9a-f]{15,16})$/i.exec(guid.trim()) ?? [];
  if (org?.toUpperCase() !== orgKey || device === undefined || pid === undefined || time === undefined)
    return undefined;
  const ticks = time.padStart(16, "0");
  return `${device}-${pid.slice(0, 4)}-${pid.slice(4)}-${ticks.slice(0, 4)}-${ticks.slice(4)}`.toLowerCase();
}

/** SQL for the GUID of an id. The key is of our own making. */
export const guidSql = (orgKey: string, id: string): string =>
  `'${orgKey}-' || substr(${id}, 1, 8) || '-' || substr(${id}, 10, 4) || substr(${id}, 15, 4) || '-00000000-' || substr(${id}, 20, 4) || substr(${id}, 25)`;
