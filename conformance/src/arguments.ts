import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { isDocument } from "./vector.js";

/** Local files that a recorded action reads or writes, in a folder that is removed at the end. */
export class LocalFiles {
  #folder: string | undefined;
  readonly #written: string[] = [];

  /** A file with this content. */
  input(name: string, content: Buffer): string {
    const path = join(this.#place, basename(name));
    writeFileSync(path, content);
    return path;
  }

  /** Where the action writes a file. */
  output(name: string): string {
    const path = join(this.#place, basename(name));
    this.#written.push(path);
    return path;
  }

  /** What was written since it was last asked for; `undefined` when nothing was to be. */
  takeWritten(): Buffer | undefined {
    const path = this.#written.pop();
    return path === undefined ? undefined : readFileSync(path);
  }

  remove(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  get #place(): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), "cbapi-conformance-files-"));
    return this.#folder;
  }
}

/** What a callback of the recorded action read of each object that it was called with. */
export class Collector {
  readonly fields: readonly string[];
  readonly collected: unknown[] = [];

  constructor(fields: readonly string[]) {
    this.fields = fields;
  }
}

/** Turns recorded arguments into values of the library; `named` finds results of earlier steps. */
export function toArgument(value: unknown, named: (name: string) => unknown, files: LocalFiles): unknown {
  if (Array.isArray(value)) return value.map((item) => toArgument(item, named, files));
  if (!isDocument(value)) return value;
  const [tag] = Object.keys(value);
  const content = tag === undefined ? undefined : value[tag];
  switch (tag) {
    case "$datetime":
      return parseDate(String(content));
    case "$bytes":
      return Buffer.from(String(content), "base64");
    case "$file": {
      const bytes = Buffer.from(String(content), "base64");
      const { name } = value;
      return typeof name === "string" ? { path: files.input(name, bytes) } : bytes;
    }
    case "$local":
      return files.output(String(content));
    case "$ref":
      return named(String(content));
    case "$collect":
      return new Collector((content as readonly unknown[]).map(String));
    case "$kw":
      return toArgument(content, named, files);
    default:
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toArgument(item, named, files)]));
  }
}

/** A recorded time; one without a zone is in UTC, and digits below milliseconds are cut. */
export function parseDate(text: string): Date {
  const zoned = /([zZ]|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
  return new Date(zoned.replace(/(\.\d{3})\d+/, "$1"));
}
