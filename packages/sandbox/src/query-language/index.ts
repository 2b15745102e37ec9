export { compileQuery } from "./compile.js";
export type { Target } from "./field-spec.js";
export { parseQuery, parseValue } from "./parser.js";
export { combine, raw, sql } from "./sql.js";
export {
  allOf,
  isPresence,
  printValue,
  type Query,
  QuerySyntaxError,
  termsOf,
} from "./syntax.js";
export { readDate } from "./values.js";
