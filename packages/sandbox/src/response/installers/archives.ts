import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";

/** A file of an archive. */
export interface PackedFile {
  name: string;
  bytes: Uint8Array;
  /** Whether it can be run, where the archive keeps that. */
  executable?: boolean;
}

/** Archives count time from 1980 on, whatever the zone: with a fixed one, the same files give the same archive. */
const TIME_IN_ARCHIVE = Date.UTC(2020, 0, 2);

/** A ZIP archive. */
export function zip(files: readonly PackedFile[]): Uint8Array {
  return zipSync(Object.fromEntries(files.map(({ name, bytes }) => [name, bytes])), { mtime: TIME_IN_ARCHIVE });
}

const BLOCK = 512;

/** A tar archive, compressed. */
export function tarGz(files: readonly PackedFile[]): Uint8Array {
  const blocks = files.flatMap((file) => [header(file), padded(file.bytes)]);
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]));
}

/** The header of a file in the form that all tar programs read (ustar). Names have at most 100 bytes. */
function header({ name, bytes, executable }: PackedFile): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number): void => {
    block.write(`${value.toString(8).padStart(digits, "0")}\0`, at, "latin1");
  };
  block.write(name, 0, 100, "utf8");
  octal(executable === true ? 0o755 : 0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(bytes.length, 124, 11);
  octal(TIME_IN_ARCHIVE / 1000, 136, 11);
  block.fill(" ", 148, 156);
  block.write("0", 156, "latin1");
  block.write("ustar\0" + "00", 257, "latin1");
  block.write("root", 265, "latin1");
  block.write("root", 297, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function padded(bytes: Uint8Array): Buffer {
  const whole = Buffer.alloc(Math.ceil(bytes.length / BLOCK) * BLOCK);
  whole.set(bytes);
  return whole;
}
