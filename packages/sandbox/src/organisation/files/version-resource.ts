/** The version information that Windows shows in a file's properties, as the bytes of a `.rsrc` section. */
export interface VersionStrings {
  CompanyName?: string | undefined;
  FileDescription?: string | undefined;
  FileVersion?: string | undefined;
  InternalName?: string | undefined;
  LegalCopyright?: string | undefined;
  OriginalFilename?: string | undefined;
  ProductName?: string | undefined;
  ProductVersion?: string | undefined;
}

const RT_VERSION = 16;
const US_ENGLISH = 0x0409;
/** Three directory levels of one entry each (16 + 8 bytes), then the data entry (16 bytes). */
const DIRECTORY_BYTES = 3 * 24 + 16;
const DATA_ENTRY_AT = 3 * 24;

/** A resource section that holds one version resource, for a section that is loaded at address 0. */
export function versionResourceSection(strings: VersionStrings): Uint8Array {
  const version = versionInfo(strings);
  const bytes = new Uint8Array(DIRECTORY_BYTES + version.length);
  const view = new DataView(bytes.buffer);
  directory(view, 0, RT_VERSION, 0x80000000 + 24);
  directory(view, 24, 1, 0x80000000 + 48);
  directory(view, 48, US_ENGLISH, DATA_ENTRY_AT);
  view.setUint32(DATA_ENTRY_AT, DIRECTORY_BYTES, true);
  view.setUint32(DATA_ENTRY_AT + 4, version.length, true);
  bytes.set(version, DIRECTORY_BYTES);
  return bytes;
}

/** Moves a section made for address 0 to where it is loaded: of its offsets, only the data's is an address. */
export function relocateResources(section: Uint8Array, virtualAddress: number): void {
  const view = new DataView(section.buffer, section.byteOffset);
  view.setUint32(DATA_ENTRY_AT, virtualAddress + DIRECTORY_BYTES, true);
}

function directory(view: DataView, at: number, id: number, offset: number): void {
  view.setUint16(at + 14, 1, true); // one entry by id, none by name
  view.setUint32(at + 16, id, true);
  view.setUint32(at + 20, offset, true);
}

function versionInfo(strings: VersionStrings): Uint8Array {
  const values = Object.entries(strings).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const table = block(
    "040904b0",
    1,
    0,
    [],
    values.map(([key, value]) => {
      const text = utf16(value);
      return block(key, 1, text.length / 2, text, []);
    }),
  );
  const translation = block("Translation", 0, 4, new Uint8Array([0x09, 0x04, 0xb0, 0x04]), []);
  const children = [block("StringFileInfo", 1, 0, [], [table]), block("VarFileInfo", 1, 0, [], [translation])];
  const fixed = fixedFileInfo(strings.FileVersion ?? "", strings.ProductVersion ?? "");
  return block("VS_VERSION_INFO", 0, fixed.length, fixed, children);
}

/** Every node of the tree: length, value length, type, key, value, children, each aligned to four bytes. */
function block(
  key: string,
  type: 0 | 1,
  valueLength: number,
  value: ArrayLike<number>,
  children: readonly Uint8Array[],
): Uint8Array {
  const name = utf16(key);
  let length = align(6 + name.length);
  const valueAt = length;
  length += value.length;
  const places: number[] = [];
  for (const child of children) {
    length = align(length);
    places.push(length);
    length += child.length;
  }
  const bytes = new Uint8Array(align(length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, length, true);
  view.setUint16(2, valueLength, true);
  view.setUint16(4, type, true);
  bytes.set(name, 6);
  bytes.set(value, valueAt);
  children.forEach((child, index) => {
    bytes.set(child, places[index] ?? 0);
  });
  return bytes;
}

function fixedFileInfo(fileVersion: string, productVersion: string): Uint8Array {
  const bytes = new Uint8Array(52);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xfeef04bd, true);
  view.setUint32(4, 0x00010000, true);
  versionNumbers(view, 8, fileVersion);
  versionNumbers(view, 16, productVersion);
  view.setUint32(24, 0x3f, true);
  view.setUint32(32, 0x00040004, true); // NT, 32-bit Windows
  view.setUint32(36, 1, true);
  return bytes;
}

function versionNumbers(view: DataView, at: number, version: string): void {
  const [major = 0, minor = 0, build = 0, patch = 0] = version.split(/[^0-9]+/).map(Number);
  view.setUint16(at + 2, major & 0xffff, true);
  view.setUint16(at, minor & 0xffff, true);
  view.setUint16(at + 6, build & 0xffff, true);
  view.setUint16(at + 4, patch & 0xffff, true);
}

/** UTF-16LE with its terminating zero. */
function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length + 2);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    bytes[2 * i] = code & 0xff;
    bytes[2 * i + 1] = code >>> 8;
  }
  return bytes;
}

function align(length: number): number {
  return (length + 3) & ~3;
}
