import { fieldsOf } from "../../known-fields.js";

/** Where an EDR server tells what happens: a message broker, a file as an event forwarder writes it, or both. */
export interface EventOptions {
  /**
   * A RabbitMQ: `amqp://user:password@host:5672/vhost`, or `amqps:`. It has to be there at the start; when it is lost later,
   * events wait for it. Not written anywhere, as there is a password in it.
   */
  amqp?: string;
  /** The topic exchange, which is declared where it is not there. `api.events` when left out. */
  exchange?: string;
  /** A file that gets one line of JSON for each event. */
  file?: string;
  /** Whose names and mistakes the file has: those of event forwarders up to 3.7, or of later ones. `newer` when left out. */
  forwarder?: "older" | "newer";
  /** Whether what sensors send is told too, event by event. False when left out, as on a real server. */
  rawEvents?: boolean;
}

/** The same with its defaults filled in. */
export interface EventSettings {
  readonly broker: BrokerAddress | undefined;
  readonly exchange: string;
  readonly file: string | undefined;
  readonly forwarder: "older" | "newer";
  readonly rawEvents: boolean;
}

/** Where a broker is, and who publishes. */
export interface BrokerAddress {
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
  readonly tls: boolean;
}

const NAMES = ["amqp", "exchange", "file", "forwarder", "rawEvents"] as const satisfies (keyof EventOptions)[];

/** Checks the options. Throws a RangeError that names the one that makes no sense. */
export function eventSettings(options: EventOptions): EventSettings {
  const { amqp, exchange = "api.events", file, forwarder = "newer", rawEvents = false } = options;
  fieldsOf(options, "`events`", NAMES);
  if (amqp === undefined && file === undefined) {
    throw new RangeError("`events` needs a place for them: `amqp`, the address of a RabbitMQ, or `file`, or both");
  }
  if (typeof exchange !== "string" || exchange === "" || Buffer.byteLength(exchange) > 255) {
    throw new RangeError("`events.exchange` is a name of 1 to 255 bytes");
  }
  if (file !== undefined && (typeof file !== "string" || file === "")) {
    throw new RangeError("`events.file` is the path of a file");
  }
  if (forwarder !== "older" && forwarder !== "newer") throw new RangeError("`events.forwarder` is `older` or `newer`");
  if (typeof rawEvents !== "boolean") throw new RangeError("`events.rawEvents` is true or false");
  return { broker: amqp === undefined ? undefined : brokerAt(amqp), exchange, file, forwarder, rawEvents };
}

/** What an address says. It is never repeated in a message, because of the password in it. */
function brokerAt(address: string): BrokerAddress {
  const url = typeof address === "string" && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^amqps?:$/.test(url.protocol) || url.hostname === "") {
    throw new RangeError("`events.amqp` is the address of a RabbitMQ: amqp://user:password@host:5672");
  }
  const tls = url.protocol === "amqps:";
  try {
    return {
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port) || (tls ? 5671 : 5672),
      username: decodeURIComponent(url.username) || "guest",
      password: decodeURIComponent(url.password) || "guest",
      vhost: decodeURIComponent(url.pathname.slice(1)) || "/",
      tls,
    };
  } catch {
    throw new RangeError("`events.amqp` has a % that is no escape: a % of its own is written %25");
  }
}
