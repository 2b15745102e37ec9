export {
  type CriteriaRules,
  type Criterion,
  compileBody,
  compileCriteria,
  compileExclusions,
  inStretch,
  LAST_ROW,
  orderBy,
  readSort,
  readWindow,
  type SortKey,
  type Window,
} from "./body.js";
export { compareField } from "./compare.js";
export { compileLucene, compileText, type Meaning } from "./compile.js";
export { DocumentSearch, documentField, documentFields, guardSearch } from "./documents.js";
export { countValues, type FacetTerms, type FacetValue, readTerms, requireFacet } from "./facets.js";
export {
  baseCondition,
  column,
  type FieldType,
  type SearchField,
  type SearchFields,
  type ValueTest,
} from "./fields.js";
export { parseLucene } from "./parser.js";
export { type LuceneQuery, type LuceneTerm, type LuceneValue, termsOf } from "./syntax.js";
export { readAgo, readMoment, readStretch, type Stretch } from "./times.js";
export { isObject, readInteger, readObject, readText, readTexts } from "./values.js";
