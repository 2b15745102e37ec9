import type { Redirect, Script } from "../script.js";

/** A command line that `cmd.exe` cannot make sense of. */
export class CommandSyntax extends Error {
  override readonly name = "CommandSyntax";
}

const MOST_BRACKETS = 64;

/** Takes a line of `cmd.exe` apart; variables have been put in before. */
export function readLine(line: string): Script<string> {
  return new Reader(line).all();
}

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): Script<string> {
    const script = this.#list();
    if (this.#at < this.#text.length) throw unexpected(this.#text[this.#at] ?? "");
    return script;
  }

  #list(): Script<string> {
    const items: Extract<Script<string>, { kind: "list" }>["items"] = [];
    let when: "always" | "success" | "failure" = "always";
    for (;;) {
      this.#blanks();
      if (this.#at >= this.#text.length || (this.#depth > 0 && this.#text[this.#at] === ")")) break;
      items.push({ when, script: this.#pipe() });
      this.#blanks();
      if (this.#takes("&&")) when = "success";
      else if (this.#takes("||")) when = "failure";
      else if (this.#takes("&") || (this.#depth > 0 && this.#takes("\n"))) when = "always";
      else break;
    }
    return { kind: "list", items };
  }

  #pipe(): Script<string> {
    const parts = [this.#command()];
    for (this.#blanks(); this.#text[this.#at] === "|" && this.#text[this.#at + 1] !== "|"; this.#blanks()) {
      this.#at++;
      this.#blanks();
      parts.push(this.#command());
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: "pipe", parts };
  }

  #command(): Script<string> {
    while (this.#text[this.#at] === "@") {
      this.#at++;
      this.#blanks();
    }
    const letter = this.#text[this.#at];
    if (letter === "(") {
      if (++this.#depth > MOST_BRACKETS) throw unexpected("(");
      this.#at++;
      const body = this.#list();
      if (!this.#takes(")")) throw unexpected("");
      this.#depth--;
      const { redirects } = this.#words();
      return { kind: "group", body, redirects };
    }
    if (letter === undefined || "&|".includes(letter)) throw unexpected(letter ?? "");
    const { text, redirects } = this.#words();
    return { kind: "command", command: text, redirects };
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

const unexpected = (sign: string): CommandSyntax =>
  new CommandSyntax(sign === "" ? "The syntax of the command is incorrect." : `${sign} was unexpected at this time.`);

/**
 * Puts the values of variables in: `%NAME%`, `%NAME:~2,3%`, `%NAME:old=new%`. One that is not set stays as it is written, or
 * vanishes in a batch file.
 */
export function putVariables(line: string, value: (name: string) => string | undefined, batch = false): string {
  const put = line.replace(
    /%%|%([^%=:]+)(?::([^%]*))?%/g,
    (whole, name: string | undefined, change: string | undefined) => {
      if (name === undefined) return batch ? "%" : whole;
      const text = value(name);
      if (text === undefined) return batch ? "" : whole;
      return change === undefined ? text : changed(text, change);
    },
  );
  return put;
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
    at = found + old.length;
  }
}
