import forge from "node-forge";

/** ASN.1 values, as much of it as certificates are written with, and their distinguished encoding (DER). */

const { asn1 } = forge;
const { Class, Type } = asn1;

export type Value = forge.asn1.Asn1;

/** The library takes bytes as text, a letter each. */
const letters = (content: Uint8Array): string => Buffer.from(content).toString("latin1");
const primitive = (type: forge.asn1.Type, content: string): Value => asn1.create(Class.UNIVERSAL, type, false, content);

export const sequence = (...members: readonly Value[]): Value =>
  asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...members]);
export const setOf = (member: Value): Value => asn1.create(Class.UNIVERSAL, Type.SET, true, [member]);
export const utf8 = (text: string): Value => primitive(Type.UTF8, letters(Buffer.from(text)));
export const boolean = (value: boolean): Value => primitive(Type.BOOLEAN, value ? "\xff" : "\0");
export const octets = (content: Uint8Array): Value => primitive(Type.OCTETSTRING, letters(content));
export const nothing = (): Value => primitive(Type.NULL, "");

/** A whole number of any size, as bytes whose first is neither 0 nor above 127: so it is positive, and as short as can be. */
export const positive = (bytes: Uint8Array): Value => primitive(Type.INTEGER, letters(bytes));

/** Bits in whole bytes, of which the last `unused` do not count. */
export const bits = (content: Uint8Array, unused = 0): Value =>
  primitive(Type.BITSTRING, letters(Uint8Array.of(unused, ...content)));

/** Bytes, or values, under a number that the context gives a meaning. */
export const tagged = (number: number, content: Uint8Array | Value): Value =>
  content instanceof Uint8Array
    ? asn1.create(Class.CONTEXT_SPECIFIC, number as forge.asn1.Type, false, letters(content))
    : asn1.create(Class.CONTEXT_SPECIFIC, number as forge.asn1.Type, true, [content]);

/** An object identifier such as `2.5.29.17`. */
export const identifier = (dotted: string): Value => primitive(Type.OID, asn1.oidToDer(dotted).getBytes());

/** A time of day in seconds: in two digits of the year until 2049, in four from then on, as X.509 wants it. */
export function time(date: Date): Value {
  const short = date.getUTCFullYear() >= 1950 && date.getUTCFullYear() < 2050;
  return short
    ? primitive(Type.UTCTIME, asn1.dateToUtcTime(date) as string)
    : primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date) as string);
}

/** What is encoded already, as a value. */
export const encoded = (content: Uint8Array): Value => asn1.fromDer(letters(content));

export const bytesOf = (value: Value): Buffer => Buffer.from(asn1.toDer(value).getBytes(), "latin1");
