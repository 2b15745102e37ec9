// What makes routes, a line for each file that has some. All of them are served; their order does not matter. The types are
// for who uses the sandbox from outside: by way of this file he gets the kinds of objects that the others declare.
export type { KeyBeside, ObjectKind, ObjectRecords } from "../../domain/index.js";
export type { LicenseRecord } from "../license.js";
export { accountRoutes } from "./account.js";
export { alertRoutes } from "./alert.js";
export { banningRoutes } from "./banning.js";
export { binaryRoutes } from "./binary.js";
export { feedRoutes } from "./feed.js";
export { groupRoutes } from "./group.js";
export { ingressRoutes } from "./ingress.js";
export { investigationRoutes } from "./investigation.js";
export { partitionRoutes } from "./partition.js";
export { processRoutes } from "./process.js";
export { processSearchRoutes } from "./process-search.js";
export { sensorRoutes } from "./sensor.js";
export { serverRoutes } from "./server.js";
export { siteRoutes } from "./site.js";
export { threatReportRoutes } from "./threat-report.js";
export { watchlistRoutes } from "./watchlist.js";
