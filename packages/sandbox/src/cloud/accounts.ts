import { createHash } from "node:crypto";
import { HttpProblem, type TokenRecord } from "../server/product.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SIGNS = `${LETTERS}0123456789`;

/** As many signs as wanted, the same for the same text; the first one is a letter. */
function signsOf(text: string, count: number): string {
  const bytes = createHash("sha256").update(text).digest();
  return Array.from({ length: count }, (_, at) => {
    const from = at === 0 ? LETTERS : SIGNS;
    return from.charAt((bytes[at] ?? 0) % from.length);
  }).join("");
}

/** The key of the organisation that a seed gives: it stands in most paths, and before every process GUID. */
export const organisationKey = (seed: number | string): string => signsOf(`organisation/${seed}`, 8);

/** The number of the same organisation. */
export const organisationNumber = (seed: number | string): number =>
  1_000 + (createHash("sha256").update(`number/${seed}`).digest().readUInt16BE(0) % 60_000);

/** The id of the connector that a secret belongs to; it tells nothing of the secret. */
export const connectorOf = (secret: string): string => signsOf(`connector/${secret}`, 10);

/** What clients of the cloud send for a token of the sandbox: `secret/connector id`. */
export const cloudToken = (secret: string): string =>
  secret.includes("/") ? secret : `${secret}/${connectorOf(secret)}`;

/** Whom a token belongs to. The sandbox knows the secrets only; a secret without its connector's id opens nothing here. */
export function identify(
  token: string | undefined,
  known: TokenRecord | undefined,
  all: readonly TokenRecord[],
): TokenRecord | undefined {
  if (known !== undefined || token === undefined) return known;
  const end = token.lastIndexOf("/");
  const secret = token.slice(0, end);
  if (end < 0 || token.slice(end + 1) !== connectorOf(secret)) return undefined;
  return all.find((record) => record.token === secret);
}

/** The connector that a request came by. */
export function connectorIn(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const token = headers["x-auth-token"];
  const end = typeof token === "string" ? token.lastIndexOf("/") : -1;
  return end < 0 ? undefined : (token as string).slice(end + 1);
}

/** What a key is for, where keys of one kind open what those of others do not. */
export type KeyKind = "API" | "SIEM" | "LIVE_RESPONSE";

/**
 * Refuses a token that lacks a permission, such as `device(READ)`, or is of another kind. A token without
 * {@link TokenRecord.rights} has all of them and is of every kind; one with rights has what is named there.
 */
export function requireRight({ rights }: TokenRecord, right: string | undefined, status: 401 | 403): void {
  if (right === undefined || rights === undefined || rights.includes(right)) return;
  throw new HttpProblem(status, `The API key lacks the permission ${right}`, "FORBIDDEN");
}
