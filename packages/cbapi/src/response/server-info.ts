/** What `GET /api/info` answers, as far as it is common to all versions. */
export interface ServerInfo {
  /** `6.2.0.171114.1158`: version, build date and build time. */
  readonly version: string;
  /** `6.2.0-1` */
  readonly version_release?: string;
  /** Whether Live Response is switched on; absent means no. */
  readonly cblrEnabled?: boolean;
  /** Whether sensors stop banned hashes. */
  readonly banningEnabled?: boolean;
  /** The most rows that one search answer holds. */
  readonly maxSearchResultRows?: number;
  readonly [name: string]: unknown;
}
