export * from "../core/public.js";
export * from "../live-response/public.js";
export type { LiveResponseDevice, LiveResponseTarget } from "../psc/live-response/target.js";
export { CbDefenseAPI, type CbDefenseOptions } from "./client.js";
