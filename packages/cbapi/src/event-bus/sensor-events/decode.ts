import { type DescField, fromBinary } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { ApiError } from "../../core/errors.js";
import { sensorMessage } from "./descriptor.js";
import type { SensorMessage, SensorValue } from "./types.js";

/**
 * Decodes one `CbEventMsg`.
 * @throws ApiError with code `MALFORMED_EVENT` when the bytes are no such message
 */
export function decodeSensorEvent(bytes: Uint8Array): SensorMessage {
  try {
    const schema = sensorMessage();
    return fieldsOf(reflect(schema, fromBinary(schema, bytes)));
  } catch (cause) {
    throw new ApiError(`${bytes.length} bytes are no message of a sensor: ${(cause as Error).message}`, {
      code: "MALFORMED_EVENT",
      cause,
    });
  }
}

function fieldsOf(message: ReflectMessage): SensorMessage {
  const found: Record<string, SensorValue> = {};
  for (const field of message.fields) {
    const preset = field.fieldKind === "scalar" && field.getDefaultValue() !== undefined;
    if (preset || message.isSet(field)) found[field.name] = read(field, message);
  }
  return found;
}

function read(field: DescField, message: ReflectMessage): SensorValue {
  if (field.fieldKind === "message") return fieldsOf(message.get(field));
  if (field.fieldKind === "list") return [...message.get(field)].map((item) => itemOf(item));
  return message.get(field) as SensorValue;
}

function itemOf(item: unknown): SensorValue {
  return typeof item === "object" && item !== null && "fields" in item
    ? fieldsOf(item as ReflectMessage)
    : (item as SensorValue);
}

/**
 * The messages of a bundle, in which each has its length before it: 32 bits, the lowest byte first.
 * @param onRest told how many bytes at the end are no whole message
 */
export function* messagesOfBundle(bundle: Buffer, onRest?: (bytes: number) => void): Generator<Buffer> {
  let at = 0;
  while (at + 4 <= bundle.length) {
    const length = bundle.readUInt32LE(at);
    if (at + 4 + length > bundle.length) break;
    yield bundle.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  if (at < bundle.length) onRest?.(bundle.length - at);
}
