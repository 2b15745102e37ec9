import type { BinaryRecord } from "../../domain/index.js";
import { hash32 } from "../random.js";
import { relocateResources, versionResourceSection } from "./version-resource.js";

const FILE_ALIGNMENT = 0x200;
const SECTION_ALIGNMENT = 0x1000;
const HEADERS_BYTES = 0x400;
const PE_HEADER_AT = 0x80;
const DOS_MESSAGE = "This program cannot be run in DOS mode.\r\r\n$";

/** What of a binary's record decides its bytes. Its hashes do not: they are taken from the bytes. */
export type BinaryIdentity = Pick<
  BinaryRecord,
  "observed_filename" | "orig_mod_len" | "copied_mod_len" | "is_executable_image" | "is_64bit" | "os_type"
> &
  Partial<
    Pick<
      BinaryRecord,
      | "company_name"
      | "file_desc"
      | "file_version"
      | "internal_name"
      | "legal_copyright"
      | "original_filename"
      | "product_name"
      | "product_version"
    >
  >;

/**
 * The bytes of a binary as the server keeps them: a well-formed PE (with version resource), ELF or Mach-O file without
 * any working code, `copied_mod_len` bytes long; empty when the file was never collected.
 *
 * The bytes depend on the record's description alone. For the generated binaries the record's MD5 and SHA-256 are the
 * hashes of these bytes; the few that carry hashes of the guide, and imported ones, cannot hash to their record.
 */
export function binaryContent(record: BinaryIdentity): Uint8Array {
  return imageBytes(record, record.copied_mod_len);
}

/** The first `length` bytes of the file that the record describes, whether it was collected or not. */
export function imageBytes(identity: BinaryIdentity, length = identity.orig_mod_len): Uint8Array {
  const whole = Math.max(identity.orig_mod_len, length);
  if (length <= 0) return new Uint8Array(0);
  const image =
    identity.os_type === "Windows"
      ? peImage(identity, whole)
      : identity.os_type === "Linux"
        ? elf(identity, whole)
        : machO(identity, whole);
  return image.length === length ? image : image.slice(0, length);
}

function peImage(identity: BinaryIdentity, wanted: number): Uint8Array {
  const resources = versionResourceSection({
    CompanyName: identity.company_name,
    FileDescription: identity.file_desc,
    FileVersion: identity.file_version,
    InternalName: identity.internal_name,
    LegalCopyright: identity.legal_copyright,
    OriginalFilename: identity.original_filename,
    ProductName: identity.product_name,
    ProductVersion: identity.product_version,
  });
  const resourceRaw = roundUp(resources.length, FILE_ALIGNMENT);
  const room = wanted - HEADERS_BYTES - resourceRaw;
  const codeRaw = Math.max(FILE_ALIGNMENT, Math.floor(room / FILE_ALIGNMENT) * FILE_ALIGNMENT);
  const resourceAddress = SECTION_ALIGNMENT + roundUp(codeRaw, SECTION_ALIGNMENT);
  relocateResources(resources, resourceAddress);
  const bytes = new Uint8Array(Math.max(wanted, HEADERS_BYTES + codeRaw + resourceRaw));
  const view = new DataView(bytes.buffer);
  const seed = identitySeed(identity);

  // The filling first; headers and resources are written over it. What is left at the end is the overlay, where
  // signatures live.
  fill(bytes, seed, HEADERS_BYTES);
  dosHeader(bytes, view);
  const is64 = identity.is_64bit;
  view.setUint32(PE_HEADER_AT, 0x00004550, true);
  const coff = PE_HEADER_AT + 4;
  view.setUint16(coff, is64 ? 0x8664 : 0x014c, true);
  view.setUint16(coff + 2, 2, true);
  view.setUint32(coff + 4, 1_280_000_000 + (seed % 380_000_000), true);
  const optionalBytes = is64 ? 240 : 224;
  view.setUint16(coff + 16, optionalBytes, true);
  view.setUint16(coff + 18, 0x0002 | (is64 ? 0x0020 : 0x0100) | (identity.is_executable_image ? 0 : 0x2000), true);
  optionalHeader(view, coff + 20, { is64, codeRaw, resourceRaw, resourceAddress, resourceSize: resources.length });
  const sections = coff + 20 + optionalBytes;
  section(bytes, view, sections, ".text", SECTION_ALIGNMENT, codeRaw, codeRaw, HEADERS_BYTES, 0x60000020);
  const resourceAt = HEADERS_BYTES + codeRaw;
  section(bytes, view, sections + 40, ".rsrc", resourceAddress, resources.length, resourceRaw, resourceAt, 0x40000040);
  bytes.fill(0, resourceAt, resourceAt + resourceRaw);
  bytes.set(resources, resourceAt);
  bytes[HEADERS_BYTES] = 0xc3; // the entry point returns at once
  return bytes;
}

function dosHeader(bytes: Uint8Array, view: DataView): void {
  view.setUint16(0, 0x5a4d, true);
  view.setUint16(2, 0x90, true);
  view.setUint16(4, 3, true);
  view.setUint16(8, 4, true);
  view.setUint16(12, 0xffff, true);
  view.setUint16(16, 0xb8, true);
  view.setUint16(24, 0x40, true);
  view.setUint32(60, PE_HEADER_AT, true);
  bytes.set([0x0e, 0x1f, 0xba, 0x0e, 0x00, 0xb4, 0x09, 0xcd, 0x21, 0xb8, 0x01, 0x4c, 0xcd, 0x21], 64);
  ascii(bytes, 78, DOS_MESSAGE);
}

interface Layout {
  is64: boolean;
  codeRaw: number;
  resourceRaw: number;
  resourceAddress: number;
  resourceSize: number;
}

function optionalHeader(view: DataView, at: number, layout: Layout): void {
  const { is64 } = layout;
  view.setUint16(at, is64 ? 0x20b : 0x10b, true);
  view.setUint8(at + 2, 14);
  view.setUint32(at + 4, layout.codeRaw, true);
  view.setUint32(at + 8, layout.resourceRaw, true);
  view.setUint32(at + 16, SECTION_ALIGNMENT, true); // entry point
  view.setUint32(at + 20, SECTION_ALIGNMENT, true);
  if (is64) view.setBigUint64(at + 24, 0x1_4000_0000n, true);
  else view.setUint32(at + 28, 0x400000, true);
  view.setUint32(at + 32, SECTION_ALIGNMENT, true);
  view.setUint32(at + 36, FILE_ALIGNMENT, true);
  view.setUint16(at + 40, 6, true);
  view.setUint16(at + 48, 6, true);
  view.setUint32(at + 56, layout.resourceAddress + roundUp(layout.resourceSize, SECTION_ALIGNMENT), true);
  view.setUint32(at + 60, HEADERS_BYTES, true);
  view.setUint16(at + 68, 3, true); // console
  view.setUint16(at + 70, 0x8140, true); // dynamic base, no execute, terminal server aware
  if (is64) {
    view.setBigUint64(at + 72, 0x100000n, true);
    view.setBigUint64(at + 80, 0x1000n, true);
    view.setBigUint64(at + 88, 0x100000n, true);
    view.setBigUint64(at + 96, 0x1000n, true);
  } else {
    view.setUint32(at + 72, 0x100000, true);
    view.setUint32(at + 76, 0x1000, true);
    view.setUint32(at + 80, 0x100000, true);
    view.setUint32(at + 84, 0x1000, true);
  }
  const directories = at + (is64 ? 108 : 92);
  view.setUint32(directories, 16, true);
  view.setUint32(directories + 4 + 2 * 8, layout.resourceAddress, true);
  view.setUint32(directories + 4 + 2 * 8 + 4, layout.resourceSize, true);
}

function section(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  name: string,
  address: number,
  size: number,
  rawSize: number,
  rawAt: number,
  flags: number,
): void {
  ascii(bytes, at, name);
  view.setUint32(at + 8, size, true);
  view.setUint32(at + 12, address, true);
  view.setUint32(at + 16, rawSize, true);
  view.setUint32(at + 20, rawAt, true);
  view.setUint32(at + 36, flags, true);
}

/** A 64-bit ELF file: its header and one loadable segment. */
function elf(identity: BinaryIdentity, wanted: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(wanted, 0x100));
  const view = new DataView(bytes.buffer);
  fill(bytes, identitySeed(identity), 0x80);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  view.setUint16(16, identity.is_executable_image ? 2 : 3, true);
  view.setUint16(18, 62, true); // x86-64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, 0x400080n, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setUint32(68, 5, true);
  view.setBigUint64(80, 0x400000n, true);
  view.setBigUint64(88, 0x400000n, true);
  view.setBigUint64(96, BigInt(bytes.length), true);
  view.setBigUint64(104, BigInt(bytes.length), true);
  view.setBigUint64(112, 0x1000n, true);
  return bytes;
}

/** A 64-bit Mach-O file without load commands. */
function machO(identity: BinaryIdentity, wanted: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(wanted, 0x100));
  const view = new DataView(bytes.buffer);
  fill(bytes, identitySeed(identity), 32);
  view.setUint32(0, 0xfeedfacf, true);
  view.setUint32(4, 0x01000007, true); // x86-64
  view.setUint32(8, 3, true);
  view.setUint32(12, identity.is_executable_image ? 2 : 6, true);
  view.setUint32(24, 0x85, true);
  return bytes;
}

function identitySeed(identity: BinaryIdentity): number {
  const name = identity.original_filename ?? identity.observed_filename[0] ?? "";
  const words = [name, identity.file_version, identity.company_name, identity.product_name, identity.file_desc];
  return hash32(`${words.join("|")}|${identity.orig_mod_len}|${identity.is_64bit}|${identity.is_executable_image}`);
}

/** Fills from `from` to the end with noise that follows from the seed (xorshift32), four bytes a step. */
function fill(bytes: Uint8Array, seed: number, from: number): void {
  const words = new Uint32Array(bytes.buffer, from, (bytes.length - from) >>> 2);
  let state = seed || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
}

function ascii(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
