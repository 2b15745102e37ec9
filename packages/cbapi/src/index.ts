/**
 * What is common to every product: errors, credentials, logging and the version. The clients and their models are in
 * one subpath each: `cbapi/response`.
 */
export { BulkError } from "./core/bulk/report.js";
export type { RawRequestOptions, ReadOptions } from "./core/client.js";
export { type Clock, systemClock } from "./core/clock.js";
export type {
  CredentialOverrides,
  CredentialProvider,
  Credentials,
  CredentialsLike,
} from "./core/credentials/index.js";
export * from "./core/errors.js";
export type { Key } from "./core/model/document.js";
export type { ClientOptions } from "./core/options.js";
export type { TransportStats } from "./core/transport/transport.js";
export type {
  ApiRequest,
  ApiResponse,
  CallOptions,
  FetchLike,
  Logger,
  QueryParameters,
  QueryValue,
  RequestDiagnostics,
  TransportSettings,
} from "./core/transport/types.js";
export { version } from "./core/version.js";
