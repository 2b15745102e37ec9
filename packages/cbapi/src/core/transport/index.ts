export { encodeQuery } from "./query.js";
export { MASK, maskJson, secretFields } from "./redact.js";
export { DEFAULT_TIMEOUT, Transport, type TransportOptions, type TransportStats } from "./transport.js";
export type {
  ApiRequest,
  ApiResponse,
  CallOptions,
  FetchLike,
  Logger,
  QueryParameters,
  QueryValue,
  RequestDiagnostics,
} from "./types.js";
