import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { CB_EVENT_MSG, type Field, type MessageTable, type Scalar, type SensorMessage } from "./tables.js";

/** The bytes of one `CbEventMsg`. */
export function encodeSensorMessage(message: SensorMessage): Buffer {
  const bytes = write(new BinaryWriter(), CB_EVENT_MSG, message).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function write(writer: BinaryWriter, table: MessageTable, message: object): BinaryWriter {
  const values = message as Readonly<Record<string, unknown>>;
  for (const [name, field] of Object.entries(table)) {
    const value = values[name];
    if (value === undefined) continue;
    for (const each of field[2] === "repeated" ? (value as unknown[]) : [value]) writeField(writer, field, each);
  }
  return writer;
}

function writeField(writer: BinaryWriter, [number, type]: Field, value: unknown): void {
  if (typeof type !== "string") {
    write(writer.tag(number, WireType.LengthDelimited).fork(), type, value as object).join();
    return;
  }
  WRITE[type](
    writer.tag(number, type === "bytes" || type === "string" ? WireType.LengthDelimited : WireType.Varint),
    value,
  );
}

const WRITE: Readonly<Record<Scalar, (writer: BinaryWriter, value: unknown) => void>> = {
  bool: (writer, value) => writer.bool(value as boolean),
  bytes: (writer, value) => writer.bytes(value as Uint8Array),
  int32: (writer, value) => writer.int32(value as number),
  int64: (writer, value) => writer.int64(value as bigint),
  string: (writer, value) => writer.string(value as string),
  uint32: (writer, value) => writer.uint32(value as number),
  uint64: (writer, value) => writer.uint64(value as bigint),
};
