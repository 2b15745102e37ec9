import type { Terminal } from "../terminal.js";
import { line, wrap } from "../text-layout.js";

/** Columns before the text. */
const LABEL = 14;
/** What is longer says how much is left out. */
const LINES = 3;

/** A text with what it is about before it, in as many lines as it takes. */
export function labelledRows(label: string, text: string, colors: Terminal["colors"], width: number): string[] {
  return wrap(text, width - LABEL, LINES).map((part, index) =>
    line([[`   ${(index === 0 ? label : "").padEnd(LABEL - 3)}`, colors.dim], [part]], width),
  );
}
