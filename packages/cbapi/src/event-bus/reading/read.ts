import { unzipSync } from "fflate";
import { ApiError } from "../../core/errors.js";
import type { AnyEvent } from "../catalogue/index.js";
import { decodeSensorEvent, messagesOfBundle } from "../sensor-events/decode.js";
import { typeOfKey } from "../topics.js";
import { eventsOfDocument, isDocument } from "./read-document.js";
import { eventOfLine, isSensorLine } from "./read-line.js";
import { eventOfMessage, type SensorOrigin } from "./read-sensor.js";

/** A message of the bus, as far as what it tells depends on it. */
export interface BusMessage {
  readonly key: string;
  readonly contentType: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Bytes, or the document that a client library has made of them. */
  readonly body: Buffer | object;
}

/** As many bytes of bundles as are unpacked from one message, so that a small one cannot fill the memory. */
const MOST_UNPACKED = 256 * 1024 * 1024;

/**
 * The events of a message: several where it is about several things.
 * @throws ApiError with code `MALFORMED_EVENT` when it cannot be read
 */
export function readMessage(message: BusMessage): AnyEvent[] {
  const { key, contentType = "", body } = message;
  if (!Buffer.isBuffer(body)) {
    if (isDocument(body)) return eventsOfDocument(key, body, "bus") as unknown as AnyEvent[];
    throw malformed(`What came as ${key} is JSON, but no object`);
  }
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/zip" || (type === "application/protobuf" && isZip(body))) {
    return isZip(body) ? unpack(body).flatMap((part) => readBundle(part, message)) : readBundle(body, message);
  }
  if (type === "application/protobuf") {
    return key === "" ? readBundle(body, message) : [readSensor(body, message)];
  }
  if (type === "application/json" || !key.startsWith("ingress.event.")) {
    return eventsOfDocument(key, parse(body, key), "bus") as unknown as AnyEvent[];
  }
  return [readSensor(body, message)];
}

/**
 * The events of a line of an event forwarder, or of one of the documents that it posts.
 * @throws ApiError with code `MALFORMED_EVENT` when it cannot be read
 */
export function readForwarded(line: string | Readonly<Record<string, unknown>>): AnyEvent[] {
  const document = typeof line === "string" ? parse(Buffer.from(line), "a line") : line;
  const { type } = document;
  if (typeof type !== "string" || type === "") {
    throw malformed("A line of an event forwarder names its `type`; this one does not");
  }
  if (!isSensorLine(type)) return eventsOfDocument(type, { ...document }, "forwarder") as unknown as AnyEvent[];
  return [{ ...eventOfLine(document), key: type, pipe: "forwarder", raw: document } as unknown as AnyEvent];
}

function readBundle(bundle: Buffer, message: BusMessage): AnyEvent[] {
  return [
    ...messagesOfBundle(bundle, (bytes) => {
      throw malformed(`The last ${bytes} bytes of a bundle are no whole message`);
    }),
  ].map((part) => readSensor(part, message));
}

function readSensor(body: Buffer, { key, headers }: BusMessage): AnyEvent {
  const raw = decodeSensorEvent(body);
  const found = eventOfMessage(raw, originOf(headers));
  const type = found?.["type"] ?? typeOfKey(key);
  return {
    timestamp: undefined,
    ...found,
    type,
    key: key === "" ? type : key,
    pipe: "bus",
    raw,
  } as unknown as AnyEvent;
}

/** Numbers in headers come in several widths, or as text. */
function originOf(headers: Readonly<Record<string, unknown>>): SensorOrigin {
  const { sensorId, sensorHostName } = headers;
  const id = typeof sensorId === "string" || typeof sensorId === "bigint" ? Number(sensorId) : sensorId;
  return {
    sensorId: typeof id === "number" && Number.isSafeInteger(id) ? id : undefined,
    hostName: typeof sensorHostName === "string" ? sensorHostName : undefined,
  };
}

function isZip(body: Buffer): boolean {
  return body.length >= 4 && body.readUInt32LE(0) === 0x04034b50;
}

function unpack(body: Buffer): Buffer[] {
  let total = 0;
  try {
    const members = unzipSync(body, {
      filter: ({ originalSize }) => {
        total += originalSize;
        if (total > MOST_UNPACKED) throw new Error(`more than ${MOST_UNPACKED} bytes are packed in it`);
        return true;
      },
    });
    return Object.values(members).map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    throw malformed(`A message of ${body.length} bytes cannot be unzipped: ${(cause as Error).message}`, cause);
  }
}

function parse(body: Buffer, from: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw malformed(`${body.length} bytes from ${from} are no JSON: ${(cause as Error).message}`, cause);
  }
  if (isDocument(value)) return value;
  throw malformed(`${body.length} bytes from ${from} are JSON, but no object`);
}

function malformed(message: string, cause?: unknown): ApiError {
  return new ApiError(message, { code: "MALFORMED_EVENT", cause });
}
