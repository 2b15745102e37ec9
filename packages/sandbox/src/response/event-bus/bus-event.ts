import type { SensorMessage } from "./sensor/tables.js";

interface Told {
  /** The routing key. */
  readonly key: string;
  /** What it is about, by a name that no other event of this key and time has. */
  readonly subject: string;
  /** When, in milliseconds since 1970. */
  readonly time: number;
}

/** An event that is published as JSON. */
export interface DocumentEvent extends Told {
  readonly document: Readonly<Record<string, unknown>>;
}

/** An event as its sensor has sent it. */
export interface SensorEvent extends Told {
  readonly message: SensorMessage;
}

/** Something that the server tells. */
export type BusEvent = DocumentEvent | SensorEvent;
