export * from "../core/public.js";
export { CbDefenseAPI, type CbDefenseOptions } from "./client.js";
