export { compileQuery } from "./compile.js";
export type { FieldType, Target } from "./field-spec.js";
export { parseQuery, parseValue } from "./parser.js";
export { compareValues, compileRecordQuery, type RecordFields, valuesOf } from "./records.js";
export { combine, raw, sql } from "./sql.js";
export {
  allOf,
  isPresence,
  printValue,
  type Query,
  QuerySyntaxError,
  termsOf,
  type Value,
} from "./syntax.js";
export { readDate } from "./values.js";
