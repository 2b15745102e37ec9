import type { FacetValue } from "cbapi/response";
import type { Terminal } from "../terminal.js";
import { cell, line, plural } from "../text-layout.js";

const SHOWN = 10;
const NAME = 26;
/** The longest bar, and what stands before it. */
const BAR = 50;
const BEFORE = 46;

/** The most frequent values of a field as bars, in the manner of the guide. */
export function drawFacets(values: readonly FacetValue[], colors: Terminal["colors"], width: number): string[] {
  const bar = Math.min(BAR, width - BEFORE);
  const rows = values.slice(0, SHOWN).map(({ name, value, ratio, percent }) =>
    line(
      [
        [`   ${cell(name, NAME)}`],
        [value.toLocaleString("en-US").padStart(7)],
        [`${ratio.padStart(7)}%  `, colors.dim],
        // A value that occurs at all is to be seen.
        ["■".repeat(Math.max(1, Math.round((percent / 100) * bar))), colors.cyan],
      ],
      width,
    ),
  );
  const more = values.length - SHOWN;
  return more > 0 ? [...rows, line([[`   and ${plural(more, "other name")}`, colors.dim]], width)] : rows;
}
