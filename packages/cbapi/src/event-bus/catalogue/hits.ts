import type { EventBase } from "./base.js";
import type { BinaryDocument, ProcessDocument } from "./documents.js";

/** A process or binary was found by a watchlist. Of a message about several there is one event for each. */
interface WatchlistHit<T extends string, D> extends EventBase<T> {
  readonly watchlist_id: number;
  readonly watchlist_name: string;
  readonly cb_version?: string;
  readonly server_name?: string;
  /** What was found: one document. */
  readonly docs: readonly [D];
  /** Where the words of the search stand, as the server marks them. */
  readonly highlights?: readonly { readonly name?: string; readonly ids?: readonly string[] }[];
}

/** A process was found by a watchlist. */
export type WatchlistProcessHit = WatchlistHit<"watchlist.hit.process", ProcessDocument>;
/** A binary was found by a watchlist. */
export type WatchlistBinaryHit = WatchlistHit<"watchlist.hit.binary", BinaryDocument>;
/** A process that a watchlist has found was stored. */
export interface WatchlistStorageProcessHit extends WatchlistHit<"watchlist.storage.hit.process", ProcessDocument> {
  readonly process_guid?: string;
  readonly segment_id?: string;
}
/** A binary that a watchlist has found was stored. */
export interface WatchlistStorageBinaryHit extends WatchlistHit<"watchlist.storage.hit.binary", BinaryDocument> {
  readonly md5?: string;
}

/** Of a hit of an indicator for network traffic: which connection it was. */
export interface IocAttributes {
  readonly direction?: string;
  readonly protocol?: string | number;
  readonly local_ip?: string;
  readonly remote_ip?: string;
  readonly local_port?: string | number;
  readonly remote_port?: string | number;
  readonly port?: string | number;
  readonly dns_name?: string;
  readonly [field: string]: unknown;
}

/** An indicator of a feed was met. */
interface FeedHit<T extends string, D> extends EventBase<T> {
  readonly feed_id: number;
  readonly feed_name: string;
  readonly report_id: string;
  readonly report_score: number;
  /** `md5`, `sha256`, `dns`, `ipv4`, `ipv6` or `query`. */
  readonly ioc_type: string;
  readonly ioc_value: string;
  /** Of a query: `events` or `modules`. */
  readonly ioc_query_index?: string;
  /** Of a query: its text. */
  readonly ioc_query_string?: string;
  readonly ioc_attr?: IocAttributes;
  readonly ioc_attrs?: Readonly<Record<string, unknown>>;
  readonly process_guid?: string;
  readonly segment_id?: string;
  readonly md5?: string;
  readonly sensor_id?: number;
  readonly hostname?: string;
  readonly computer_name?: string;
  readonly group?: string;
  readonly os_type?: string;
  readonly comms_ip?: string;
  readonly interface_ip?: string;
  readonly from_feed_search?: boolean;
  readonly cb_version?: string;
  readonly server_name?: string;
  /** What was found, where it was stored already. */
  readonly docs?: readonly [D];
}

/** A process met an indicator while it came in: it may take minutes until it can be searched for. */
export type FeedIngressProcessHit = FeedHit<"feed.ingress.hit.process", ProcessDocument>;
/** A binary met an indicator while it came in. */
export type FeedIngressBinaryHit = FeedHit<"feed.ingress.hit.binary", BinaryDocument>;
/** An endpoint itself met an indicator: tampering that belongs to no process. */
export type FeedIngressHostHit = FeedHit<"feed.ingress.hit.host", never>;
/** A process that has met an indicator was stored. */
export type FeedStorageProcessHit = FeedHit<"feed.storage.hit.process", ProcessDocument>;
/** A binary that has met an indicator was stored. */
export type FeedStorageBinaryHit = FeedHit<"feed.storage.hit.binary", BinaryDocument>;
/** A process was found by a feed's query. */
export type FeedQueryProcessHit = FeedHit<"feed.query.hit.process", ProcessDocument>;
/** A binary was found by a feed's query. */
export type FeedQueryBinaryHit = FeedHit<"feed.query.hit.binary", BinaryDocument>;

/** A feed has been read anew. */
export interface FeedSynchronized extends EventBase<"feed.synchronized"> {
  readonly feed_id: number;
  readonly feed_name?: string;
  readonly feed_update_time?: string;
  readonly scan_start_time?: number;
}

/** A feed is to be read anew. */
export interface FeedSynchronize extends EventBase<"cmd.feed.synchronize"> {
  readonly feed_id: number;
  readonly full_sync?: boolean;
}
