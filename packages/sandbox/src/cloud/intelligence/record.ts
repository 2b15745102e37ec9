/** Threat intelligence as it is kept. */
declare module "../../domain/objects.js" {
  interface ObjectRecords {
    /** Key: the id. */
    cloud_feed: FeedRecord;
    /** Reports that belong to no feed. Key: the id. */
    cloud_report: Report;
    /** What somebody has said of a report. Key: the name of the report, see {@link reportName}. */
    cloud_report_setting: ReportSetting;
    /** Key: the id. */
    cloud_watchlist: WatchlistRecord;
    /** Key: the id of the process, the watchlist, the name of the report and the id of the IOC, with slashes between. */
    cloud_watchlist_hit: HitRecord;
    /** Numbers that count on. Key: of what. */
    cloud_intelligence_count: { last: number };
  }
}

export const MATCH_TYPES = ["equality", "regex", "query"] as const;

/** Something that is looked for in processes. */
export interface Ioc {
  id: string;
  match_type: (typeof MATCH_TYPES)[number];
  values: string[];
  /** Absent for queries. */
  field?: string | null;
  link?: string | null;
}

/** The older form of what a report looks for. */
export interface ClassicIocs {
  md5?: string[];
  sha256?: string[];
  ipv4?: string[];
  ipv6?: string[];
  dns?: string[];
  query?: { search_query: string; index_type?: string }[];
}

/** A report: what was found out, and what is to be looked for. */
export interface Report {
  id: string;
  /** Seconds since 1970. */
  timestamp: number;
  title: string;
  description: string;
  /** 1 to 10. */
  severity: number;
  link: string | null;
  tags: string[] | null;
  iocs: ClassicIocs | null;
  iocs_v2: Ioc[] | null;
  visibility: string | null;
}

export const ACCESSES = ["public", "private", "reserved"] as const;

/** What a feed says of itself. */
export interface FeedInfo {
  id: string;
  name: string;
  /** The key of the organisation whose feed it is. */
  owner: string;
  provider_url: string;
  summary: string;
  category: string;
  source_label: string | null;
  access: (typeof ACCESSES)[number];
  alertable: boolean;
}

export interface FeedRecord {
  info: FeedInfo;
  reports: Report[];
}

export interface ReportSetting {
  ignored: boolean;
  /** Instead of the report's own. */
  severity: number | null;
  /** The ids of IOCs that are not looked for. */
  ignored_iocs: string[];
}

export interface WatchlistRecord {
  id: string;
  name: string;
  description: string;
  tags_enabled: boolean;
  alerts_enabled: boolean;
  /** Seconds since 1970. */
  create_timestamp: number;
  last_update_timestamp: number;
  /** Null for one that follows a feed. */
  report_ids: string[] | null;
  classifier: { key: "feed_id"; value: string } | null;
  /** The highest number of a document that it has looked at; 0: none. */
  matched: number;
  /** Hits in documents above this number raise alerts: of what was there before they were turned on, nobody is told. */
  alerts_from: number;
}

/** Something that a watchlist has found. */
export interface HitRecord {
  device_id: number;
  watchlist_id: string;
  watchlist_name: string;
  /** See {@link reportName}. */
  report_id: string;
  report_name: string;
  feed_id: string | null;
  ioc_id: string;
  ioc_field: string | null;
  severity: number;
  /** Milliseconds since 1970. */
  time: number;
  /** Whether the process shows it. */
  tagged: boolean;
}

/** What a report is called beyond its feed: `<feed id>-<report id>`, or its id where it belongs to none. */
export const reportName = (feed: string | null, id: string): string => (feed === null ? id : `${feed}-${id}`);
