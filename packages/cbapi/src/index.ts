/**
 * What is common to every product: errors, credentials, logging and the version. The clients and their models are in
 * one subpath each: `cbapi/response`.
 */
export { type Clock, systemClock } from "./core/clock.js";
export type { Credentials } from "./core/credentials/index.js";
export * from "./core/errors.js";
export type { CallOptions, FetchLike, Logger, RequestDiagnostics } from "./core/transport/types.js";
export { version } from "./core/version.js";
