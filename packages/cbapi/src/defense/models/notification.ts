/** A program that was found, and for what. */
export interface NotificationIndicator {
  readonly applicationName?: string;
  readonly sha256Hash?: string;
  readonly indicatorName?: string;
}

/** What the service has to tell a SIEM: that it raised an alert, or that a policy was applied. */
export interface Notification {
  /** `THREAT`, `POLICY_ACTION` or `THREAT_HUNTER`. */
  readonly type?: "THREAT" | "POLICY_ACTION" | "THREAT_HUNTER" | (string & {});
  readonly eventId?: string;
  /** Milliseconds since 1970. */
  readonly eventTime?: number;
  readonly eventDescription?: string;
  /** The rule by which it came to this key. */
  readonly ruleName?: string;
  /** Where it is in the console. */
  readonly url?: string;
  readonly deviceInfo?: Readonly<Record<string, unknown>>;
  readonly threatInfo?: Readonly<Record<string, unknown>> & {
    readonly incidentId?: string;
    readonly score?: number;
    readonly summary?: string;
    readonly time?: number;
    readonly indicators?: readonly NotificationIndicator[];
  };
  readonly policyAction?: Readonly<Record<string, unknown>> & {
    readonly action?: string;
    readonly applicationName?: string;
    readonly sha256Hash?: string;
    readonly reputation?: string;
  };
  readonly threatHunterInfo?: Readonly<Record<string, unknown>>;
}

/** What somebody did in the organization. */
export interface AuditLogEntry {
  readonly eventId?: string;
  /** Milliseconds since 1970. */
  readonly eventTime?: number;
  readonly loginName?: string;
  readonly orgName?: string;
  readonly clientIp?: string;
  readonly requestUrl?: string | null;
  readonly description?: string;
  readonly flagged?: boolean;
  readonly verbose?: boolean;
}
