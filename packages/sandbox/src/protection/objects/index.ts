import * as activity from "./activity.js";
import * as analysis from "./analysis.js";
import * as computers from "./computers.js";
import * as files from "./files.js";
import type { Kind } from "./kind.js";
import * as server from "./server.js";
import * as signatures from "./signatures.js";
import * as trust from "./trust.js";

export * from "./activity.js";
export * from "./analysis.js";
export * from "./computers.js";
export * from "./field.js";
export * from "./files.js";
export * from "./kind.js";
export * from "./server.js";
export * from "./signatures.js";
export * from "./trust.js";

const isKind = (value: unknown): value is Kind =>
  typeof value === "object" && value !== null && "kept" in value && "fields" in value;

/** All kinds by name. */
export const KINDS: ReadonlyMap<string, Kind> = new Map(
  [activity, analysis, computers, files, server, signatures, trust]
    .flatMap((module): unknown[] => Object.values(module))
    .filter(isKind)
    .map((each) => [each.name, each]),
);
