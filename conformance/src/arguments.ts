import { isDocument } from "./vector.js";

/** What a callback of the recorded action read of each object that it was called with. */
export class Collector {
  readonly fields: readonly string[];
  readonly collected: unknown[] = [];

  constructor(fields: readonly string[]) {
    this.fields = fields;
  }
}

/** Turns recorded arguments into values of the library; `named` finds results of earlier steps. */
export function toArgument(value: unknown, named: (name: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => toArgument(item, named));
  if (!isDocument(value)) return value;
  const [tag] = Object.keys(value);
  const content = tag === undefined ? undefined : value[tag];
  switch (tag) {
    case "$datetime":
      return parseDate(String(content));
    case "$bytes":
    case "$file":
      return Buffer.from(String(content), "base64");
    case "$ref":
      return named(String(content));
    case "$collect":
      return new Collector((content as readonly unknown[]).map(String));
    case "$kw":
      return toArgument(content, named);
    default:
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toArgument(item, named)]));
  }
}

/** A recorded time; one without a zone is in UTC, and digits below milliseconds are cut. */
export function parseDate(text: string): Date {
  const zoned = /([zZ]|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
  return new Date(zoned.replace(/(\.\d{3})\d+/, "$1"));
}
