import type { webcrypto } from "node:crypto";

// The certificate library wants a metadata polyfill of which it uses next to nothing.
Object.assign(Reflect, {
  getMetadata: () => undefined,
  getOwnMetadata: () => undefined,
  defineMetadata: () => undefined,
});
const x509 = await import("@peculiar/x509");

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 86_400_000;

/** A certificate in PEM, and what it was made with. */
export interface Identity {
  readonly name: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly cert: string;
  readonly key: string;
}

let serial = 1;
/** Issues a certificate: for this machine, signed by itself and valid today, unless told otherwise. Days count from today. */
export async function issue(
  name: string,
  options: { issuer?: Identity; ca?: boolean; hosts?: ("here" | "elsewhere")[]; days?: [number, number] } = {},
): Promise<Identity> {
  const { issuer, ca = false, hosts = ["here"], days = [-1, 30] } = options;
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const names = hosts.flatMap((host) =>
    host === "here"
      ? [
          { type: "dns" as const, value: "localhost" },
          { type: "ip" as const, value: "127.0.0.1" },
        ]
      : [{ type: "dns" as const, value: "cb.elsewhere.example" }],
  );
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `0${serial++}`,
    subject: `CN=${name}`,
    issuer: `CN=${issuer?.name ?? name}`,
    notBefore: new Date(Date.now() + days[0] * DAY),
    notAfter: new Date(Date.now() + days[1] * DAY),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(ca, undefined, true),
      new x509.SubjectAlternativeNameExtension(names),
    ],
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    name,
    keys,
    cert: `${certificate.toString("pem")}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
  };
}
