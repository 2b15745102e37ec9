import { isIPv4, isIPv6 } from "node:net";
import { InvalidObjectError } from "../../../core/errors.js";

// What the server refuses, or takes and never matches, told before it is sent.

const MD5 = /^[0-9a-f]{32}$/i;
const SHA256 = /^[0-9a-f]{64}$/i;
/** An IPv6 address as conditions on it are written: without colons. */
const BARE_IPV6 = /^[0-9a-f]{32}$/i;
const LABEL = /^(?!-)[\p{L}\p{N}_-]{1,63}(?<!-)$/u;

/** The kinds of value that can be told from wrong ones. */
export type ValueKind = "md5" | "sha256" | "hash" | "ipv4" | "ipv6" | "domain" | "url" | "text";

const names: Readonly<Record<ValueKind, string>> = {
  md5: "an MD5 hash (32 hex digits)",
  sha256: "a SHA-256 hash (64 hex digits)",
  hash: "an MD5 or SHA-256 hash (32 or 64 hex digits)",
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  domain: "a domain name",
  url: "a valid URL",
  text: "a text that is not empty",
};

const isOf: Readonly<Record<ValueKind, (text: string) => boolean>> = {
  md5: (text) => MD5.test(text),
  sha256: (text) => SHA256.test(text),
  hash: (text) => MD5.test(text) || SHA256.test(text),
  ipv4: (text) => isNetwork(text, isIPv4, 32),
  ipv6: (text) => BARE_IPV6.test(text) || isNetwork(text, isIPv6, 128),
  domain: isDomain,
  url: isUrl,
  text: (text) => text.trim() !== "",
};

/** @throws InvalidObjectError naming the value, what it is to be, and where it stands */
export function requireKind(value: unknown, kind: ValueKind, where: string): void {
  if (typeof value === "string" && isOf[kind](value)) return;
  throw new InvalidObjectError(`${where} should be ${names[kind]}, got ${shown(value)}`);
}

/** Where a report says to read on: servers give addresses without a scheme, too. */
export function requireLink(value: unknown, where: string): void {
  if (value === undefined || value === null || value === "") return;
  if (typeof value === "string" && (isUrl(value) || isNetwork(value, isIPv4, 32) || isHost(value))) return;
  throw new InvalidObjectError(`${where} should be a valid URL, got ${shown(value)}`);
}

/** What values a field of a condition has, as far as its name tells. */
export function kindOfField(field: string): ValueKind {
  const name = field.toLowerCase();
  if (/(^|_)md5$/.test(name)) return "md5";
  if (/(^|_)sha256$/.test(name)) return "sha256";
  if (/(^|_)hash$/.test(name)) return "hash";
  if (/(^|_)ipv4$/.test(name)) return "ipv4";
  if (/(^|_)ipv6$/.test(name)) return "ipv6";
  if (name === "dns" || /(^|_)domain$/.test(name)) return "domain";
  return "text";
}

/** A value as errors show it. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

function isNetwork(text: string, isAddress: (text: string) => boolean, bits: number): boolean {
  const [address = "", length, ...rest] = text.split("/");
  if (address.includes("%") || !isAddress(address) || rest.length > 0) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits);
}

/** A name of one label, as of a host inside, is one as well; four numbers are an address. */
function isDomain(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  return text.length <= 254 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "");
}

function isHost(text: string): boolean {
  const [host = ""] = text.split(/[/?#]/);
  return host.includes(".") && isDomain(host.replace(/:\d+$/, ""));
}

function isUrl(text: string): boolean {
  if (/\s/.test(text) || !/^(https?|ftp):\/\//i.test(text) || !URL.canParse(text)) return false;
  return new URL(text).hostname !== "";
}
