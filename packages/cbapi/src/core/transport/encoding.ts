import type { Duplex } from "node:stream";
import { promisify } from "node:util";
import {
  brotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  gunzip,
  type InputType,
  inflate,
} from "node:zlib";

/** How one `Content-Encoding` is undone, for a body at once and for one that arrives. */
export interface Decoder {
  readonly whole: (data: InputType) => Promise<Buffer>;
  readonly stream: () => Duplex;
}

const gzip: Decoder = { whole: promisify(gunzip) as Decoder["whole"], stream: () => createGunzip() };
const decoders: ReadonlyMap<string, Decoder> = new Map([
  ["gzip", gzip],
  ["x-gzip", gzip],
  ["deflate", { whole: promisify(inflate) as Decoder["whole"], stream: () => createInflate() }],
  ["br", { whole: promisify(brotliDecompress) as Decoder["whole"], stream: () => createBrotliDecompress() }],
]);

/** The decoder for an answer. Compression is never asked for, but something between may apply it all the same. */
export function decoderFor(headers: Readonly<Record<string, string>>): Decoder | undefined {
  const encoding = headers["content-encoding"];
  return encoding === undefined ? undefined : decoders.get(encoding.trim().toLowerCase());
}
