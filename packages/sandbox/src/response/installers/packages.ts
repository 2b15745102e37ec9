import { deflateSync } from "node:zlib";

const SECTOR = 512;
const FREE = 0xffffffff;
const END = 0xfffffffe;
const FAT = 0xfffffffd;

/** The class of an installer database, as it stands in the root of the file. */
const INSTALLER_CLASS = "84100c0000000000c000000000000046";

/**
 * A Windows installer database as far as its container goes: a compound file (OLE) of the installer's class with one
 * stream.
 */
export function msi(stream: string, content: Uint8Array): Uint8Array {
  // Smaller streams would lie in sectors of their own kind.
  const sectors = Math.max(8, Math.ceil(content.length / SECTOR));
  if (sectors > 120) throw new RangeError("The stream does not fit");
  const bytes = Buffer.alloc((3 + sectors) * SECTOR);
  Buffer.from("d0cf11e0a1b11ae1", "hex").copy(bytes);
  bytes.writeUInt16LE(0x3e, 24);
  bytes.writeUInt16LE(3, 26);
  bytes.writeUInt16LE(0xfffe, 28);
  bytes.writeUInt16LE(9, 30);
  bytes.writeUInt16LE(6, 32);
  bytes.writeUInt32LE(1, 44); // one sector of the allocation table
  bytes.writeUInt32LE(1, 48); // the directory begins in sector 1
  bytes.writeUInt32LE(4096, 56);
  bytes.writeUInt32LE(END, 60);
  bytes.writeUInt32LE(END, 68);
  bytes.fill(0xff, 76, SECTOR);
  bytes.writeUInt32LE(0, 76); // where the allocation table is

  const table = SECTOR;
  bytes.fill(0xff, table, table + SECTOR);
  bytes.writeUInt32LE(FAT, table);
  bytes.writeUInt32LE(END, table + 4);
  for (let sector = 0; sector < sectors; sector++) {
    bytes.writeUInt32LE(sector === sectors - 1 ? END : sector + 3, table + 4 * (sector + 2));
  }
  entry(bytes, 2 * SECTOR, { name: "Root Entry", type: 5, child: 1, start: END, size: 0 });
  Buffer.from(INSTALLER_CLASS, "hex").copy(bytes, 2 * SECTOR + 80);
  entry(bytes, 2 * SECTOR + 128, { name: stream, type: 2, child: FREE, start: 2, size: sectors * SECTOR });
  bytes.fill(0xff, 2 * SECTOR + 256 + 68, 2 * SECTOR + 256 + 80);
  bytes.fill(0xff, 2 * SECTOR + 384 + 68, 2 * SECTOR + 384 + 80);
  bytes.set(content, 3 * SECTOR);
  return bytes;
}

interface DirectoryEntry {
  name: string;
  type: number;
  child: number;
  start: number;
  size: number;
}

function entry(bytes: Buffer, at: number, { name, type, child, start, size }: DirectoryEntry): void {
  bytes.write(name, at, 62, "utf16le");
  bytes.writeUInt16LE(2 * (name.length + 1), at + 64);
  bytes.writeUInt8(type, at + 66);
  bytes.writeUInt8(1, at + 67);
  bytes.writeUInt32LE(FREE, at + 68);
  bytes.writeUInt32LE(FREE, at + 72);
  bytes.writeUInt32LE(child, at + 76);
  bytes.writeUInt32LE(start, at + 116);
  bytes.writeUInt32LE(size, at + 120);
}

/** A macOS installer package as far as its container goes: a xar archive with a table of contents and one file. */
export function pkg(name: string, content: Uint8Array): Uint8Array {
  const toc = `<?xml version="1.0" encoding="UTF-8"?>
<xar><toc><file id="1"><name>${name}</name><type>file</type><data><length>${content.length}</length><offset>0</offset>\
<size>${content.length}</size><encoding style="application/octet-stream"/></data></file></toc></xar>
`;
  const packed = deflateSync(toc);
  const header = Buffer.alloc(28);
  header.write("xar!", "latin1");
  header.writeUInt16BE(28, 4);
  header.writeUInt16BE(1, 6);
  header.writeBigUInt64BE(BigInt(packed.length), 8);
  header.writeBigUInt64BE(BigInt(Buffer.byteLength(toc)), 16);
  return Buffer.concat([header, packed, content]);
}
