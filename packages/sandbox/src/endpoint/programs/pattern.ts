import { atOnce, type Steps } from "../../steps.js";

/** A piece of a pattern: which letters it takes, and whether it may be repeated or left out. */
interface Piece {
  takes: (letter: string) => boolean;
  repeated: boolean;
}

/** Where in a line something may begin or end. */
interface Anchors {
  start: boolean;
  end: boolean;
  wordStart: boolean;
  wordEnd: boolean;
}

const LONGEST = 1024;
/** At each of which there may be as many places as the pattern is long. */
const LETTERS_A_STEP = 64;

/**
 * A search pattern of `findstr` and `grep`: `.`, `*`, `[a-z]`, `[^a-z]`, `^`, `$`, `\<`, `\>` and `\` before a letter. It is
 * followed through a line with the set of places in the pattern at which one could be, so that no pattern takes longer
 * than its length times that of the line.
 */
export class TextPattern {
  readonly #pieces: Piece[] = [];
  readonly #anchors: Anchors = { start: false, end: false, wordStart: false, wordEnd: false };
  readonly #fold: boolean;

  constructor(text: string, options: { literal?: boolean; ignoreCase?: boolean; whole?: boolean } = {}) {
    this.#fold = options.ignoreCase ?? false;
    const wanted = (this.#fold ? text.toLowerCase() : text).slice(0, LONGEST);
    if (options.literal === true) for (const letter of wanted) this.#add((other) => other === letter);
    else this.#read(wanted);
    if (options.whole === true) Object.assign(this.#anchors, { start: true, end: true });
  }

  /** Makes it match at the beginning or the end of a line only. */
  anchor(where: "start" | "end"): this {
    this.#anchors[where] = true;
    return this;
  }

  test(line: string): boolean {
    return atOnce(this.search(line));
  }

  /** Whether it is in a line; each step goes on by some letters. */
  *search(line: string): Steps<boolean> {
    const text = this.#fold ? line.toLowerCase() : line;
    const { start, end, wordStart, wordEnd } = this.#anchors;
    const last = this.#pieces.length;
    let places = new Places(last + 1);
    let next = new Places(last + 1);
    yield;
    for (let at = 0; at <= text.length; at++) {
      if (at % LETTERS_A_STEP === 0) yield;
      if ((at === 0 || !start) && (!wordStart || isWordStart(text, at))) this.#enter(places, 0);
      if (places.has(last) && (!end || at === text.length) && (!wordEnd || isWordEnd(text, at))) return true;
      const letter = text[at];
      if (letter === undefined) return false;
      for (let n = 0; n < places.count; n++) {
        const place = places.at(n);
        const piece = this.#pieces[place];
        if (piece?.takes(letter) === true) this.#enter(next, piece.repeated ? place : place + 1);
      }
      [places, next] = [next, places];
      next.clear();
    }
    return false;
  }

  /** A place, and those behind it that can be reached without a letter. */
  #enter(places: Places, from: number): void {
    for (let place = from; places.add(place); place++) {
      if (this.#pieces[place]?.repeated !== true) return;
    }
  }

  #read(text: string): void {
    for (let at = 0; at < text.length; at++) {
      const letter = text[at] ?? "";
      const next = text[at + 1];
      if (letter === "^" && at === 0) this.#anchors.start = true;
      else if (letter === "$" && next === undefined) this.#anchors.end = true;
      else if (letter === "\\" && next !== undefined) {
        at++;
        if (next === "<") this.#anchors.wordStart = true;
        else if (next === ">") this.#anchors.wordEnd = true;
        else this.#add((other) => other === next);
      } else if (letter === "*" && this.#pieces.length > 0) {
        const piece = this.#pieces.at(-1);
        if (piece !== undefined) piece.repeated = true;
      } else if (letter === ".") this.#add(() => true);
      else if (letter === "[" && text.indexOf("]", at + 2) > 0) {
        const close = text.indexOf("]", at + 2);
        this.#add(letterClass(text.slice(at + 1, close)));
        at = close;
      } else this.#add((other) => other === letter);
    }
  }

  #add(takes: Piece["takes"]): void {
    this.#pieces.push({ takes, repeated: false });
  }
}

/** A set of places in a pattern that is emptied at each letter. */
class Places {
  readonly #list: Uint16Array;
  readonly #there: Uint8Array;
  count = 0;

  constructor(size: number) {
    this.#list = new Uint16Array(size);
    this.#there = new Uint8Array(size);
  }

  at(index: number): number {
    return this.#list[index] ?? 0;
  }

  has(place: number): boolean {
    return this.#there[place] === 1;
  }

  /** False when it is there already. */
  add(place: number): boolean {
    if (this.#there[place] !== 0) return false;
    this.#there[place] = 1;
    this.#list[this.count++] = place;
    return true;
  }

  clear(): void {
    for (let n = 0; n < this.count; n++) this.#there[this.at(n)] = 0;
    this.count = 0;
  }
}

function letterClass(text: string): (letter: string) => boolean {
  const not = text.startsWith("^");
  const body = not ? text.slice(1) : text;
  const ranges: [string, string][] = [];
  for (let at = 0; at < body.length; at++) {
    const from = body[at] ?? "";
    if (body[at + 1] === "-" && at + 2 < body.length) {
      ranges.push([from, body[at + 2] ?? from]);
      at += 2;
    } else ranges.push([from, from]);
  }
  return (letter) => ranges.some(([from, to]) => letter >= from && letter <= to) !== not;
}

const isWord = (letter: string | undefined): boolean => letter !== undefined && /[\p{L}\p{N}_]/u.test(letter);
const isWordStart = (text: string, at: number): boolean => isWord(text[at]) && !isWord(text[at - 1]);
const isWordEnd = (text: string, at: number): boolean => isWord(text[at - 1]) && !isWord(text[at]);
