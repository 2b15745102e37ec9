export { type Comparison, compared, exactly, keywordComparison, keywordCondition, within } from "./conditions.js";
export { folded } from "./folded.js";
export { combine, EVERYTHING, globOf, NOTHING, raw, sql } from "./sql.js";
export {
  allOf,
  hasWildcard,
  isPresence,
  printValue,
  type Query,
  QuerySyntaxError,
  type Term,
  termsOf,
  type Value,
} from "./syntax.js";
export {
  type Addresses,
  type Interval,
  readAddresses,
  readBoolean,
  readDate,
  readDates,
  readNumbers,
} from "./values.js";
