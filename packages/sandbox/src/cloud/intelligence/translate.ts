import { HttpProblem } from "../../server/product.js";

/** What the fields of EDR's queries are called in the cloud. */
const FIELDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ cmdline: "process_cmdline", path: "process_name", process_name: "process_name", process_pid: "process_pid" },
    ...{ md5: "process_hash", sha256: "process_hash", process_md5: "process_md5", process_sha256: "process_sha256" },
    ...{ username: "process_username", start: "process_start_time", last_update: "device_timestamp" },
    ...{ parent_name: "parent_name", parent_pid: "parent_pid", parent_md5: "parent_hash" },
    ...{ hostname: "device_name", group: "device_group", os_type: "device_os", sensor_id: "device_id" },
    ...{ domain: "netconn_domain", ipaddr: "netconn_ipv4", ipport: "netconn_port" },
    ...{ modload: "modload_name", filemod: "filemod_name", regmod: "regmod_name", childproc_name: "childproc_name" },
    ...{ filewrite_md5: "filemod_hash", childproc_md5: "childproc_hash", crossproc_name: "crossproc_name" },
    ...{ digsig_publisher: "process_publisher", company_name: "process_company_name" },
    ...{ product_name: "process_product_name", file_desc: "process_file_description" },
    ...{ internal_name: "process_internal_name", original_filename: "process_original_filename" },
    ...{ modload_count: "modload_count", filemod_count: "filemod_count", regmod_count: "regmod_count" },
    ...{ netconn_count: "netconn_count", childproc_count: "childproc_count", crossproc_count: "crossproc_count" },
  }),
);

const OPERATORS: ReadonlyMap<string, string> = new Map([
  ...([["and", "AND"] as const, ["or", "OR"], ["not", "NOT"]] as const),
]);
const TOKEN = /\s+|"(?:[^"\\]|\\[\s\S])*"|[[{][^\]}]*[\]}]|[()]|(?:[^\s()"\\]|\\[\s\S]?)+/gy;

/**
 * A query of EDR in the language of the cloud. Names that the cloud knows itself stay; a field that it has nothing like is refused.
 * @param isKnown whether the cloud has such a field
 */
export function translateQuery(text: string, isKnown: (field: string) => boolean): string {
  let at = 0;
  let translated = "";
  for (const match of text.matchAll(TOKEN)) {
    if (match.index !== at) break;
    at += match[0].length;
    translated += translateToken(match[0], isKnown);
  }
  if (at < text.length) throw new HttpProblem(400, `The query cannot be read from character ${at + 1} on`);
  return translated;
}

function translateToken(token: string, isKnown: (field: string) => boolean): string {
  if (/^[\s()"[{]/.test(token)) return token;
  const operator = OPERATORS.get(token.toLowerCase());
  if (operator !== undefined) return operator;
  const [, sign = "", name, value = ""] = /^([-+!]?)([A-Za-z_]\w*):([\s\S]*)$/.exec(token) ?? [];
  if (name === undefined) return escaped(token);
  const field = FIELDS.get(name) ?? (isKnown(name) ? name : undefined);
  if (field === undefined) throw new HttpProblem(400, `There is nothing like the field ${name} in the cloud`);
  const isV6 = field === "netconn_ipv4" && value.includes(":");
  return `${sign}${isV6 ? "netconn_ipv6" : field}:${escaped(value)}`;
}

/** Values of EDR have backslashes and colons that mean themselves, and may begin with a sign. */
function escaped(value: string): string {
  if (/^[[{]/.test(value)) return value;
  let text = "";
  for (let at = 0; at < value.length; at++) {
    const sign = value.charAt(at);
    const next = value.charAt(at + 1);
    if (sign === "\\" && /[\s():"\\]/.test(next)) text += sign + value.charAt(++at);
    else if (sign === "\\" || sign === ":" || (at === 0 && /[-+!]/.test(sign))) text += `\\${sign}`;
    else text += sign;
  }
  return text;
}

/** The query that is saved in a text such as `cb.urlver=1&q=process_name%3Anet.exe&cb.q.hostname=x`; other texts are queries. */
export function savedQuery(text: string): string {
  if (!/^(cb\.|q=)/.test(text)) return text;
  const parameters = new URLSearchParams(text);
  const parts = [...parameters].flatMap(([name, value]) => {
    if (name === "q") return value.trim() === "" ? [] : [`(${value})`];
    const field = /^cb\.f?q\.(\w+)$/.exec(name)?.[1];
    return field === undefined ? [] : [`${field}:${value}`];
  });
  const [first = ""] = parts;
  return parts.length === 1 ? first.replace(/^\(([\s\S]*)\)$/, "$1") : parts.join(" ");
}
