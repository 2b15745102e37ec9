import { expect, test } from "vitest";
import { parseProcessGuid, processGuid } from "../ids.js";
import { type BinaryIdentity, binaryContent, imageBytes } from "./pe.js";

const base: BinaryIdentity = {
  observed_filename: ["c:\\windows\\system32\\sample.exe"],
  original_filename: "sample.exe",
  file_version: "10.0.19041.1",
  company_name: "Sample",
  orig_mod_len: 20_001,
  copied_mod_len: 20_001,
  is_executable_image: true,
  is_64bit: true,
  os_type: "Windows",
};

function pe(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = view.getUint32(0x3c, true);
  const optional = at + 24;
  const wide = view.getUint16(optional, true) === 0x20b;
  const sections = Array.from({ length: view.getUint16(at + 6, true) }, (_, index) => {
    const start = optional + view.getUint16(at + 20, true) + 40 * index;
    return {
      name: Buffer.from(bytes.subarray(start, start + 8))
        .toString("latin1")
        .replace(/\0+$/, ""),
      size: view.getUint32(start + 8, true),
      address: view.getUint32(start + 12, true),
      rawSize: view.getUint32(start + 16, true),
      raw: view.getUint32(start + 20, true),
    };
  });
  const resource = view.getUint32(optional + (wide ? 112 : 96) + 16, true);
  return {
    dos: Buffer.from(bytes.subarray(0, 2)).toString(),
    stub: Buffer.from(bytes.subarray(78, 120)).toString("latin1"),
    magic: view.getUint32(at, true),
    machine: view.getUint16(at + 4, true),
    characteristics: view.getUint16(at + 22, true),
    imageSize: view.getUint32(optional + 56, true),
    entry: view.getUint32(optional + 16, true),
    resource,
    sections,
    view,
  };
}

test.each([
  [true, true, 0x8664, 0x22],
  [true, false, 0x8664, 0x2022],
  [false, true, 0x014c, 0x102],
  [false, false, 0x014c, 0x2102],
])("a PE file, 64-bit %s, program %s", (is_64bit, is_executable_image, machine, characteristics) => {
  const bytes = binaryContent({ ...base, is_64bit, is_executable_image });
  const parsed = pe(bytes);
  expect(bytes.length).toBe(20_001);
  expect(parsed).toMatchObject({ dos: "MZ", magic: 0x4550, machine, characteristics });
  expect(parsed.stub).toContain("cannot be run in DOS mode");
  expect(parsed.sections.map((section) => section.name)).toEqual([".text", ".rsrc"]);
  for (const section of parsed.sections) {
    expect(section.raw % 0x200).toBe(0);
    expect(section.raw + section.rawSize).toBeLessThanOrEqual(bytes.length);
    expect(section.address + section.size).toBeLessThanOrEqual(parsed.imageSize);
  }
  expect(parsed.sections[1]?.address).toBe(parsed.resource);
});

test("holds its version information where the resource directory says", () => {
  const bytes = binaryContent({ ...base, file_desc: "What it is" });
  const { sections, view } = pe(bytes);
  const section = sections[1] ?? { raw: 0, address: 0, size: 0 };
  const data = view.getUint32(section.raw + 72, true) - section.address + section.raw;
  const size = view.getUint32(section.raw + 76, true);
  expect(size).toBe(view.getUint16(data, true));
  const text = Buffer.from(bytes.subarray(data, data + size)).toString("utf16le");
  expect(text).toContain("VS_VERSION_INFO");
  expect(text).toContain("FileDescription");
  expect(text).toContain("What it is");
  expect(bytes.indexOf(0xbd)).toBeGreaterThan(0);
});

test("is the same for the same record, another for another, and cut where the copy was", () => {
  expect(binaryContent(base)).toEqual(binaryContent({ ...base }));
  expect(binaryContent(base)).not.toEqual(binaryContent({ ...base, file_version: "10.0.19041.2" }));
  expect(binaryContent({ ...base, copied_mod_len: 5000 })).toEqual(imageBytes(base).slice(0, 5000));
  expect(binaryContent({ ...base, copied_mod_len: 0 })).toHaveLength(0);
  expect(binaryContent({ ...base, orig_mod_len: 10, copied_mod_len: 10 })).toHaveLength(10);
});

test("begins as the files of other systems do", () => {
  expect([...binaryContent({ ...base, os_type: "Linux" }).subarray(0, 5)]).toEqual([0x7f, 0x45, 0x4c, 0x46, 2]);
  expect([...binaryContent({ ...base, os_type: "OSX" }).subarray(0, 4)]).toEqual([0xcf, 0xfa, 0xed, 0xfe]);
});

test("process GUIDs", () => {
  const start = Date.parse("2019-11-19T12:25:37.190Z");
  expect(parseProcessGuid("00000018-0000-164c-01d5-9ed472b33472")).toEqual({ sensorId: 24, pid: 5708, start });
  const id = processGuid(3, 876, Date.parse("2016-10-25T20:20:29.790Z"), 8614);
  expect(parseProcessGuid(id)).toEqual({ sensorId: 3, pid: 876, start: Date.parse("2016-10-25T20:20:29.790Z") });
  expect(id.slice(0, 13)).toBe("00000003-0000");
  expect(parseProcessGuid("no guid")).toBeUndefined();
});
