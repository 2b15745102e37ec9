import type { Field, Kind } from "../../store/schema.js";

/** What kind of documents is searched. */
export type Target = "process" | "binary" | "alert" | "threat_report";

/** How the values of a field are compared. */
export type FieldType =
  | "keyword"
  | "md5"
  | "path"
  /** A path that is compared as a whole. */
  | "wholePath"
  | "text"
  | "cmdline"
  | "domain"
  | "ipaddr"
  | "number"
  | "boolean"
  | "date"
  | "sign";

/**
 * Where the values of a field are:
 * - postings: in the index, under these fields;
 * - postedNumbers: in the index as well, the term being the number itself;
 * - column: in this column of the document's own row (`d`);
 * - process: in this column of the process (`p`) that the document is a segment of;
 * - host: in this expression over the sensor (`h`) and its group (`g`) on which the document was seen;
 * - parentMd5: in the row of the parent process;
 * - relation: in the binaries that stand in this relation to the process;
 * - tag: in the tags of the document, under the name of the field;
 * - rows: in rows that belong to the document: `rows` is a table or a SELECT in parentheses with the columns `doc`, `key`
 *   and whatever else the type compares, see the table `value`;
 * - reportWords: in the words of a threat report, under this number.
 */
export type Source =
  | { from: "postings"; fields: readonly Field[]; kind: Kind; parentMd5?: boolean }
  | { from: "postedNumbers"; field: Field }
  | { from: "column"; column: string }
  | { from: "process"; column: string }
  | { from: "host"; expression: string }
  | { from: "parentMd5" }
  | { from: "relation"; relation: Relation; binaryField: string }
  | { from: "tag"; name: string }
  | { from: "rows"; rows: string; kind: Kind }
  | { from: "reportWords"; field: number };

/** How a process and a binary can be related. */
export type Relation = "self" | "filewrite" | "parent" | "child" | "modload";

/** A field that can be asked for. */
export interface FieldSpec {
  name: string;
  type: FieldType;
  source: Source;
  /** Whether terms without a field look here. */
  byDefault: boolean;
}

/** A row of a table of fields: names that mean the same, their type, where the values are. */
export type Row = [names: string, type: FieldType, source: Source, byDefault?: "default"];
