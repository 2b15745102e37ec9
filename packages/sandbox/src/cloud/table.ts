/** Documents as a table of comma-separated values; the first line names the columns. What is missing leaves its cell empty. */
export function csvOf(columns: readonly string[], documents: readonly Readonly<Record<string, unknown>>[]): string {
  const lines = documents.map((document) => columns.map((name) => cell(document[name])).join(","));
  return `${[columns.map(cell).join(","), ...lines].join("\n")}\n`;
}

function cell(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
