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
    const text = this.#fold ? line.toLowerCase() : line;
    const { start, end, wordStart, wordEnd } = this.#anchors;
    const last = this.#pieces.length;
    let places = new Set<number>();
    for (let at = 0; at <= text.length; at++) {
      if ((at === 0 || !start) && (!wordStart || isWordStart(text, at))) this.#enter(places, 0);
      if (places.has(last) && (!end || at === text.length) && (!wordEnd || isWordEnd(text, at))) return true;
      const letter = text[at];
      if (letter === undefined) return false;
      const next = new Set<number>();
      for (const place of places) {
        const piece = this.#pieces[place];
        if (piece?.takes(letter) !== true) continue;
        this.#enter(next, piece.repeated ? place : place + 1);
      }
      places = next;
    }
    return false;
  }

  /** A place, and those behind it that can be reached without a letter. */
  #enter(places: Set<number>, from: number): void {
    for (let place = from; !places.has(place); place++) {
      places.add(place);
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
