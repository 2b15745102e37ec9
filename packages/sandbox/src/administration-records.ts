/** What administrators set up, as the sandbox keeps it. Times are milliseconds since 1970 (UTC). */
export interface AdministrationRecords {}
