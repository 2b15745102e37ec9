import { createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";
import forge from "node-forge";

/** What a certificate says, and who signs it. Keys are RSA keys: no other kind can be signed with here. */
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

/** The types of the library leave out this one function. */
const pki = forge.pki as typeof forge.pki & {
  getTBSCertificate: (certificate: forge.pki.Certificate) => forge.asn1.Asn1;
};
const sha256WithRsa = "1.2.840.113549.1.1.11";

/**
 * Writes and signs an X.509 v3 certificate (RSA, SHA-256) and returns it as PEM. It carries the key identifiers and
 * usages that the strict verifiers of newer OpenSSL and Python versions insist on.
 */
export function issueCertificate(request: CertificateRequest): string {
  const certificate = pki.createCertificate();
  certificate.publicKey = publicHalf(request.key);
  // The first byte keeps the number positive and its length the same.
  certificate.serialNumber = `01${randomBytes(15).toString("hex")}`;
  certificate.validity.notBefore = request.notBefore;
  certificate.validity.notAfter = request.notAfter;
  certificate.setSubject(name(request.subject));
  certificate.setIssuer(name(request.issuer));
  certificate.setExtensions(extensions(request));
  certificate.signatureOid = sha256WithRsa;
  certificate.siginfo.algorithmOid = sha256WithRsa;
  certificate.tbsCertificate = pki.getTBSCertificate(certificate);
  // Left to Node: the arithmetic of the library takes tens of milliseconds for each signature.
  const content = Buffer.from(forge.asn1.toDer(certificate.tbsCertificate).getBytes(), "binary");
  certificate.signature = sign("sha256", content, request.signingKey).toString("binary");
  return pki.certificateToPem(certificate).replaceAll("\r\n", "\n");
}

function extensions(request: CertificateRequest): object[] {
  const authority = request.authority === true;
  const list: object[] = [
    { name: "basicConstraints", critical: true, cA: authority },
    authority
      ? { name: "keyUsage", critical: true, keyCertSign: true, cRLSign: true }
      : { name: "keyUsage", critical: true, digitalSignature: true, keyEncipherment: true },
    { name: "subjectKeyIdentifier" },
    { name: "authorityKeyIdentifier", keyIdentifier: keyIdentifier(request.signingKey) },
  ];
  if (!authority) list.push({ name: "extKeyUsage", serverAuth: true });
  if (request.hosts !== undefined && request.hosts.length > 0) {
    list.push({ name: "subjectAltName", altNames: request.hosts.map(alternativeName) });
  }
  return list;
}

/**
 * Said to be UTF-8 because the default form has no room for characters such as `*` and `_`. The types take the tag of a
 * string for its class.
 */
const name = (commonName: string): forge.pki.CertificateField[] =>
  [
    { name: "organizationName", value: "Carbon Black sandbox" },
    { name: "commonName", value: commonName },
  ].map((field) => ({ ...field, valueTagClass: forge.asn1.Type.UTF8 as unknown as forge.asn1.Class }));

function alternativeName(host: string): { type: number; value?: string; ip?: string } {
  if (!isIP(host)) return { type: 2, value: host };
  // The URL parser writes an IPv6 address in hexadecimal groups only, the one form that the library reads.
  return { type: 7, ip: isIP(host) === 6 ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host };
}

const publicHalf = (key: KeyObject): forge.pki.rsa.PublicKey =>
  pki.publicKeyFromPem(createPublicKey(key).export({ type: "spki", format: "pem" }).toString());

/** The same fingerprint that the library writes as the signer's own subject key identifier. */
const keyIdentifier = (key: KeyObject): string =>
  pki.getPublicKeyFingerprint(publicHalf(key), { type: "RSAPublicKey" }).getBytes();
