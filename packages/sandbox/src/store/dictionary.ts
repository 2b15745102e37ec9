import type { Database } from "./database.js";
import { RowWriter } from "./database.js";
import { Kind, WORD_STEP } from "./schema.js";
import type { WordRule } from "./tokens.js";
import {
  domainKey,
  fold,
  ipv4Number,
  ipv6Digits,
  normalisePath,
  reversedPath,
  storedWords,
  WORD_RULES,
} from "./tokens.js";

const PATHS: ReadonlySet<Kind> = new Set([Kind.path, Kind.filePath, Kind.registryPath, Kind.account]);

interface ValueRow {
  id: number;
  kind: Kind;
  text: string;
}

/**
 * Every distinct text once, under a number. Organisations repeat themselves (the same forty modules in every process), so
 * this keeps events small and gives searches one row per text instead of one per occurrence.
 */
export class Dictionary {
  readonly #ids: (Map<string, number> | undefined)[] = [];
  readonly #texts: string[] = [];
  readonly #values: RowWriter;
  readonly #words: RowWriter;
  /** How command lines are cut; a server version has one, so usually one is in use. Texts are always cut as prose. */
  readonly #commandRules = new Set<WordRule>();
  #unwritten: ValueRow[] = [];
  /** Places of words that wait to be written, by rule and word. */
  readonly #places = new Map<number, Map<string, number[]>>();

  constructor(private readonly database: Database) {
    this.#values = new RowWriter(database, "value", ["id", "kind", "text", "key", "folded"]);
    this.#words = new RowWriter(database, "word", ["rule", "text", "places"]);
    this.reload();
  }

  /** Forgets what was not written and reads what was. */
  reload(): void {
    this.#ids.length = 0;
    this.#texts.length = 0;
    this.#unwritten = [];
    this.#values.clear();
    this.#words.clear();
    this.#places.clear();
    for (const row of this.database.all<ValueRow>("SELECT id, kind, text FROM value ORDER BY id")) {
      this.#texts[row.id] = row.text;
      this.#map(row.kind).set(row.text, row.id);
    }
    this.#commandRules.clear();
    const stored = this.database.all<{ rule: number }>("SELECT rule FROM word_rule");
    for (const rule of ["prose", "command"] as const) {
      if (stored.some((row) => row.rule === WORD_RULES[rule])) this.#commandRules.add(rule);
    }
  }

  intern(kind: Kind, text: string): number {
    const map = this.#map(kind);
    let id = map.get(text);
    if (id === undefined) {
      id = this.#texts.length;
      this.#texts.push(text);
      map.set(text, id);
      this.#unwritten.push({ id, kind, text });
    }
    return id;
  }

  text(id: number): string {
    return this.#texts[id] ?? "";
  }

  /** Makes command lines searchable under the rule: those that are stored now, and from now on the new ones. */
  indexCommandLines(rule: WordRule): void {
    if (this.#commandRules.has(rule)) return;
    this.write();
    this.#commandRules.add(rule);
    this.database.run("INSERT OR IGNORE INTO word_rule (rule) VALUES (?)", [WORD_RULES[rule]]);
    for (const [text, id] of this.#map(Kind.commandLine)) this.#addWords(rule, id, text);
    this.#writeWords();
  }

  write(): void {
    for (const row of this.#unwritten) {
      this.#values.push(row.id, row.kind, row.text, valueKey(row.kind, row.text), valueFolded(row.kind, row.text));
      if (row.kind === Kind.text) this.#addWords("prose", row.id, row.text);
      if (row.kind === Kind.commandLine) {
        for (const rule of this.#commandRules) this.#addWords(rule, row.id, row.text);
      }
    }
    this.#unwritten = [];
    this.#values.write();
    this.#writeWords();
  }

  #addWords(rule: WordRule, value: number, text: string): void {
    const number = WORD_RULES[rule];
    let places = this.#places.get(number);
    if (places === undefined) {
      places = new Map();
      this.#places.set(number, places);
    }
    for (const word of storedWords(rule, text)) {
      if (word.position >= WORD_STEP) break;
      const place = value * WORD_STEP + word.position;
      const known = places.get(word.text);
      if (known === undefined) places.set(word.text, [place]);
      else known.push(place);
    }
  }

  #writeWords(): void {
    for (const [rule, places] of this.#places) {
      for (const [text, list] of places) this.#words.push(rule, text, `[${list.join(",")}]`);
    }
    this.#places.clear();
    this.#words.write();
  }

  #map(kind: Kind): Map<string, number> {
    let map = this.#ids[kind];
    if (map === undefined) {
      map = new Map();
      this.#ids[kind] = map;
    }
    return map;
  }
}

/** What equality is asked of. */
function valueKey(kind: Kind, text: string): string | number | null {
  switch (kind) {
    case Kind.keyword:
    case Kind.text:
      return fold(text);
    case Kind.path:
    case Kind.filePath:
    case Kind.registryPath:
    case Kind.account:
      return reversedPath(text);
    case Kind.domain:
      return domainKey(text);
    case Kind.ipv4:
      return ipv4Number(text) ?? null;
    case Kind.ipv6:
      return ipv6Digits(text) ?? null;
    case Kind.commandLine:
      return null;
  }
}

/** What wildcards are asked of, where that is not the key: a path with a separator before its first part. */
function valueFolded(kind: Kind, text: string): string | null {
  return PATHS.has(kind) ? `\\${normalisePath(text)}` : null;
}
