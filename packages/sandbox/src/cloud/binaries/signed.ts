import { createHmac, timingSafeEqual } from "node:crypto";
import { HttpProblem, type SandboxRequest } from "../../server/product.js";
import type { CloudContext } from "../context.js";

const BASE = "/cloud-signed";

/** An address below this sandbox that opens itself for so many seconds of simulated time: whoever has it needs no key. */
export function signedUrl(context: CloudContext, path: string, lifetime: number): string {
  const expires = String(Math.floor(context.now() / 1000) + lifetime);
  const query = new URLSearchParams({ expires, signature: signatureOf(context, path, expires) });
  return `${context.url()}${BASE}${path}?${query}`;
}

/** Refuses an address that was not given out like this, or that is of no use any more. */
export function checkSigned(context: CloudContext, { path, query }: SandboxRequest): void {
  const expires = query.get("expires") ?? "";
  const given = Buffer.from(query.get("signature") ?? "");
  const wanted = Buffer.from(signatureOf(context, path.slice(BASE.length), expires));
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw new HttpProblem(403, "The address was not signed by this service", "SIGNATURE_MISMATCH");
  }
  if (context.now() >= Number(expires) * 1000) {
    throw new HttpProblem(403, "The address has expired: ask for another one", "EXPIRED");
  }
}

/** Of what stays as long as the organisation does, so that addresses outlive a restart. */
const signatureOf = ({ tokenKey }: CloudContext, path: string, expires: string): string =>
  createHmac("sha256", `signed/${tokenKey}`).update(`${path}\n${expires}`).digest("hex");
