// Rows for a spreadsheet.

/**
 * One line of CSV. What a spreadsheet would take for a formula is made text by an apostrophe before it: names of computers
 * and of files are anybody's choice, and a formula in them would be carried out by whoever opens the list.
 */
export function csvLine(cells: readonly (string | number | boolean | Date | undefined)[]): string {
  return cells.map(cellOf).join(",");
}

function cellOf(value: string | number | boolean | Date | undefined): string {
  if (typeof value !== "string") return value instanceof Date ? value.toISOString() : String(value ?? "");
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
