import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A certificate that nobody has signed but its own key, for one run. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

const ECDSA_WITH_SHA256 = "06082a8648ce3d040302";
const COMMON_NAME = "0603550403";
const BASIC_CONSTRAINTS = "0603551d13";
const SUBJECT_ALT_NAME = "0603551d11";
const DAY = 24 * 60 * 60 * 1000;

/** Makes a certificate for 127.0.0.1. Written out by hand: node:crypto reads certificates and makes none. */
export function makeCertificate(now = Date.now()): ServerCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const toBeSigned = certificateBody(publicKey, now);
  const signature = sign("sha256", toBeSigned, privateKey);
  const der = sequence(toBeSigned, algorithm(), bits(signature));
  return {
    certificate: pem("CERTIFICATE", der),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function certificateBody(publicKey: KeyObject, now: number): Buffer {
  const name = sequence(tagged(0x31, sequence(hex(COMMON_NAME), tagged(0x0c, Buffer.from("Recorded server")))));
  const extensions = sequence(
    // Critical, and empty: this is no authority.
    sequence(hex(BASIC_CONSTRAINTS), tagged(0x01, hex("ff")), tagged(0x04, sequence())),
    sequence(hex(SUBJECT_ALT_NAME), tagged(0x04, sequence(tagged(0x87, Buffer.from([127, 0, 0, 1]))))),
  );
  return sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    // The first bit stays 0: a serial number is positive.
    tagged(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(8)])),
    algorithm(),
    name,
    sequence(time(now - DAY), time(now + DAY)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, extensions),
  );
}

function tagged(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

const sequence = (...content: Buffer[]): Buffer => tagged(0x30, ...content);
const bits = (content: Buffer): Buffer => tagged(0x03, Buffer.from([0]), content);
const hex = (text: string): Buffer => Buffer.from(text, "hex");
const algorithm = (): Buffer => sequence(hex(ECDSA_WITH_SHA256));

function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/\D/g, "");
  return tagged(0x18, Buffer.from(`${digits.slice(0, 14)}Z`));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
