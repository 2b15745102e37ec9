export * from "../core/public.js";
export * from "../live-response/public.js";
export type {
  CbPSCBaseAPI,
  CbPSCOptions,
  CloudRoutes,
  ListenerOptions,
  ListenerProgress,
  LiveResponseTarget,
  QueuedAuditLog,
  SearchSuggestion,
} from "../psc/index.js";
export {
  BaseAlert,
  CBAnalyticsAlert,
  Job,
  QueueListener,
  VMwareAlert,
  WatchlistAlert,
  Workflow,
  WorkflowStatus,
} from "../psc/index.js";
export { CbDefenseAPI, type CbDefenseOptions } from "./client.js";
export { Device, DeviceQuery } from "./models/device.js";
export type { DeviceMessage } from "./models/device-fields.js";
export { Event, type EventPart, EventQuery } from "./models/event.js";
export type { AuditLogEntry, Notification, NotificationIndicator } from "./models/notification.js";
export { Policy, type PolicySettings } from "./models/policy.js";
export { PolicyQuery } from "./models/policy-query.js";
export { type PolicyRule, RULE_ACTIONS, RULE_APPLICATIONS, RULE_OPERATIONS } from "./models/policy-rule.js";
export { DefenseQuery } from "./queries/defense-query.js";
export {
  type DeviceFilters,
  EVENT_TYPES,
  type EventFilters,
  type EventType,
  SEARCH_WINDOWS,
  type SearchWindow,
} from "./queries/filters.js";
