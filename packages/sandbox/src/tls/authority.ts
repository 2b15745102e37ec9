import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canSign, issueCertificate } from "./certificate.js";

/** A certificate chain and its private key, both PEM, as `node:https` takes them. */
export interface ServerCertificate {
  cert: string;
  key: string;
}

/**
 * What is wrong with a server certificate: nothing (`trusted`), it has run out, it is for another host, it is signed by
 * itself, or by an authority that nobody has heard of.
 */
export type CertificateVariant = "trusted" | "expired" | "wrong-host" | "self-signed" | "unknown-authority";

const DAY = 24 * 60 * 60 * 1000;
/** Longer-lived server certificates are refused by some platforms. */
const SERVER_DAYS = 397;
const AUTHORITY_DAYS = 3650;
const AUTHORITY_NAME = "Carbon Black sandbox authority";

/** The hosts of a server that listens on this machine only. */
export const loopbackHosts: readonly string[] = ["localhost", "127.0.0.1", "::1"];

/** The sandbox's own certificate authority: clients trust {@link CertificateAuthority.certificate} and nothing else. */
export class CertificateAuthority {
  /** The authority's own certificate, PEM: what a client is to trust. */
  readonly certificate: string;
  readonly #key: KeyObject;
  readonly #name: string;

  private constructor(certificate: string, key: KeyObject, name: string) {
    this.certificate = certificate;
    this.#key = key;
    this.#name = name;
  }

  /** Makes an authority that lives as long as this object, from a new key if none is given. */
  static create(name = AUTHORITY_NAME, key = newKey()): CertificateAuthority {
    const certificate = issueCertificate({
      subject: name,
      issuer: name,
      key,
      signingKey: key,
      ...validity(AUTHORITY_DAYS),
      authority: true,
    });
    return new CertificateAuthority(certificate, key, name);
  }

  /**
   * Opens the authority kept in a folder (`ca.pem`, `ca-key.pem`), or makes one and keeps it there, so that clients
   * configured once go on trusting the sandbox after a restart. One that is damaged or about to expire is replaced.
   */
  static open(directory: string): CertificateAuthority {
    const certificateFile = join(directory, "ca.pem");
    const keyFile = join(directory, "ca-key.pem");
    const kept = readKept(certificateFile, keyFile);
    if (kept) return new CertificateAuthority(kept.certificate, kept.key, AUTHORITY_NAME);
    const authority = CertificateAuthority.create();
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writePrivate(keyFile, exportKey(authority.#key));
    writeFileSync(certificateFile, authority.certificate);
    return authority;
  }

  /** Issues a certificate for a server on these hosts, or one with a fault in it, each with a new key. */
  issue(hosts: readonly string[] = loopbackHosts, variant: CertificateVariant = "trusted"): ServerCertificate {
    const key = newKey();
    switch (variant) {
      case "trusted":
        return this.#sign(key, hosts, validity(SERVER_DAYS));
      case "expired":
        return this.#sign(key, hosts, { notBefore: fromNow(-30), notAfter: fromNow(-1) });
      case "wrong-host":
        return this.#sign(key, ["cb.somewhere-else.example"], validity(SERVER_DAYS));
      case "unknown-authority":
        return CertificateAuthority.create("Unknown authority").issue(hosts);
      case "self-signed": {
        const subject = hosts[0] ?? "localhost";
        const cert = issueCertificate({
          subject,
          issuer: subject,
          key,
          signingKey: key,
          ...validity(SERVER_DAYS),
          hosts,
        });
        return { cert, key: exportKey(key) };
      }
    }
  }

  #sign(key: KeyObject, hosts: readonly string[], dates: { notBefore: Date; notAfter: Date }): ServerCertificate {
    const cert = issueCertificate({
      subject: hosts[0] ?? "localhost",
      issuer: this.#name,
      key,
      signingKey: this.#key,
      ...dates,
      hosts,
    });
    return { cert, key: exportKey(key) };
  }
}

const fromNow = (days: number): Date => new Date(Date.now() + days * DAY);

/** Certificates live by the real clock, not by the simulated one; a day of slack serves clients whose clock is behind. */
const validity = (days: number): { notBefore: Date; notAfter: Date } => ({
  notBefore: fromNow(-1),
  notAfter: fromNow(days),
});

/** Of an elliptic curve: made in no time, where an RSA key takes as long as a small organisation. */
const newKey = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

const exportKey = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

/** Writes a file that only its owner may read. A mode counts at creation only, so an older file is removed first. */
export function writePrivate(file: string, text: string): void {
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600, flag: "wx" });
}

function readKept(certificateFile: string, keyFile: string): { certificate: string; key: KeyObject } | undefined {
  try {
    const certificate = readFileSync(certificateFile, "utf8");
    const key = createPrivateKey(readFileSync(keyFile, "utf8"));
    const parsed = new X509Certificate(certificate);
    const fitting = parsed.ca && canSign(key) && parsed.checkPrivateKey(key);
    const usable = fitting && new Date(parsed.validTo) > fromNow(SERVER_DAYS);
    return usable ? { certificate, key } : undefined;
  } catch {
    // Missing or unreadable: the caller makes a new one.
    return undefined;
  }
}
