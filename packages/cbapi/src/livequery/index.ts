export * from "../core/public.js";
export { CbLiveQueryAPI, type CbLiveQueryOptions } from "./client.js";
