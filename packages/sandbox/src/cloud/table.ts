/** Documents as a table of comma-separated values; the first line names the columns. What is missing leaves its cell empty. */
export function csvOf(columns: readonly string[], documents: readonly Readonly<Record<string, unknown>>[]): string {
  const lines = documents.map((document) => csvLine(columns.map((name) => document[name])));
  return `${[csvLine(columns), ...lines].join("\n")}\n`;
}

/** A line of such a table, without its end: quoted where a reader would take a value for something else. */
export const csvLine = (values: readonly unknown[]): string => values.map(cell).join(",");

function cell(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
