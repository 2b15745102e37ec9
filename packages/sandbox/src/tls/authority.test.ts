import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  KeyObject,
  type webcrypto,
  X509Certificate,
} from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { afterAll, describe, expect, it } from "vitest";
import { issueCertificate } from "./certificate.js";
import { CertificateAuthority, type CertificateVariant, type ServerCertificate } from "./index.js";

// The certificate library wants a metadata polyfill of which it uses next to nothing.
Object.assign(Reflect, {
  getMetadata: () => undefined,
  getOwnMetadata: () => undefined,
  defineMetadata: () => undefined,
});
const x509 = await import("@peculiar/x509");

const authority = CertificateAuthority.create();
const folder = mkdtempSync(join(tmpdir(), "authority-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Shakes hands over a real socket; resolves to `trusted` or to the error code of the client. */
async function handshake(certificate: ServerCertificate, ca: string, servername = "localhost"): Promise<string> {
  const server = createServer({ ...certificate, minVersion: "TLSv1.2" });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await new Promise((resolve) => {
      const { port } = server.address() as AddressInfo;
      const client = connect({ port, host: "127.0.0.1", servername, ca });
      client.once("secureConnect", () => resolve("trusted"));
      client.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      client.once("close", () => resolve("closed"));
      client.on("secureConnect", () => client.destroy());
    });
  } finally {
    server.close();
  }
}

const curveKey = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

describe("the sandbox's certificate authority", () => {
  it("issues certificates that a client who trusts it accepts", async () => {
    expect(await handshake(authority.issue(), authority.certificate)).toBe("trusted");
  });

  it("is not trusted by a client who trusts another one", async () => {
    const other = CertificateAuthority.create();
    expect(await handshake(authority.issue(), other.certificate)).toMatch(/SIGNATURE|ISSUER|VERIFY/);
  });

  it.each<[CertificateVariant, RegExp]>([
    ["expired", /^CERT_HAS_EXPIRED$/],
    ["wrong-host", /^ERR_TLS_CERT_ALTNAME_INVALID$/],
    ["self-signed", /^DEPTH_ZERO_SELF_SIGNED_CERT$/],
    ["unknown-authority", /^UNABLE_TO_(GET_ISSUER_CERT_LOCALLY|VERIFY_LEAF_SIGNATURE)$/],
  ])("issues a certificate that is %s", async (variant, code) => {
    expect(await handshake(authority.issue(undefined, variant), authority.certificate)).toMatch(code);
  });

  it("issues a self-signed certificate that can be pinned", async () => {
    const certificate = authority.issue(undefined, "self-signed");
    expect(await handshake(certificate, certificate.cert)).toBe("trusted");
  });

  it("names hosts, IPv4 and IPv6 addresses", () => {
    const { cert } = authority.issue(["localhost", "127.0.0.1", "::1", "fe80::1:2", "2001:db8:0:0:8:800:200c:417a"]);
    const parsed = new X509Certificate(cert);
    expect(parsed.checkHost("localhost")).toBe("localhost");
    for (const address of ["127.0.0.1", "::1", "fe80::1:2", "2001:db8::8:800:200c:417a"]) {
      expect(parsed.checkIP(address)).toBeDefined();
    }
    expect(parsed.checkIP("127.0.0.2")).toBeUndefined();
    expect(parsed.ca).toBe(false);
    expect(parsed.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
  });

  it("names IPv4 addresses that are written as IPv6", () => {
    const parsed = new X509Certificate(authority.issue(["::ffff:192.0.2.1"]).cert);
    expect(parsed.checkIP("::ffff:192.0.2.1")).toBeDefined();
  });

  it("gives every certificate its own serial number and key", () => {
    const issued = Array.from({ length: 20 }, () => new X509Certificate(authority.issue().cert));
    expect(new Set(issued.map(({ serialNumber }) => serialNumber)).size).toBe(20);
    expect(new Set(issued.map(({ publicKey }) => publicKey.export({ type: "spki", format: "pem" }))).size).toBe(20);
  });

  it("writes what a verifier of another make reads too", () => {
    // Addresses and names of every length, so that the lengths of the parts take one, two and three bytes.
    for (const count of [1, 5, 40, 4000]) {
      const hosts = Array.from({ length: count }, (_, at) => `host-${at}.example`);
      const certificate = new x509.X509Certificate(authority.issue(hosts).cert);
      expect(certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items).toHaveLength(count);
      // An elliptic key encrypts no other keys, and may not say that it does.
      expect(certificate.getExtension(x509.KeyUsagesExtension)?.usages).toBe(x509.KeyUsageFlags.digitalSignature);
      expect(certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages).toEqual(["1.3.6.1.5.5.7.3.1"]);
      expect(certificate.subject).toBe("O=Carbon Black sandbox, CN=host-0.example");
    }
    const own = new x509.X509Certificate(authority.certificate);
    expect(own.getExtension(x509.BasicConstraintsExtension)).toMatchObject({ ca: true, critical: true });
    expect(own.getExtension(x509.KeyUsagesExtension)?.usages).toBe(
      x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
    );
    const leaf = new x509.X509Certificate(authority.issue().cert);
    expect(leaf.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId).toBe(
      own.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId,
    );
  });

  it("writes dates on both sides of 2050, where the encoding changes", () => {
    const privateKey = curveKey();
    const notAfter = new Date("2061-02-03T04:05:06Z");
    const parsed = new X509Certificate(
      issueCertificate({
        subject: "x",
        issuer: "x",
        key: privateKey,
        signingKey: privateKey,
        notBefore: new Date(0),
        notAfter,
      }),
    );
    expect(new Date(parsed.validTo)).toEqual(notAfter);
    expect(new Date(parsed.validFrom)).toEqual(new Date(0));
  });
});

describe("an authority kept in a folder", () => {
  it("is the same after a restart, and its key is readable by its owner only", () => {
    const directory = join(folder, "kept");
    const first = CertificateAuthority.open(directory);
    expect(CertificateAuthority.open(directory).certificate).toBe(first.certificate);
    expect(statSync(join(directory, "ca-key.pem")).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it("signs with the key that was kept", async () => {
    const directory = join(folder, "signs");
    const first = CertificateAuthority.open(directory);
    expect(await handshake(CertificateAuthority.open(directory).issue(), first.certificate)).toBe("trusted");
  });

  it.each(["ca.pem", "ca-key.pem"])("is replaced when %s is damaged", (name) => {
    const directory = join(folder, `damaged-${name}`);
    const first = CertificateAuthority.open(directory);
    writeFileSync(join(directory, name), "garbage");
    const second = CertificateAuthority.open(directory);
    expect(second.certificate).not.toBe(first.certificate);
    expect(CertificateAuthority.open(directory).certificate).toBe(second.certificate);
    expect(statSync(join(directory, "ca-key.pem")).mode & 0o777).toBe(0o600);
  });

  it("goes on with an RSA key, as earlier versions kept one", async () => {
    const directory = join(folder, "rsa");
    CertificateAuthority.open(directory);
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const { certificate } = CertificateAuthority.create(undefined, privateKey);
    writeFileSync(join(directory, "ca.pem"), certificate);
    writeFileSync(join(directory, "ca-key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
    const kept = CertificateAuthority.open(directory);
    expect(kept.certificate).toBe(certificate);
    const issued = kept.issue();
    expect(await handshake(issued, certificate)).toBe("trusted");
    // Signers are looked for by the hash of their public half, as those versions wrote it.
    const half = createPublicKey(privateKey).export({ type: "pkcs1", format: "der" });
    const keyId = createHash("sha1").update(half).digest("hex");
    const parsed = new x509.X509Certificate(issued.cert);
    expect(parsed.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId).toBe(keyId);
  });

  it("is replaced when its key is not of a kind that signs", async () => {
    const directory = join(folder, "other-kind");
    CertificateAuthority.open(directory);
    const keys = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
    const privateKey = KeyObject.from(keys.privateKey);
    expect(() => CertificateAuthority.create("x", privateKey)).toThrow(TypeError);
    // Key and certificate belong together, and are those of an authority.
    const other = await x509.X509CertificateGenerator.createSelfSigned({
      name: "CN=Other",
      notBefore: new Date(),
      notAfter: new Date(Date.now() + 4000 * 86_400_000),
      signingAlgorithm: { name: "Ed25519" },
      keys,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    });
    writeFileSync(join(directory, "ca-key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(join(directory, "ca.pem"), `${other.toString("pem")}\n`);
    const second = CertificateAuthority.open(directory);
    expect(new X509Certificate(second.certificate).publicKey.asymmetricKeyType).toBe("ec");
    expect(await handshake(second.issue(), second.certificate)).toBe("trusted");
  });

  it("is replaced when key and certificate do not belong together", () => {
    const directory = join(folder, "mixed");
    const first = CertificateAuthority.open(directory);
    writeFileSync(join(directory, "ca.pem"), CertificateAuthority.create().certificate);
    expect(CertificateAuthority.open(directory).certificate).not.toBe(first.certificate);
  });
});
