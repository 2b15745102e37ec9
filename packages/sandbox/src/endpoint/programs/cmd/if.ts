import { hasWildcards } from "../../disk/wildcards.js";
import type { IfCommand } from "./read.js";
import type { CommandShell } from "./shell.js";

/** Whether the condition of an `if` holds. */
export function holds(shell: CommandShell, { not, fold, test, left, right }: IfCommand): boolean {
  return met(shell, test, left, right, fold) !== not;
}

function met(shell: CommandShell, test: string, left: string, right: string, fold: boolean): boolean {
  if (test === "exist") return exists(shell, left.replaceAll('"', ""));
  if (test === "defined") return shell.variable(left) !== undefined;
  if (test === "errorlevel") return shell.exitCode >= Number(left);
  if (test === "==") return fold ? left.toLowerCase() === right.toLowerCase() : left === right;
  const order = compare(left, right, fold);
  switch (test) {
    case "equ":
      return order === 0;
    case "neq":
      return order !== 0;
    case "lss":
      return order < 0;
    case "leq":
      return order <= 0;
    case "gtr":
      return order > 0;
    default:
      return order >= 0;
  }
}

/** Two whole numbers as such, anything else as text. */
function compare(left: string, right: string, fold: boolean): number {
  const number = /^[+-]?(0x[0-9a-f]+|\d+)$/i;
  if (number.test(left) && number.test(right)) return numberOf(left) - numberOf(right);
  const [a, b] = fold ? [left.toLowerCase(), right.toLowerCase()] : [left, right];
  return a < b ? -1 : a > b ? 1 : 0;
}

const numberOf = (text: string): number => Number(text.replace(/^[+-]/, "")) * (text.startsWith("-") ? -1 : 1);

function exists(shell: CommandShell, file: string): boolean {
  const { files } = shell.call.host;
  if (!hasWildcards(file)) return files.find(shell.path(file)) !== undefined;
  try {
    return files.list(shell.path(file)).length > 0;
  } catch {
    return false;
  }
}
