import { crc32, deflateSync } from "node:zlib";
import type { BinaryRecord } from "../../domain/index.js";

const SIZE = 32;
const CORNER = 6;

/**
 * The icon of a collected Windows program: a tile in a colour of its own, with the first letters of its hash as a pattern.
 * Libraries, and files of other systems, have none.
 */
export function binaryIcon(record: BinaryRecord): Uint8Array | undefined {
  if (record.os_type !== "Windows" || !record.is_executable_image || record.copied_mod_len === 0) return undefined;
  const colour = [0, 2, 4].map((at) => Number.parseInt(record.md5.slice(at, at + 2), 16));
  const pattern = Number.parseInt(record.md5.slice(6, 10), 16);
  // Each line begins with the number of its filter: none.
  const pixels = Buffer.alloc(SIZE * (1 + 4 * SIZE));
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const cell = (Math.floor(y / 8) << 2) | Math.floor(x / 8);
      const light = (pattern >> cell) & 1 ? 48 : 0;
      const rgb = colour.map((part) => Math.min(255, part + light));
      pixels.set([...rgb, isCorner(x, y) ? 0 : 255], y * (1 + 4 * SIZE) + 1 + 4 * x);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(SIZE, 0);
  head.writeUInt32BE(SIZE, 4);
  // Eight bits for each of red, green, blue and opacity.
  head.set([8, 6], 8);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([
    signature,
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(pixels)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Whether a pixel lies outside of the tile's rounded corners. */
function isCorner(x: number, y: number): boolean {
  const beyond = (n: number): number => Math.max(0, CORNER - n, n - (SIZE - 1 - CORNER));
  return beyond(x) ** 2 + beyond(y) ** 2 > CORNER ** 2;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8 + body.length);
  frame.writeUInt32BE(data.length, 0);
  frame.set(body, 4);
  frame.writeUInt32BE(crc32(body), 4 + body.length);
  return frame;
}
