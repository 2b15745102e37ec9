export { type CompileOptions, compileQuery } from "./compile.js";
export { type FieldSpec, findField, type Target } from "./fields.js";
export { parseQuery, parseValue } from "./parser.js";
export { combine, raw, sql } from "./sql.js";
export {
  allOf,
  isPresence,
  printValue,
  type Query,
  QuerySyntaxError,
  type Term,
  termsOf,
  type Value,
} from "./syntax.js";
export { readDate } from "./values.js";
