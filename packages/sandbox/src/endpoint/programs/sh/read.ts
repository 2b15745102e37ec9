import type { Redirect, Script } from "../script.js";

/** A piece of a word: whether variables are put into it, and whether blanks and stars in it mean something. */
export interface Piece {
  text: string;
  expands: boolean;
  bare: boolean;
}

/** A word as it was written; what it means is found out when its command is carried out. */
export type Word = Piece[];

/** A script that a shell cannot make sense of. */
export class ScriptSyntax extends Error {
  override readonly name = "ScriptSyntax";
}

const MOST_BRACKETS = 64;

/** Takes a script of `sh` apart: commands, `;`, `&`, `&&`, `||`, `|`, brackets, redirections, quotation marks. */
export function readScript(text: string): Script<Word[]> {
  return new Reader(text).all();
}

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): Script<Word[]> {
    const script = this.#list();
    if (this.#at < this.#text.length) throw unexpected(this.#text[this.#at]);
    return script;
  }

  #list(): Script<Word[]> {
    const items: Extract<Script<Word[]>, { kind: "list" }>["items"] = [];
    let when: "always" | "success" | "failure" = "always";
    for (;;) {
      this.#blanks(true);
      const letter = this.#text[this.#at];
      if (letter === undefined || (this.#depth > 0 && (letter === ")" || letter === "}"))) break;
      items.push({ when, script: this.#pipe() });
      this.#blanks();
      if (this.#takes("&&")) when = "success";
      else if (this.#takes("||")) when = "failure";
      else if (this.#takes(";") || this.#takes("&") || this.#takes("\n")) when = "always";
      else break;
    }
    return { kind: "list", items };
  }

  #pipe(): Script<Word[]> {
    const parts = [this.#command()];
    for (this.#blanks(); this.#text[this.#at] === "|" && this.#text[this.#at + 1] !== "|"; this.#blanks()) {
      this.#at++;
      this.#blanks(true);
      parts.push(this.#command());
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: "pipe", parts };
  }

  #command(): Script<Word[]> {
    const letter = this.#text[this.#at];
    const brace = letter === "{" && /\s/.test(this.#text[this.#at + 1] ?? "");
    if (letter === "(" || brace) {
      if (++this.#depth > MOST_BRACKETS) throw unexpected(letter);
      this.#at++;
      const body = this.#list();
      if (!this.#takes(brace ? "}" : ")")) throw unexpected(undefined);
      this.#depth--;
      return { kind: "group", body, redirects: this.#words().redirects };
    }
    const { words, redirects } = this.#words();
    if (words.length === 0 && redirects.length === 0) throw unexpected(this.#text[this.#at]);
    return { kind: "command", command: words, redirects };
  }

  #words(): { words: Word[]; redirects: Redirect[] } {
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    for (;;) {
      this.#blanks();
      const letter = this.#text[this.#at];
      if (letter === undefined || "\n;&|)".includes(letter)) {
        if (letter === "&" && this.#text[this.#at + 1] === ">") {
          this.#at += 2;
          redirects.push({ stream: 1, mode: "write", target: this.#target() }, { stream: 2, mode: "same", target: "" });
          continue;
        }
        break;
      }
      if (letter === "}" && this.#depth > 0 && words.length === 0) break;
      const sign = /^([0-2]?)(>>|>|<)(&[12])?/.exec(this.#text.slice(this.#at, this.#at + 6));
      if (sign !== null) {
        const [whole, number = "", arrow, same] = sign;
        this.#at += whole.length;
        const stream = (number === "" ? (arrow === "<" ? 0 : 1) : Number(number)) as Redirect["stream"];
        if (same !== undefined) redirects.push({ stream, mode: "same", target: "" });
        else
          redirects.push({
            stream,
            mode: arrow === "<" ? "read" : arrow === ">" ? "write" : "append",
            target: this.#target(),
          });
        continue;
      }
      words.push(this.#word());
    }
    return { words, redirects };
  }

  /** Files are taken as they are written. */
  #target(): string {
    this.#blanks();
    const target = this.#word()
      .map(({ text }) => text)
      .join("");
    if (target === "") throw unexpected(this.#text[this.#at]);
    return target;
  }

  #word(): Word {
    const word: Word = [];
    const add = (text: string, expands: boolean, bare: boolean): void => {
      const last = word.at(-1);
      if (last !== undefined && last.expands === expands && last.bare === bare) last.text += text;
      else word.push({ text, expands, bare });
    };
    for (; this.#at < this.#text.length; this.#at++) {
      const letter = this.#text[this.#at] ?? "";
      if (/[\s;&|<>()]/.test(letter)) break;
      if (letter === "'") add(this.#until("'"), false, false);
      else if (letter === '"') this.#quoted(add);
      else if (letter === "\\") add(this.#text[++this.#at] ?? "", false, false);
      else add(letter, true, true);
    }
    return word;
  }

  #quoted(add: (text: string, expands: boolean, bare: boolean) => void): void {
    add("", true, false);
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const letter = this.#text[this.#at] ?? "";
      if (letter === '"') return;
      if (letter === "\\" && /["\\$`]/.test(this.#text[this.#at + 1] ?? ""))
        add(this.#text[++this.#at] ?? "", false, false);
      else add(letter, true, false);
    }
    throw new ScriptSyntax("Syntax error: Unterminated quoted string");
  }

  #until(mark: string): string {
    const close = this.#text.indexOf(mark, this.#at + 1);
    if (close < 0) throw new ScriptSyntax("Syntax error: Unterminated quoted string");
    const text = this.#text.slice(this.#at + 1, close);
    this.#at = close;
    return text;
  }

  #blanks(lines = false): void {
    for (;;) {
      const letter = this.#text[this.#at];
      if (letter === " " || letter === "\t" || letter === "\r" || (lines && letter === "\n")) this.#at++;
      else if (letter === "\\" && this.#text[this.#at + 1] === "\n") this.#at += 2;
      else if (letter === "#" && (this.#at === 0 || /\s/.test(this.#text[this.#at - 1] ?? ""))) {
        while (this.#at < this.#text.length && this.#text[this.#at] !== "\n") this.#at++;
      } else return;
    }
  }

  #takes(sign: string): boolean {
    if (!this.#text.startsWith(sign, this.#at)) return false;
    this.#at += sign.length;
    return true;
  }
}

const unexpected = (sign: string | undefined): ScriptSyntax =>
  new ScriptSyntax(
    `Syntax error: ${sign === undefined ? "end of file" : sign === "\n" ? "newline" : `"${sign}"`} unexpected`,
  );
