import { dottedIpv4 } from "../../core/model/fields.js";
import { CbEvent } from "./event.js";
import { type EventSource, isDocument, type PartialDocument } from "./joins.js";

/** The constants of IP protocols by number, with the names that socket libraries give them. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  0: "IPPROTO_IP",
  1: "IPPROTO_ICMP",
  2: "IPPROTO_IGMP",
  3: "IPPROTO_GGP",
  4: "IPPROTO_IPIP",
  6: "IPPROTO_TCP",
  8: "IPPROTO_EGP",
  12: "IPPROTO_PUP",
  17: "IPPROTO_UDP",
  22: "IPPROTO_IDP",
  29: "IPPROTO_TP",
  41: "IPPROTO_IPV6",
  43: "IPPROTO_ROUTING",
  44: "IPPROTO_FRAGMENT",
  46: "IPPROTO_RSVP",
  47: "IPPROTO_GRE",
  50: "IPPROTO_ESP",
  51: "IPPROTO_AH",
  58: "IPPROTO_ICMPV6",
  59: "IPPROTO_NONE",
  60: "IPPROTO_DSTOPTS",
  103: "IPPROTO_PIM",
  132: "IPPROTO_SCTP",
  255: "IPPROTO_RAW",
};

/** Who began the connection: the endpoint (`Outbound`), or the other side. */
export type ConnectionDirection = "Outbound" | "Inbound";

/** A network connection was made or accepted. */
export class CbNetConnEvent<S = unknown> extends CbEvent<S> {
  /** The name that was asked for, where it is known. */
  readonly domain: string;
  /** The address at the other side. */
  readonly remote_ip: string;
  /** The port at the other side. */
  readonly remote_port: number;
  /** The name of the protocol's constant, such as `IPPROTO_TCP`. */
  readonly proto: string;
  /** Who began the connection. */
  readonly direction: ConnectionDirection;
  /** The following are `undefined` on servers before 5.1, which do not tell them. */
  readonly local_ip: string | undefined;
  readonly local_port: number | undefined;
  readonly proxy_ip: string | undefined;
  readonly proxy_port: number | undefined;

  /** @internal */
  constructor(
    source: EventSource<unknown, unknown, S>,
    sequence: number,
    time: string,
    fields: Pick<CbNetConnEvent, "domain" | "remote_ip" | "remote_port" | "proto" | "direction"> &
      Partial<Pick<CbNetConnEvent, "local_ip" | "local_port" | "proxy_ip" | "proxy_port">>,
  ) {
    super(source, sequence, time);
    this.domain = fields.domain;
    this.remote_ip = fields.remote_ip;
    this.remote_port = fields.remote_port;
    this.proto = fields.proto;
    this.direction = fields.direction;
    this.local_ip = fields.local_ip;
    this.local_port = fields.local_port;
    this.proxy_ip = fields.proxy_ip;
    this.proxy_port = fields.proxy_port;
  }

  override get event_type(): "Cb Network Connection event" {
    return "Cb Network Connection event";
  }

  protected override fields(): Record<string, unknown> {
    const fields = {
      domain: this.domain,
      remote_ip: this.remote_ip,
      remote_port: this.remote_port,
      proto: this.proto,
      direction: this.direction,
    };
    if (this.local_ip === undefined) return fields;
    const { local_ip, local_port, proxy_ip, proxy_port } = this;
    return { ...fields, local_ip, local_port, proxy_ip, proxy_port };
  }
}

/** An object, or on servers before 5.1 `time|ip|port|proto|domain|outbound`. */
export function decodeNetConn<S>(
  entry: unknown,
  sequence: number,
  source: EventSource<unknown, unknown, S>,
): CbNetConnEvent<S> | string {
  if (typeof entry === "string") return ofText(entry, sequence, source);
  return isDocument(entry) ? ofDocument(entry, sequence, source) : "neither a text nor an object";
}

function ofText<S>(
  entry: string,
  sequence: number,
  source: EventSource<unknown, unknown, S>,
): CbNetConnEvent<S> | string {
  const [time, ip, port, proto, domain, outbound] = entry.split("|");
  if (time === undefined || ip === undefined || port === undefined || proto === undefined || domain === undefined) {
    return "fewer than five fields";
  }
  return new CbNetConnEvent(source, sequence, time, {
    domain,
    remote_ip: address(ip),
    remote_port: integer(port),
    proto: PROTOCOLS[integer(proto, -1)] ?? proto,
    direction: direction(outbound),
  });
}

function ofDocument<S>(
  entry: PartialDocument,
  sequence: number,
  source: EventSource<unknown, unknown, S>,
): CbNetConnEvent<S> {
  const { timestamp, domain } = entry;
  return new CbNetConnEvent(source, sequence, typeof timestamp === "string" ? timestamp : "", {
    domain: typeof domain === "string" ? domain : "",
    remote_ip: address(entry["remote_ip"]),
    remote_port: integer(entry["remote_port"]),
    proto: PROTOCOLS[integer(entry["proto"], entry["proto"] === undefined ? 0 : -1)] ?? "Unknown",
    direction: direction(entry["direction"]),
    local_ip: address(entry["local_ip"]),
    local_port: integer(entry["local_port"]),
    proxy_ip: address(entry["proxy_ip"]),
    proxy_port: integer(entry["proxy_port"]),
  });
}

/** A whole number, given as such or in decimal digits. */
function integer(value: unknown, otherwise = 0): number {
  if (typeof value === "string" && value.trim() === "") return otherwise;
  const number = typeof value === "string" || typeof value === "number" ? Number(value) : otherwise;
  return Number.isInteger(number) ? number : otherwise;
}

/** Until 6.0 an address is an IPv4 one, as a signed number in network byte order; later it is text, IPv6 included. */
function address(value: unknown): string {
  if (value === undefined || value === null || value === "") return "0.0.0.0";
  return dottedIpv4(value) ?? String(value);
}

/** Outbound when nothing is said. */
function direction(value: unknown): ConnectionDirection {
  return value === undefined || value === null || value === true || value === "true" ? "Outbound" : "Inbound";
}
