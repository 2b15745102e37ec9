/** What detects and what was detected, as the sandbox keeps it. Times are milliseconds since 1970 (UTC). */
declare module "./objects.js" {
  interface ObjectRecords {
    watchlist: WatchlistRecord;
    feed: FeedRecord;
    action: ActionRecord;
    /** What the sandbox's own feed server publishes, by path. */
    published_feed: FeedDocument;
  }
}

/** What a watchlist or a feed searches: processes or binaries. */
export type IndexType = "events" | "modules";

/** A saved search that runs by itself and tags what it finds. */
export interface WatchlistRecord {
  id: number;
  /** The name under which its alerts are kept; that of no other watchlist that ever had its id. */
  source: string;
  name: string;
  /** A query string as the console makes them: `cb.urlver=1&q=process_name%3Anet.exe`. */
  search_query: string;
  index_type: IndexType;
  description: string | null;
  enabled: boolean;
  /** Set up by the server itself: nobody may change it. */
  readonly: boolean;
  from_alliance: boolean;
  alliance_id: number | null;
  group_id: number;
  date_added: number;
  last_hit: number | null;
  /** How many documents the latest run with hits found. */
  last_hit_count: number | null;
  total_hits: number;
  total_tags: number;
  /** When it last ran; 0: never. */
  search_timestamp: number;
  /** The highest number of a document that it has searched. */
  searched: number;
  /** Whether its hits raise no alerts any more. */
  ignored: boolean;
}

/** A watchlist that somebody has just made, as far as the server decides: it has never run. */
export const NEW_WATCHLIST = {
  from_alliance: false,
  alliance_id: null,
  last_hit: null,
  last_hit_count: null,
  total_hits: 0,
  total_tags: 0,
  search_timestamp: 0,
  searched: 0,
  ignored: false,
} as const satisfies Partial<WatchlistRecord>;

/** What happens when a feed or a watchlist finds something. */
export interface ActionRecord {
  id: number;
  /** 0 mail, 1 syslog, 2 HTTP POST, 3 alert. */
  action_type: number;
  action_data: string;
  /** The feed, or -1. */
  group_id: number;
  /** The watchlist, or -1. */
  watchlist_id: number;
}

/** A source of threat reports. The reports themselves are searched and have tables of their own. */
export interface FeedRecord {
  id: number;
  feed_url: string;
  /** Short; part of the names of tags. */
  name: string;
  display_name: string;
  summary: string;
  tech_data: string;
  category: string | null;
  provider_url: string;
  enabled: boolean;
  manually_added: boolean;
  use_proxy: boolean | null;
  validate_server_cert: boolean | null;
  username: string | null;
  password: string | null;
  ssl_client_crt: string | null;
  ssl_client_key: string | null;
  icon: string;
  icon_small: string;
  provider_rating: number;
  local_rating: number | null;
  order: number | null;
  requires: string | null;
  requires_what: string | null;
  requires_who: string | null;
  /** The highest numbers of documents that its reports have been matched against. */
  matched: { process: number; binary: number };
  /** How often its reports were put in the place of others. */
  loads: number;
}

/** What a report looks for: lists of values, or one query. */
export interface ReportIocs {
  md5?: string[];
  sha256?: string[];
  ipv4?: string[];
  ipv6?: string[];
  dns?: string[];
  query?: { index_type: IndexType; search_query: string }[];
}

/** A report as its feed publishes it. */
export interface PublishedReport {
  id: string;
  title: string;
  link: string;
  /** Seconds since 1970. */
  timestamp: number;
  /** -100 (good) to 100 (bad). */
  score: number;
  iocs: ReportIocs;
  description?: string;
  tags?: string[];
}

/** The document that a feed's address leads to. */
export interface FeedDocument {
  feedinfo: {
    name: string;
    display_name: string;
    provider_url: string;
    summary: string;
    tech_data: string;
    category?: string;
    icon?: string;
    icon_small?: string;
    provider_rating?: number;
    version?: number;
  };
  reports: PublishedReport[];
}
