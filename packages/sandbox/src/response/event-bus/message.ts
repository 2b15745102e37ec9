import { type BrokerMessage, messageIdOf } from "./broker.js";
import type { BusEvent } from "./bus-event.js";
import { encodeSensorMessage } from "./sensor/encode.js";

/** An event as the broker gets it. */
export function messageOf(event: BusEvent): BrokerMessage {
  const { key, subject, time } = event;
  const messageId = messageIdOf(key, subject, time);
  return "document" in event
    ? { key, messageId, contentType: "application/json", body: Buffer.from(JSON.stringify(event.document)) }
    : { key, messageId, contentType: "application/protobuf", body: encodeSensorMessage(event.message) };
}
