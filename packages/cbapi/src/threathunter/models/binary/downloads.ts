import { inspect } from "node:util";
import { checkCall } from "../../../core/call-options.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import { Completeness } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import { Lazy } from "../../../core/model/lazy.js";
import type { ModelSpec } from "../../../core/model/spec.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { cloud } from "../../../psc/host.js";
import { askForObject } from "../../../psc/send.js";
import { FILE_DOWNLOAD } from "./calls.js";
import { FoundItem } from "./found-item.js";
import { sha256Of } from "./sha256.js";

/** How files' addresses are asked for. */
export interface DownloadsOptions extends CallOptions {
  /** For how long the addresses are good, in seconds. Default 3600. */
  readonly expirationSeconds?: number | undefined;
}

/** How many files are asked for in one request. */
const AT_ONCE = 100;

/**
 * Where many files can be had. Each hash that was asked for is in one of the lists.
 *
 * @example
 * const downloads = await cb.select(Downloads, hashes, { expirationSeconds: 600 });
 * for (const item of downloads.found) await item.file.save(`${item.sha256}.bin`);
 */
export class Downloads {
  /** @internal */
  static readonly spec: ModelSpec = { name: "Downloads", path: "", key: "sha256" };
  /** @internal */
  static readonly record: object = {};

  /** The files that the store has. */
  readonly found: readonly FoundItem[];
  /** The hashes of files that it does not have. */
  readonly not_found: readonly string[];
  /** The hashes for which it had no answer: ask for them again later. */
  readonly error: readonly string[];

  /** @internal Clients make these: `cb.select(Downloads, hashes)`. */
  constructor(found: readonly FoundItem[], notFound: readonly string[], error: readonly string[]) {
    this.found = Object.freeze([...found]);
    this.not_found = Object.freeze([...notFound]);
    this.error = Object.freeze([...error]);
  }

  /**
   * @internal Asks for addresses when it is awaited: `POST .../file/_download`, for 100 hashes at a time.
   * @throws InvalidHashError when one of them is no SHA-256
   */
  static ask(client: ModelHost, hashes: readonly string[], options: DownloadsOptions = {}): PromiseLike<Downloads> {
    checkCall("select(Downloads)", options, ["expirationSeconds", "signal", "timeout"]);
    if (!Array.isArray(hashes)) throw invalidArgument("select(Downloads) takes a list of SHA-256 hashes");
    if (hashes.length === 0) throw invalidArgument("select(Downloads) takes at least one SHA-256 hash");
    const wanted = [...new Set(hashes.map(sha256Of))];
    const { expirationSeconds = 3600, ...call } = options;
    if (!Number.isInteger(expirationSeconds) || expirationSeconds < 1) {
      throw invalidArgument(`expirationSeconds is a whole number from 1 on, got ${expirationSeconds}`);
    }
    return new Lazy("Downloads", () => askFor(client, wanted, expirationSeconds, call));
  }

  [inspect.custom](): string {
    const { found, not_found: absent, error } = this;
    return `<Downloads: ${found.length} found, ${absent.length} not found, ${error.length} to be retried>`;
  }
}

async function askFor(
  client: ModelHost,
  wanted: readonly string[],
  seconds: number,
  options: CallOptions,
): Promise<Downloads> {
  const found: FoundItem[] = [];
  const absent: string[] = [];
  const error: string[] = [];
  for (let start = 0; start < wanted.length; start += AT_ONCE) {
    const part = wanted.slice(start, start + AT_ONCE);
    const json = { sha256: part, expiration_seconds: seconds };
    const answer = await askForObject(cloud(client), FILE_DOWNLOAD, { json }, options);
    const items = listIn(answer["found"]).flatMap((item) => itemOf(client, item));
    const absentHere = hashesIn(answer["not_found"]);
    const told = new Set([...items.map(({ sha256 }) => sha256), ...absentHere]);
    found.push(...items);
    absent.push(...absentHere);
    // Whatever the answer passes over was not answered.
    error.push(...part.filter((hash) => !told.has(hash)));
  }
  return new Downloads(found, absent, error);
}

function itemOf(client: ModelHost, item: unknown): FoundItem[] {
  const { sha256, url } = (item ?? {}) as { readonly sha256?: unknown; readonly url?: unknown };
  if (typeof sha256 !== "string" || typeof url !== "string") return [];
  const key = sha256.toLowerCase();
  return [new FoundItem({ client, key, document: { sha256: key, url }, completeness: Completeness.full })];
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function hashesIn(value: unknown): string[] {
  return listIn(value).flatMap((hash) => (typeof hash === "string" ? hash.toLowerCase() : []));
}
