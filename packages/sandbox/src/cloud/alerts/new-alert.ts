import type { SensorRecord } from "../../domain/index.js";
import type { ProcessRow } from "../../store/processes.js";
import type { Fields } from "../policies/record.js";
import type { AlertType } from "./record.js";

/** An alert that is to be raised. */
export interface NewAlert {
  type: AlertType;
  /** What raises it about what: the same again raises nothing. */
  source: string;
  /** What alerts that belong together share. */
  threat: string;
  severity: number;
  reason: string;
  /** When what it is about happened, and when it was found, in milliseconds since 1970. */
  first: number;
  last?: number;
  found: number;
  sensor: SensorRecord;
  process?: ProcessRow;
  /** More of its document. */
  more?: Fields;
  /** What only the classic form has. */
  classic?: Fields;
}

/** Something that a watchlist looks for, met in a process. */
export interface WatchlistHit {
  device_id: number;
  /** As the cloud names it. */
  process_guid: string;
  ioc: { id: string; hit: string; field?: string };
  report: { id: string; name: string; description?: string; link?: string; tags?: readonly string[]; severity: number };
  /** Those whose alerts are on. */
  watchlists: readonly { id: string; name: string }[];
  /** When it was found; now when left out. */
  time?: number;
}

/** Where alerts are raised. */
export interface AlertSink {
  /** Differs whenever an organisation is taken up again. */
  readonly session: number;
  raise(drafts: readonly NewAlert[]): unknown;
}
