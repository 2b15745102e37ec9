/**
 * Just enough DER (ITU-T X.690) to write a certificate: tag, length, content. Reading is left to Node.
 */

const tagged = (tag: number, content: Buffer): Buffer => Buffer.concat([Buffer.from([tag]), length(content), content]);

/** Short form below 128, otherwise the number of length bytes followed by them. */
function length(content: Buffer): Buffer {
  if (content.length < 0x80) return Buffer.from([content.length]);
  const bytes = unsigned(content.length);
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function unsigned(value: number): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

export const sequence = (...parts: Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts));
export const set = (...parts: Buffer[]): Buffer => tagged(0x31, Buffer.concat(parts));
export const octetString = (content: Buffer): Buffer => tagged(0x04, content);
export const utf8String = (text: string): Buffer => tagged(0x0c, Buffer.from(text));
export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0]));

/** A context-specific tag around complete elements (`[0] EXPLICIT`). */
export const explicit = (number: number, content: Buffer): Buffer => tagged(0xa0 | number, content);

/** A context-specific tag that replaces the one of a primitive element (`[2] IMPLICIT`). */
export const implicit = (number: number, content: Buffer): Buffer => tagged(0x80 | number, content);

/** A non-negative integer from its big-endian bytes; a zero byte keeps the sign bit clear. */
export function integer(value: number | Buffer): Buffer {
  let bytes = typeof value === "number" ? unsigned(value) : value;
  while (bytes.length > 1 && bytes.readUInt8(0) === 0) bytes = bytes.subarray(1);
  return tagged(0x02, bytes.readUInt8(0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

/** Whole bytes, or named bits of which the last `unused` are not used. */
export const bitString = (content: Buffer, unused = 0): Buffer =>
  tagged(0x03, Buffer.concat([Buffer.from([unused]), content]));

/** An object identifier in its dotted spelling. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Buffer.from(bytes));
}

/** RFC 5280 asks for the two-digit year up to 2049 and for the four-digit one from then on. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")}Z`;
  return date.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}
