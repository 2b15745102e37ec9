import type { BusEvent } from "../bus-event.js";
import { linesOfDocument } from "./document-lines.js";
import { type LineStyle, lineOfMessage } from "./sensor-lines.js";

/** The lines that an event forwarder writes of an event, each with its end. */
export function linesOf(event: BusEvent, style: LineStyle): string[] {
  const lines = "document" in event ? linesOfDocument(event, style.server) : [lineOfMessage(event, style)];
  return lines.map((line) => `${JSON.stringify(line)}\n`);
}
