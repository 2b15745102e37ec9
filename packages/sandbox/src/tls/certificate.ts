import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import {
  bits,
  boolean,
  bytesOf,
  encoded,
  identifier,
  nothing,
  octets,
  positive,
  sequence,
  setOf,
  tagged,
  time,
  utf8,
  type Value,
} from "./der.js";

/** What a certificate says, and who signs it. */
export interface CertificateRequest {
  /** Common name of the holder. */
  subject: string;
  /** Common name of the signer; the same as `subject` in a self-signed certificate. */
  issuer: string;
  /** The holder's private key; the certificate carries its public half. */
  key: KeyObject;
  /** The signer's private key; one that {@link canSign}. */
  signingKey: KeyObject;
  notBefore: Date;
  notAfter: Date;
  /** Host names and addresses that a server certificate is good for. */
  hosts?: readonly string[];
  /** Whether the holder may sign certificates itself. */
  authority?: boolean;
}

const ORGANISATION = "Carbon Black sandbox";
const OID = {
  organizationName: "2.5.4.10",
  commonName: "2.5.4.3",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

/** How signatures with a kind of key are called, always over SHA-256. */
const SIGNATURES: Readonly<Record<string, Value>> = {
  ec: sequence(identifier("1.2.840.10045.4.3.2")),
  // Of RSA, the parameters are there and empty; of the other kind they are absent.
  rsa: sequence(identifier("1.2.840.113549.1.1.11"), nothing()),
};

/** Whether certificates can be signed with a key here: of an elliptic curve, or RSA. */
export const canSign = (key: KeyObject): boolean => signatureOf(key) !== undefined;

/**
 * Writes and signs an X.509 v3 certificate and returns it as PEM. It carries the key identifiers and usages that the
 * strict verifiers of newer OpenSSL and Python versions insist on.
 */
export function issueCertificate(request: CertificateRequest): string {
  const algorithm = signatureOf(request.signingKey);
  if (algorithm === undefined)
    throw new TypeError("Certificates are signed with RSA keys and those of elliptic curves");
  const content = sequence(
    tagged(0, positive(Buffer.from([2]))), // the third version
    // The first byte keeps the number positive and its length the same.
    positive(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name(request.issuer),
    sequence(time(request.notBefore), time(request.notAfter)),
    name(request.subject),
    publicHalf(request.key),
    tagged(3, sequence(...extensions(request))),
  );
  return pem(bytesOf(sequence(content, algorithm, bits(sign("sha256", bytesOf(content), request.signingKey)))));
}

function extensions(request: CertificateRequest): Value[] {
  const authority = request.authority === true;
  const hosts = request.hosts ?? [];
  return [
    // What is false is left out.
    extension(OID.basicConstraints, sequence(...(authority ? [boolean(true)] : [])), true),
    // Signs certificates and lists of revoked ones; or signs the handshake.
    extension(
      OID.keyUsage,
      authority ? bits(Buffer.from([0b0000_0110]), 1) : bits(Buffer.from([0b1000_0000]), 7),
      true,
    ),
    extension(OID.subjectKeyIdentifier, octets(keyIdentifier(request.key))),
    extension(OID.authorityKeyIdentifier, sequence(tagged(0, keyIdentifier(request.signingKey)))),
    ...(authority ? [] : [extension(OID.extKeyUsage, sequence(identifier(OID.serverAuth)))]),
    ...(hosts.length === 0 ? [] : [extension(OID.subjectAltName, sequence(...hosts.map(alternativeName)))]),
  ];
}

const extension = (id: string, value: Value, critical = false): Value =>
  sequence(identifier(id), ...(critical ? [boolean(true)] : []), octets(bytesOf(value)));

/** In UTF-8: the older forms of text have no room for characters such as `*` and `_`. */
const name = (commonName: string): Value =>
  sequence(
    setOf(sequence(identifier(OID.organizationName), utf8(ORGANISATION))),
    setOf(sequence(identifier(OID.commonName), utf8(commonName))),
  );

const alternativeName = (host: string): Value =>
  isIP(host) ? tagged(7, addressBytes(host)) : tagged(2, Buffer.from(host));

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  // The URL parser writes an IPv6 address in hexadecimal groups only, at most one run of zeros left out.
  const [before = "", after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const [head, tail] = [groups(before), groups(after ?? "")];
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, "0")).join(""), "hex");
}

const signatureOf = (key: KeyObject): Value | undefined => SIGNATURES[key.asymmetricKeyType ?? ""];

const publicHalf = (key: KeyObject): Value => encoded(createPublicKey(key).export({ type: "spki", format: "der" }));

/** By which a certificate and those that its holder has signed find each other (RFC 5280, 4.2.1.2, the first way). */
const keyIdentifier = (key: KeyObject): Buffer => createHash("sha1").update(keyBits(key)).digest();

/** The public half without what says of which kind it is. */
function keyBits(key: KeyObject): Buffer {
  const half = createPublicKey(key);
  if (half.asymmetricKeyType === "rsa") return half.export({ type: "pkcs1", format: "der" });
  const { x = "", y = "" } = half.export({ format: "jwk" });
  return Buffer.concat([Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
}

const pem = (certificate: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64").replace(/.{64}(?=.)/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
