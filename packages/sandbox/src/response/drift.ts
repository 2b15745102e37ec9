const KEPT_SEARCHES = 64;

/**
 * Rows that shift between the pages of one search, as they do on a server that takes in events meanwhile: before every
 * page after the first, so many new rows appear on top. Reading a first page begins anew.
 */
export class PageDrift {
  readonly #pages = new Map<string, number>();

  /** How many rows lie on top of the result when this page is read. */
  before(search: string, start: number, rows: number, shift: number): number {
    if (shift === 0 || rows === 0) return 0;
    const pages = start === 0 ? 0 : (this.#pages.get(search) ?? 0) + 1;
    this.#pages.delete(search);
    this.#pages.set(search, pages);
    if (this.#pages.size > KEPT_SEARCHES) {
      const oldest = this.#pages.keys().next().value;
      if (oldest !== undefined) this.#pages.delete(oldest);
    }
    return pages * shift;
  }
}
