/** What detects and what was detected, as the sandbox keeps it. Times are milliseconds since 1970 (UTC). */
export interface DetectionRecords {}
