export * from "../core/public.js";
export * from "../live-response/public.js";
export type { LiveResponseDevice, LiveResponseTarget } from "../psc/live-response/target.js";
export { CbLiveQueryAPI, type CbLiveQueryOptions } from "./client.js";
