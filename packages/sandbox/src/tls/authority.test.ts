import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { afterAll, describe, expect, it } from "vitest";
import { issueCertificate } from "./certificate.js";
import { CertificateAuthority, type CertificateVariant, type ServerCertificate } from "./index.js";

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
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const serials = Array.from({ length: 20 }, () => authority.issue(undefined, "trusted", privateKey).cert);
    expect(new Set(serials.map((cert) => new X509Certificate(cert).serialNumber)).size).toBe(20);
    const own = [authority.issue(), authority.issue()].map(({ cert }) => new X509Certificate(cert));
    expect(own[0]?.publicKey.equals((own[1] as X509Certificate).publicKey)).toBe(false);
    expect(own[0]?.serialNumber).not.toBe(own[1]?.serialNumber);
  });

  it("writes dates on both sides of 2050, where the encoding changes", () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
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

  it("is replaced when its key is not of the kind that signs", () => {
    const directory = join(folder, "other-kind");
    const first = CertificateAuthority.open(directory);
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeFileSync(join(directory, "ca-key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
    const second = CertificateAuthority.open(directory);
    expect(second.certificate).not.toBe(first.certificate);
    expect(new X509Certificate(second.certificate).publicKey.asymmetricKeyType).toBe("rsa");
  });

  it("is replaced when key and certificate do not belong together", () => {
    const directory = join(folder, "mixed");
    const first = CertificateAuthority.open(directory);
    writeFileSync(join(directory, "ca.pem"), CertificateAuthority.create().certificate);
    expect(CertificateAuthority.open(directory).certificate).not.toBe(first.certificate);
  });
});
