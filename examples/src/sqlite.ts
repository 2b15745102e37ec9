// Rows of a table out of the bytes of an SQLite database, so that none has to be written to a file of this computer first.
// The file comes from an endpoint that may be in somebody else's hands: nothing in it is taken for granted.

/** What a column can hold. Numbers that JavaScript would round are bigints. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** The file is no SQLite database, or not a whole one. */
export class SqliteError extends Error {}

/**
 * The rows of a table, in the order of their numbers, by the names of the columns.
 * @throws SqliteError when there is no such table, or the bytes make no sense
 */
export function* tableRows(file: Uint8Array, table: string): Generator<ReadonlyMap<string, SqlValue>, void, void> {
  const database = new Database(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
  for (const [type, name, , root, sql] of database.rows(1)) {
    if (type !== "table" || name !== table || typeof root !== "number" || typeof sql !== "string") continue;
    const columns = columnsOf(sql);
    for (const row of database.rows(root)) yield new Map(columns.map((column, at) => [column, row[at] ?? null]));
    return;
  }
  throw new SqliteError(`The database has no table ${table}`);
}

/** The names of the columns in the text that the table was made by. */
function columnsOf(sql: string): string[] {
  const names: string[] = [];
  let depth = 0;
  let part = "";
  for (const character of sql) {
    if (character === ")") depth--;
    if ((depth === 1 && character === ",") || (depth === 0 && part !== "")) {
      names.push(
        part
          .trim()
          .split(/\s/)[0]
          ?.replace(/^["`[]|["`\]]$/g, "") ?? "",
      );
      part = "";
      if (depth === 0) break;
    } else if (depth > 0) part += character;
    if (character === "(") depth++;
  }
  return names;
}

class Database {
  readonly #bytes: Buffer;
  readonly #pageSize: number;
  /** What a page has without the bytes that are kept back at its end. */
  readonly #usable: number;
  /** As many bytes the rows can still have: all together, a whole file has no more than its own. */
  #left = 0;

  constructor(bytes: Buffer) {
    if (bytes.length < 100 || bytes.toString("latin1", 0, 16) !== "SQLite format 3\0") {
      throw new SqliteError("The file is no SQLite database");
    }
    if (bytes.readUInt32BE(56) > 1) throw new SqliteError("The database is not in UTF-8");
    const size = bytes.readUInt16BE(16);
    this.#bytes = bytes;
    this.#pageSize = size === 1 ? 65_536 : size;
    this.#usable = this.#pageSize - bytes.readUInt8(20);
    if (this.#pageSize < 512 || this.#usable < 480) throw new SqliteError("The database has pages of no sensible size");
  }

  /** The rows of the tree that begins on a page. */
  *rows(root: number): Generator<SqlValue[], void, void> {
    const seen = new Set<number>();
    this.#left = this.#bytes.length;
    const waiting = [root];
    for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
      if (seen.has(number)) throw new SqliteError("The pages of the database go round in circles");
      seen.add(number);
      const page = this.#page(number);
      const head = number === 1 ? 100 : 0;
      const kind = page.readUInt8(head);
      const isLeaf = kind === 13;
      if (!isLeaf && kind !== 5) throw new SqliteError(`Page ${number} belongs to no table`);
      const cells = Array.from({ length: page.readUInt16BE(head + 3) }, (_, index) =>
        word(page, head + (isLeaf ? 8 : 12) + 2 * index),
      );
      if (isLeaf) for (const at of cells) yield valuesOf(this.#payload(page, at));
      // The last is looked at first.
      else waiting.push(page.readUInt32BE(head + 8), ...cells.map((at) => long(page, at)).reverse());
    }
  }

  #page(number: number): Buffer {
    const start = (number - 1) * this.#pageSize;
    const page = this.#bytes.subarray(start, start + this.#usable);
    if (number < 1 || page.length < this.#usable) throw new SqliteError(`The database ends before page ${number}`);
    return page;
  }

  /** The bytes of a row, with those that found no place on its page. */
  #payload(page: Buffer, at: number): Buffer {
    const [size, afterSize] = varint(page, at);
    const [, start] = varint(page, afterSize);
    const length = Number(size);
    this.#left -= length;
    if (this.#left < 0) throw new SqliteError("The rows of the database are longer than the database");
    const most = this.#usable - 35;
    if (length <= most) return page.subarray(start, start + length);
    const least = Math.floor(((this.#usable - 12) * 32) / 255) - 23;
    const wanted = least + ((length - least) % (this.#usable - 4));
    const local = wanted <= most ? wanted : least;
    const pieces = [page.subarray(start, start + local)];
    let missing = length - local;
    for (let next = long(page, start + local); missing > 0; ) {
      const more = this.#page(next);
      const piece = more.subarray(4, 4 + Math.min(missing, this.#usable - 4));
      pieces.push(piece);
      missing -= piece.length;
      next = more.readUInt32BE(0);
    }
    return Buffer.concat(pieces);
  }
}

/** The values of a row. */
function valuesOf(row: Buffer): SqlValue[] {
  const [headLength, afterLength] = varint(row, 0);
  const values: SqlValue[] = [];
  let at = Number(headLength);
  for (let head = afterLength; head < Number(headLength); ) {
    const [code, next] = varint(row, head);
    head = next;
    const kind = Number(code);
    const size = kind >= 12 ? Math.floor((kind - 12) / 2) : ([0, 1, 2, 3, 4, 6, 8, 8][kind] ?? 0);
    const bytes = row.subarray(at, at + size);
    if (bytes.length < size) throw new SqliteError("A row of the database is not whole");
    at += size;
    values.push(valueFrom(kind, bytes));
  }
  return values;
}

function valueFrom(kind: number, bytes: Buffer): SqlValue {
  if (kind >= 12) return kind % 2 === 0 ? bytes : bytes.toString("utf8");
  if (kind === 0) return null;
  if (kind === 7) return bytes.readDoubleBE(0);
  if (kind === 6) {
    const whole = bytes.readBigInt64BE(0);
    return whole >= Number.MIN_SAFE_INTEGER && whole <= Number.MAX_SAFE_INTEGER ? Number(whole) : whole;
  }
  return bytes.length > 0 ? bytes.readIntBE(0, bytes.length) : kind === 9 ? 1 : 0;
}

/** A number of one to nine bytes, and where it ends. */
function varint(bytes: Buffer, at: number): readonly [bigint, number] {
  let value = 0n;
  for (let n = 0; n < 9; n++) {
    const byte = bytes[at + n];
    if (byte === undefined) break;
    if (n === 8) return [(value << 8n) | BigInt(byte), at + 9];
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) return [value, at + n + 1];
  }
  throw new SqliteError("A number in the database is not whole");
}

function word(bytes: Buffer, at: number): number {
  if (at + 2 > bytes.length) throw new SqliteError("A page of the database names a place outside of it");
  return bytes.readUInt16BE(at);
}

function long(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw new SqliteError("A page of the database names a place outside of it");
  return bytes.readUInt32BE(at);
}
