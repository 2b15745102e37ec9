// What makes routes, a line for each file that has some. All of them are served; their order does not matter.
export { accountRoutes } from "./accounts.js";
export { analysisRoutes } from "./analysis.js";
export { approvalRoutes } from "./approvals.js";
export { computerRoutes } from "./computers.js";
export { fileRuleRoutes } from "./file-rules.js";
export { fileRoutes } from "./files.js";
export { readOnlyRoutes } from "./read-only.js";
export { signatureRoutes } from "./signatures.js";
export { trustRoutes } from "./trust.js";
