export { compileQuery } from "./compile.js";
export type { FieldType, Target } from "./field-spec.js";
export { parseQuery, parseValue } from "./parser.js";
export { compareValues, compileRecordQuery, type RecordFields, valuesOf } from "./records.js";
