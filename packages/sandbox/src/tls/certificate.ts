import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import * as der from "./der.js";

/** What a certificate says, and who signs it. */
export interface CertificateRequest {
  /** Common name of the holder. */
  subject: string;
  /** Common name of the signer; the same as `subject` in a self-signed certificate. */
  issuer: string;
  /** The holder's private key; the certificate carries its public half. */
  key: KeyObject;
  /** The signer's private key. */
  signingKey: KeyObject;
  notBefore: Date;
  notAfter: Date;
  /** Host names and addresses that a server certificate is good for. */
  hosts?: readonly string[];
  /** Whether the holder may sign certificates itself. */
  authority?: boolean;
}

const oids = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  organizationName: "2.5.4.10",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
};

/**
 * Writes and signs an X.509 v3 certificate (ECDSA P-256, SHA-256) and returns it as PEM. It carries the key identifiers
 * and usages that the strict verifiers of newer OpenSSL and Python versions insist on.
 */
export function issueCertificate(request: CertificateRequest): string {
  const algorithm = der.sequence(der.oid(oids.ecdsaWithSha256));
  const publicKey = spki(request.key);
  const body = der.sequence(
    der.explicit(0, der.integer(2)), // the number of version 3
    der.integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    algorithm,
    name(request.issuer),
    der.sequence(der.time(request.notBefore), der.time(request.notAfter)),
    name(request.subject),
    publicKey,
    der.explicit(3, der.sequence(...extensions(request, publicKey))),
  );
  const signature = sign("sha256", body, request.signingKey);
  return pem("CERTIFICATE", der.sequence(body, algorithm, der.bitString(signature)));
}

function extensions(request: CertificateRequest, publicKey: Buffer): Buffer[] {
  const authority = request.authority === true;
  const list = [
    extension(oids.basicConstraints, true, authority ? der.sequence(der.boolean(true)) : der.sequence()),
    // keyCertSign and cRLSign for an authority, digitalSignature for a server: bits counted from the left.
    extension(
      oids.keyUsage,
      true,
      authority ? der.bitString(Buffer.from([0x06]), 1) : der.bitString(Buffer.from([0x80]), 7),
    ),
    extension(oids.subjectKeyIdentifier, false, der.octetString(keyIdentifier(publicKey))),
    extension(
      oids.authorityKeyIdentifier,
      false,
      der.sequence(der.implicit(0, keyIdentifier(spki(request.signingKey)))),
    ),
  ];
  if (!authority) list.push(extension(oids.extKeyUsage, false, der.sequence(der.oid(oids.serverAuth))));
  if (request.hosts !== undefined && request.hosts.length > 0) {
    list.push(extension(oids.subjectAltName, false, der.sequence(...request.hosts.map(generalName))));
  }
  return list;
}

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  der.sequence(der.oid(id), ...(critical ? [der.boolean(true)] : []), der.octetString(value));

const name = (commonName: string): Buffer =>
  der.sequence(
    der.set(der.sequence(der.oid(oids.organizationName), der.utf8String("Carbon Black sandbox"))),
    der.set(der.sequence(der.oid(oids.commonName), der.utf8String(commonName))),
  );

const generalName = (host: string): Buffer =>
  isIP(host) ? der.implicit(7, addressBytes(host)) : der.implicit(2, Buffer.from(host));

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  // The URL parser writes an IPv6 address in hexadecimal groups only, whatever it was given.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const [left, right] = [groups(head), groups(tail ?? "")];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return Buffer.from([...left, ...zeros, ...right].map((group) => group.padStart(4, "0")).join(""), "hex");
}

const spki = (key: KeyObject): Buffer => createPublicKey(key).export({ type: "spki", format: "der" });

/** RFC 7093 allows any hash here: it only has to be the same on both sides of a signature. */
const keyIdentifier = (publicKey: Buffer): Buffer => createHash("sha256").update(publicKey).digest().subarray(0, 20);

function pem(label: string, content: Buffer): string {
  const lines = content.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
