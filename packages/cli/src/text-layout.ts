/** Fits text into the columns of a terminal. All texts are expected to be safe already. */

/** A text with the colour it gets after it was cut to length. */
export type Piece = readonly [text: string, style?: (text: string) => string];

/** Scripts whose characters take two columns, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const COMBINING = /\p{M}/u;
const PLAIN = /^[\x20-\x7e]*$/;

/** How many columns a text takes. */
export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += columnsOfCharacter(character);
  return columns;
}

const columnsOfCharacter = (character: string): number =>
  COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1;

/** The text, cut with an ellipsis when it takes more than so many columns. */
export function fit(text: string, columns: number): string {
  if (columns <= 0) return "";
  if (columnsOf(text) <= columns) return text;
  return columns === 1 ? "…" : `${beginning(text, columns - 1)}…`;
}

/** The text, cut or filled with blanks to exactly so many columns. */
export function cell(text: string, columns: number): string {
  const fitted = fit(text, columns);
  return fitted + " ".repeat(columns - columnsOf(fitted));
}

/** A line of coloured pieces that takes no more than so many columns. */
export function line(pieces: readonly Piece[], columns: number): string {
  let left = columns;
  let result = "";
  for (const [text, style] of pieces) {
    const fitted = fit(text, left);
    left -= columnsOf(fitted);
    result += style === undefined ? fitted : style(fitted);
  }
  return result;
}

/** The text in lines of so many columns; after `most` of them it says how much is left out. */
export function wrap(text: string, columns: number, most: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (lines.length < most && rest !== "") {
    const next = beginning(rest, columns);
    // At a blank where there is one in the last third, so that words stay whole and long ones do not waste lines.
    const blank = next.length < rest.length ? next.lastIndexOf(" ") + 1 : 0;
    const taken = blank > (next.length * 2) / 3 ? next.slice(0, blank) : next;
    lines.push(taken.trimEnd());
    rest = rest.slice(taken.length);
  }
  if (rest === "") return lines;
  const last = lines.at(-1) ?? "";
  const said = (count: number): string => `… (${count} more characters)`;
  const shown = beginning(last, columns - columnsOf(said(text.length)));
  return [...lines.slice(0, -1), shown + said(rest.length + last.length - shown.length)];
}

/** `1 process`, `2 processes`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

/** As much from the beginning of a text as fits; at least one character, so that whoever goes on gets on. */
function beginning(text: string, columns: number): string {
  let used = 0;
  let length = 0;
  for (const character of text) {
    used += columnsOfCharacter(character);
    if (used > columns && length > 0) break;
    length += character.length;
  }
  return text.slice(0, length);
}
