// The table of messages as the protobuf library wants it: made once, when the first message arrives.

import type { MessageInitShape } from "@bufbuild/protobuf";
import { create, createFileRegistry, type DescMessage } from "@bufbuild/protobuf";
import {
  type FieldDescriptorProto,
  type FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { CODES } from "./codes.js";
import { MESSAGES } from "./messages.js";

const SCALARS: ReadonlyMap<string, FieldDescriptorProto["type"]> = new Map([
  ["bool", Type.BOOL],
  ["bytes", Type.BYTES],
  ["int32", Type.INT32],
  ["int64", Type.INT64],
  ["string", Type.STRING],
  ["uint32", Type.UINT32],
  ["uint64", Type.UINT64],
]);

function isCode(type: string): type is keyof typeof CODES {
  return Object.hasOwn(CODES, type);
}

function fieldOf(line: string): MessageInitShape<typeof FieldDescriptorProtoSchema> {
  const [number = "", name = "", type = "", ...rest] = line.split(" ");
  const label = rest.includes("required")
    ? Label.REQUIRED
    : rest.includes("repeated")
      ? Label.REPEATED
      : Label.OPTIONAL;
  const preset = rest.find((word) => word.startsWith("="))?.slice(1);
  const field = { name, number: Number(number), label, jsonName: name };
  const scalar = SCALARS.get(type);
  if (scalar !== undefined) return { ...field, type: scalar, ...(preset !== undefined && { defaultValue: preset }) };
  if (isCode(type)) {
    const code: number | undefined =
      preset === undefined ? undefined : new Map(Object.entries(CODES[type])).get(preset);
    // Codes as numbers: those that are not in the table would be lost otherwise, as proto2 wants it.
    return { ...field, type: Type.INT32, ...(code !== undefined && { defaultValue: String(code) }) };
  }
  return { ...field, type: Type.MESSAGE, typeName: `.${type}` };
}

let made: DescMessage | undefined;

/** What describes a sensor's message, `CbEventMsg`. */
export function sensorMessage(): DescMessage {
  if (made !== undefined) return made;
  const file = create(FileDescriptorProtoSchema, {
    name: "sensor_events.proto",
    syntax: "proto2",
    messageType: Object.entries(MESSAGES).map(([name, fields]) => ({ name, field: fields.map(fieldOf) })),
  });
  const found = createFileRegistry(file, () => undefined).getMessage("CbEventMsg");
  if (found === undefined) throw new Error("CbEventMsg is not in the table of messages");
  made = found;
  return found;
}
