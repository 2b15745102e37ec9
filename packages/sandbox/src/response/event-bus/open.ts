// Loaded by those who have events only, with the libraries that it needs.

import type { ResponseContext } from "../context.js";
import { announcer } from "./announcer.js";
import { BrokerLine } from "./broker.js";
import type { BusEvent } from "./bus-event.js";
import type { EventBus } from "./event-bus.js";
import { LineFile } from "./forwarder/line-file.js";
import { linesOf } from "./forwarder/lines.js";
import { messageOf } from "./message.js";
import { type EventOptions, eventSettings } from "./options.js";

/** What events need of whom they are about. */
export interface EventParts {
  readonly clock: { now(): number };
  /** The server's address, known once it listens. */
  readonly url: () => string;
  /** Whether a server was there before this one: a broker that is away is waited for then. */
  readonly fresh: boolean;
  readonly onFailure: (during: string, error: unknown) => void;
}

/** The ways on which a server tells what happens. */
export interface EventOutlets {
  bus(context: ResponseContext): EventBus;
  /** Puts the file aside and begins another; resolves to where it is then. Rejects with a RangeError when there is none. */
  rotate(): Promise<string>;
  tick(): void;
  /** Sends what waits. */
  close(): Promise<void>;
}

/** Opens what the options name. Rejects when there is no broker, or the file cannot be written. */
export async function openEvents(options: EventOptions, parts: EventParts): Promise<EventOutlets> {
  const { broker, exchange, file, forwarder, rawEvents } = eventSettings(options);
  const { clock, url, fresh: patient, onFailure } = parts;
  const line =
    broker === undefined ? undefined : await BrokerLine.open({ address: broker, exchange, patient, onFailure });
  let lines: LineFile | undefined;
  try {
    if (file !== undefined) lines = await LineFile.open({ path: file, now: () => clock.now(), onFailure });
  } catch (error) {
    await line?.close();
    throw error;
  }
  const publish = (events: readonly BusEvent[]): void => {
    for (const event of events) line?.send(messageOf(event));
    lines?.add(events.flatMap((event) => linesOf(event, { generation: forwarder, server: `${url()}/` })));
  };
  return {
    bus: (context) => announcer(context, { rawEvents, publish }),
    rotate: () => lines?.rotate() ?? Promise.reject(new RangeError("This sandbox writes no file of events")),
    tick: () => lines?.tick(),
    close: async () => {
      await Promise.all([line?.close(), lines?.close()]);
    },
  };
}
