import type { Redirect, Script } from "../script.js";

/** Something that `cmd.exe` carries out. */
export type ShellCommand = LineCommand | IfCommand | ForCommand;

/** A command with its arguments, as it was written. */
export interface LineCommand {
  kind: "line";
  text: string;
}

/** `if`: everything behind the condition depends on it. */
export interface IfCommand {
  kind: "if";
  not: boolean;
  fold: boolean;
  /** `exist`, `defined`, `errorlevel`, or how the two sides are compared. */
  test: string;
  left: string;
  right: string;
  yes: Script<ShellCommand>;
  no: Script<ShellCommand> | undefined;
}

/** `for`: everything behind `do` is done for each. */
export interface ForCommand {
  kind: "for";
  /** `d`, `f`, `l` or `r`; nothing for a plain list. */
  form: string;
  /** What stands before the variable: a directory for `/r`, how to read lines for `/f`. */
  options: string;
  variable: string;
  set: string;
  body: Script<ShellCommand>;
  /** The body as it was written, where it is to be shown before it is carried out. */
  shown: string | undefined;
}

/** A command line that `cmd.exe` cannot make sense of. */
export class CommandSyntax extends Error {
  override readonly name = "CommandSyntax";

  /** @param incomplete a bracket is open: in a batch file, the next line belongs to it */
  constructor(
    message: string,
    readonly incomplete = false,
  ) {
    super(message);
  }
}

const MOST_BRACKETS = 64;
/** Quotation marks hold a word together; one that is never closed does so to the end. */
const WORD = String.raw`(?:"[^"]*(?:"|$)|[^\s"=&|<>])+`;
const SWITCH = /\s*(\/i|not)(?=\s)/iy;
const CONDITION = new RegExp(
  String.raw`\s*(?:(exist|defined|errorlevel)\s+(${WORD})|(${WORD})\s*(==|(?<=\s)(?:equ|neq|lss|leq|gtr|geq)(?=\s))\s*(${WORD}))\s*`,
  "iy",
);
const REDIRECT = /[ \t]*([0-2])?(?=[<>])/y;
const ELSE = /\s*else(?=[\s(])\s*/iy;
const LOOP = /(?:\s+\/([dflr]))?(?:\s+("[^"]*"|[^\s%"(]+))?\s+%([^\s%])\s+in\s*\(/iy;
const DO = /\)\s*do(?=[\s(@])\s*/iy;

/** Takes a line of `cmd.exe` apart; variables have been put in before. */
export function readLine(line: string): Script<ShellCommand> {
  return new Reader(line).all();
}

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #nesting = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): Script<ShellCommand> {
    const script = this.#list();
    if (this.#at < this.#text.length) throw unexpected(this.#text[this.#at] ?? "");
    return script;
  }

  /** Commands with what joins them; up to the end of the line when `oneLine` is set. */
  #list(oneLine = false): Script<ShellCommand> {
    const items: Extract<Script<ShellCommand>, { kind: "list" }>["items"] = [];
    let when: "always" | "success" | "failure" = "always";
    for (;;) {
      this.#blanks();
      while (!oneLine && this.#takes("\n")) this.#blanks();
      if (this.#at >= this.#text.length || (this.#depth > 0 && this.#text[this.#at] === ")")) break;
      items.push({ when, script: this.#pipe() });
      this.#blanks();
      if (this.#takes("&&")) when = "success";
      else if (this.#takes("||")) when = "failure";
      else if (this.#takes("&") || (!oneLine && this.#depth > 0 && this.#takes("\n"))) when = "always";
      else break;
    }
    return { kind: "list", items };
  }

  #pipe(): Script<ShellCommand> {
    const parts = [this.#command()];
    for (this.#blanks(); this.#text[this.#at] === "|" && this.#text[this.#at + 1] !== "|"; this.#blanks()) {
      this.#at++;
      this.#blanks();
      parts.push(this.#command());
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: "pipe", parts };
  }

  #command(): Script<ShellCommand> {
    this.#silenced();
    const letter = this.#text[this.#at];
    if (letter === "(") {
      if (++this.#depth > MOST_BRACKETS) throw unexpected("(");
      this.#at++;
      const body = this.#list();
      if (!this.#takes(")")) {
        throw this.#at < this.#text.length
          ? unexpected(this.#text[this.#at] ?? "")
          : new CommandSyntax(INCORRECT, true);
      }
      this.#depth--;
      return { kind: "group", body, redirects: this.#redirects() };
    }
    if (letter === undefined || "&|".includes(letter)) throw unexpected(letter ?? "");
    if (this.#matches(/if(?=[\s"]|$)/iy) !== null) return this.#nested(() => this.#if());
    if (this.#matches(/for(?=\s|$)/iy) !== null) return this.#nested(() => this.#for());
    const { text, redirects } = this.#words();
    return { kind: "command", command: { kind: "line", text }, redirects };
  }

  /** Takes the signs that keep a command from being shown; whether there were any. */
  #silenced(): boolean {
    const from = this.#at;
    while (this.#text[this.#at] === "@") {
      this.#at++;
      this.#blanks();
    }
    return this.#at > from;
  }

  #nested(read: () => ShellCommand): Script<ShellCommand> {
    if (++this.#nesting > MOST_BRACKETS) throw new CommandSyntax(INCORRECT);
    const command = read();
    this.#nesting--;
    return { kind: "command", command, redirects: [] };
  }

  #if(): IfCommand {
    let not = false;
    let fold = false;
    for (let found = this.#matches(SWITCH); found !== null; found = this.#matches(SWITCH)) {
      if (found[1]?.toLowerCase() === "not") not = true;
      else fold = true;
    }
    const [, test, value, left, sign, right] = this.#matches(CONDITION) ?? [];
    if (test === undefined && sign === undefined) throw new CommandSyntax(INCORRECT);
    const yes = this.#line();
    // Only after a bracket: elsewhere it is a word like any other.
    const no = this.#matches(ELSE) === null ? undefined : this.#line();
    return {
      ...{ kind: "if", not, fold, test: (test ?? sign ?? "").toLowerCase(), yes, no },
      ...{ left: value ?? left ?? "", right: right ?? "" },
    };
  }

  #for(): ForCommand {
    const [, form = "", options = "", variable] = this.#matches(LOOP) ?? [];
    if (variable === undefined) throw new CommandSyntax(INCORRECT);
    const start = this.#at;
    let quoted = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const letter = this.#text[this.#at];
      if (letter === '"') quoted = !quoted;
      else if (!quoted && letter === "^") this.#at++;
      else if (!quoted && letter === ")") break;
    }
    const set = this.#text.slice(start, this.#at).replace(/\^(.)/gs, "$1");
    if (this.#matches(DO) === null) throw new CommandSyntax(INCORRECT, this.#at >= this.#text.length);
    const silent = this.#silenced();
    const from = this.#at;
    const body = this.#line();
    const shown = silent ? undefined : this.#text.slice(from, this.#at).trim();
    return { kind: "for", form: form.toLowerCase(), options, variable, set, body, shown };
  }

  /** Commands up to the end of the line, of which there must be one. */
  #line(): Script<ShellCommand> {
    const script = this.#list(true);
    if (script.kind === "list" && script.items.length === 0) throw unexpected(this.#text[this.#at] ?? "");
    return script;
  }

  /** Takes what a pattern fits from here on. */
  #matches(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }

  /** Up to the next sign that ends a command; quotation marks stay, carets are taken away. */
  #words(): { text: string; redirects: Redirect[] } {
    const redirects: Redirect[] = [];
    let text = "";
    let quoted = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const letter = this.#text[this.#at] ?? "";
      if (letter === '"') quoted = !quoted;
      else if (quoted) {
        // Everything is itself between quotation marks.
      } else if (letter === "^") {
        this.#at++;
        text += this.#text[this.#at] ?? "";
        continue;
      } else if ("&|\n".includes(letter) || (letter === ")" && this.#depth > 0)) break;
      else if (letter === "<" || letter === ">") {
        const number = /(^|\s)([0-2])$/.exec(text)?.[2];
        if (number !== undefined) text = text.slice(0, -1);
        redirects.push(this.#redirect(letter, number));
        this.#at--;
        continue;
      }
      text += letter;
    }
    // Blanks at the end belong to what is echoed or set.
    return { text: text.trimStart(), redirects };
  }

  /** Those behind a bracket. */
  #redirects(): Redirect[] {
    const redirects: Redirect[] = [];
    for (let found = this.#matches(REDIRECT); found !== null; found = this.#matches(REDIRECT)) {
      redirects.push(this.#redirect(this.#text[this.#at] ?? "", found[1]));
    }
    return redirects;
  }

  #redirect(sign: string, number: string | undefined): Redirect {
    this.#at++;
    const stream = (number === undefined ? (sign === "<" ? 0 : 1) : Number(number)) as Redirect["stream"];
    const append = sign === ">" && this.#takes(">");
    this.#blanks();
    if (this.#takes("&")) {
      this.#at++;
      return { stream, mode: "same", target: "" };
    }
    let target = "";
    let quoted = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const letter = this.#text[this.#at] ?? "";
      if (letter === '"') quoted = !quoted;
      else if (!quoted && /[\s&|<>]/.test(letter)) break;
      else if (!quoted && letter === ")" && this.#depth > 0) break;
      else target += letter;
    }
    if (target === "") throw unexpected(this.#text[this.#at] ?? "");
    return { stream, mode: sign === "<" ? "read" : append ? "append" : "write", target };
  }

  #blanks(): void {
    while (/[ \t]/.test(this.#text[this.#at] ?? "") || (this.#depth === 0 && this.#text[this.#at] === "\n")) this.#at++;
  }

  #takes(sign: string): boolean {
    if (!this.#text.startsWith(sign, this.#at)) return false;
    this.#at += sign.length;
    return true;
  }
}

const INCORRECT = "The syntax of the command is incorrect.";
const unexpected = (sign: string): CommandSyntax =>
  new CommandSyntax(sign === "" ? INCORRECT : `${sign} was unexpected at this time.`);
