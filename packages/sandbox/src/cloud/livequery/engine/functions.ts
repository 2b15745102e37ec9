/**
 * The functions that a query may call: those that compute something from what they are given. Everything else that the
 * database brings with it (files, extensions, its own inside) is not known to a query.
 */
export const QUERY_FUNCTIONS: readonly string[] = [
  ...["->", "->>", "abs", "acos", "asin", "atan", "atan2", "avg", "ceil", "ceiling", "char", "coalesce", "concat"],
  ...["concat_ws", "cos", "cot", "count", "cume_dist", "current_date", "current_time", "current_timestamp", "date"],
  ...["datetime", "degrees", "dense_rank", "exp", "first_value", "floor", "format", "glob", "group_concat", "hex"],
  ...["ifnull", "iif", "instr", "json", "json_array", "json_array_length", "json_extract", "json_group_array"],
  ...["json_group_object", "json_insert", "json_object", "json_patch", "json_quote", "json_remove", "json_replace"],
  ...["json_set", "json_type", "json_valid", "julianday", "lag", "last_value", "lead", "length", "like", "likelihood"],
  ...["likely", "ln", "log", "log10", "lower", "ltrim", "max", "median", "min", "mod", "mode", "nth_value", "ntile"],
  ...["nullif", "octet_length", "percent_rank", "pi", "power", "pow", "printf", "quote", "radians", "random", "rank"],
  ...["regexp", "replace", "reverse", "round", "row_number", "rtrim", "sign", "sin", "sqlite_version", "sqrt"],
  ...["square", "stdev", "strftime", "string_agg", "substr", "substring", "sum", "tan", "time", "timediff", "total"],
  ...["trim", "trunc", "typeof", "unhex", "unicode", "unixepoch", "unlikely", "upper", "variance", "zeroblob"],
];
