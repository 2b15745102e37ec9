export type { Behaviour } from "./behaviour.js";
export type {
  CutFault,
  FaultAction,
  FaultMatch,
  FaultOutcome,
  FaultRule,
  HangFault,
  HtmlFault,
  ResetFault,
  StatusFault,
  TruncateFault,
} from "./fault-rule.js";
export { FaultPlan, type FaultStatus } from "./faults.js";
export {
  HttpProblem,
  type Product,
  type Route,
  type SandboxReply,
  type SandboxRequest,
  type Switches,
  type TokenRecord,
} from "./product.js";
export { type Failure, type LoggedRequest, type MissingRoute, RequestLog, type RouteCount } from "./request-log.js";
export { type TokenOptions, TokenRing } from "./tokens.js";
