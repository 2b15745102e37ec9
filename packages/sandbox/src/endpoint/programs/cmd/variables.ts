import { hasWildcards } from "../../disk/wildcards.js";
import { CommandSyntax } from "./read.js";
import type { BatchArguments, CommandShell } from "./shell.js";

const NAMED = /%([^%:=]+)(?::([^%]*))?%/y;
const ARGUMENT = /%(?:\*|(?:~([a-z]*))?([0-9]))/iy;

/** Letters of a line, before and after its variables have been put in. */
export const LONGEST_LINE = 8191;
export const TOO_LONG = "The input line is too long.";

function checkLength(letters: number): void {
  if (letters > LONGEST_LINE) throw new CommandSyntax(TOO_LONG);
}

/**
 * Puts the values of variables in: `%NAME%`, `%NAME:~2,3%`, `%NAME:old=new%`, and in a batch file its arguments. A variable
 * that is not set stays as it is written, or vanishes in a batch file.
 */
export function putVariables(line: string, shell: CommandShell, batch?: BatchArguments): string {
  const at = (pattern: RegExp, from: number): RegExpExecArray | null => {
    pattern.lastIndex = from;
    return pattern.exec(line);
  };
  let out = "";
  let from = 0;
  for (let sign = line.indexOf("%"); sign >= 0; sign = line.indexOf("%", from)) {
    out += line.slice(from, sign);
    checkLength(out.length);
    from = sign + 1;
    const argument = batch === undefined ? null : at(ARGUMENT, sign);
    if (batch !== undefined && line[from] === "%") {
      out += "%";
      from++;
    } else if (batch !== undefined && argument !== null) {
      const [whole, letters, number] = argument;
      const value = batch[Number(number)] ?? "";
      if (number === undefined) out += batch.slice(1).join(" ");
      else out += letters === undefined ? value : partOf(shell, value, letters);
      from = sign + whole.length;
    } else {
      const [whole, name = "", change] = at(NAMED, sign) ?? [];
      const value = whole === undefined ? undefined : shell.variable(name);
      // What is not set begins no name: what follows its first sign is looked at again.
      if (value === undefined) out += batch === undefined ? "%" : "";
      else out += change === undefined ? value : changed(value, change);
      if (whole !== undefined && (value !== undefined || batch !== undefined)) from = sign + whole.length;
    }
  }
  out += line.slice(from);
  checkLength(out.length);
  return out;
}

/** Puts in the variables of `for`: `%i`, and with letters such as `%~nxi` a part of what they hold. */
export function putLoopVariables(text: string, shell: CommandShell, values: ReadonlyMap<string, string>): string {
  if (values.size === 0) return text;
  let length = text.length;
  const put = (value: string): string => {
    length += value.length;
    checkLength(length);
    return value;
  };
  return text.replace(/%(?:~([a-z]*)|([^\s%~]))/gi, (whole, letters: string | undefined, name: string | undefined) => {
    if (letters === undefined) return put(values.get(name ?? "") ?? whole);
    // The last letter that names a variable is its name; what follows is not part of it.
    for (let end = letters.length; end > 0; end--) {
      const value = values.get(letters[end - 1] ?? "");
      const wanted = letters.slice(0, end - 1);
      if (value !== undefined && /^[fdpnxsz]*$/i.test(wanted))
        return put(partOf(shell, value, wanted)) + letters.slice(end);
    }
    return whole;
  });
}

/** `~`: without its quotation marks; with letters: drive, path, name, extension, size, or all of the path of the file it names. */
function partOf(shell: CommandShell, value: string, letters: string): string {
  const text = value.replace(/^"(.*)"$/s, "$1");
  const wanted = letters.toLowerCase();
  if (wanted === "") return text;
  const path = shell.path(text);
  const name = path.slice(path.lastIndexOf("\\") + 1);
  const dot = name.lastIndexOf(".");
  const stem = dot < 0 ? name : name.slice(0, dot);
  const node = shell.call.host.files.find(path);
  const whole = wanted.includes("f");
  return [
    wanted.includes("z") && node?.kind === "file" ? `${node.content.size}${wanted === "z" ? "" : " "}` : "",
    whole || wanted.includes("d") ? path.slice(0, 2) : "",
    whole || wanted.includes("p") ? path.slice(2, path.length - name.length) : "",
    whole || wanted.includes("n") ? stem : "",
    whole || wanted.includes("x") ? name.slice(stem.length) : "",
  ].join("");
}

/** The words of a list, which blanks and some signs part; quotation marks stay and hold together. */
export function itemsOf(text: string): string[] {
  return text.match(/(?:"[^"]*(?:"|$)|[^\s,;="])+/g) ?? [];
}

/** The files, or the directories, that a pattern fits, as paths that begin as it does. */
export function fitting(shell: CommandShell, pattern: string, kind: "file" | "directory"): string[] {
  if (!hasWildcards(pattern)) return [];
  const start = pattern.slice(
    0,
    Math.max(pattern.lastIndexOf("\\"), pattern.lastIndexOf("/"), pattern.indexOf(":")) + 1,
  );
  try {
    return shell.call.host.files
      .entries(shell.path(pattern))
      .filter(([node, , name]) => name === undefined && node.kind === kind)
      .map(([node]) => start + node.name);
  } catch {
    return [];
  }
}

function changed(text: string, change: string): string {
  const part = /^~(-?\d+)(?:,(-?\d+))?$/.exec(change);
  if (part !== null) {
    const from = Number(part[1]);
    const start = from < 0 ? Math.max(0, text.length + from) : from;
    if (part[2] === undefined) return text.slice(start);
    const count = Number(part[2]);
    return count < 0 ? text.slice(start, count) : text.slice(start, start + count);
  }
  const equals = change.indexOf("=");
  if (equals <= 0) return text;
  const old = change.slice(0, equals).toLowerCase();
  const next = change.slice(equals + 1);
  let out = "";
  const folded = text.toLowerCase();
  for (let at = 0; ; ) {
    const found = folded.indexOf(old, at);
    if (found < 0) return out + text.slice(at);
    out += text.slice(at, found) + next;
    checkLength(out.length);
    at = found + old.length;
  }
}
