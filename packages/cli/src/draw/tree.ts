import type { MatchFinding, ProcessFinding } from "../hunt/findings.js";
import type { Terminal } from "../terminal.js";
import { line, type Piece } from "../text-layout.js";
import { processName, shortUser, timeText } from "./words.js";

/** Deeper processes are drawn at this depth: there has to be room for what they are. */
const DEEPEST_INDENT = 16;

/** The processes that led to a match, the kernel at the top and the match at the bottom. */
export function drawTree(match: MatchFinding, colors: Terminal["colors"], width: number): string[] {
  const chain: ProcessFinding[] = [...match.ancestors.toReversed(), match];
  return chain.map((process, depth) => {
    const last = depth === chain.length - 1;
    const name = last ? (text: string) => colors.bold(colors.yellow(text)) : colors.bold;
    return line(
      [
        ["   ", colors.dim],
        [timeText(process.start), colors.dim],
        ["  ", colors.dim],
        [branch(depth), colors.dim],
        [processName(process), name],
        ...marks(process, colors),
        ...text("  ", shortUser(process), colors.cyan),
        ...text("  ", process.cmdline ?? "", last ? (value) => value : colors.dim),
      ],
      width,
    );
  });
}

function branch(depth: number): string {
  if (depth === 0) return "";
  return `${"  ".repeat(Math.min(depth - 1, DEEPEST_INDENT))}└ `;
}

/** Only what is unusual is marked: in a list where most is signed, a mark on everything would hide the exception. */
function marks({ binary, stub }: ProcessFinding, colors: Terminal["colors"]): Piece[] {
  if (stub) return [[" (no longer on the server)", colors.dim]];
  return binary !== null && !binary.signed ? [[` (${(binary.result ?? "not signed").toLowerCase()})`, colors.red]] : [];
}

const text = (before: string, value: string, style: (text: string) => string): Piece[] =>
  value === "" ? [] : [[before], [value, style]];
