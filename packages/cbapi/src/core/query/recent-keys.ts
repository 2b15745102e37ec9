/** The rows of one page that were new, and where reading would go on behind the page. */
interface RememberedPage {
  readonly keys: string[];
  seam: string | undefined;
}

/**
 * The keys of the rows of the last few pages, so that memory does not grow with the result. Where the result is going
 * to be cut, the pages that share the seam of the current one stay as well, however many they are: their rows come
 * again behind the cut.
 */
export class RecentKeys {
  readonly #pages: number;
  readonly #keys = new Set<string>();
  readonly #byPage: RememberedPage[] = [];
  #current: RememberedPage = { keys: [], seam: undefined };

  constructor(pages: number) {
    this.#pages = pages;
  }

  /** Whether the current page had a key that was not known. */
  get pageHadNews(): boolean {
    return this.#current.keys.length > 0;
  }

  /** Begins a page. One without news takes no place, and so is no reason to forget an older one. */
  turnPage(seam?: string): void {
    if (this.#byPage.length > 0 && !this.pageHadNews) {
      this.#current.seam = seam;
    } else {
      this.#current = { keys: [], seam };
      this.#byPage.push(this.#current);
    }
    // Rows of one seam stand together: an older page has some of its rows only when its last row is one.
    while (this.#byPage.length > this.#pages && !(seam !== undefined && this.#byPage[0]?.seam === seam)) {
      for (const key of this.#byPage.shift()?.keys ?? []) this.#keys.delete(key);
    }
  }

  /** Whether the key is new. */
  add(key: string): boolean {
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    this.#current.keys.push(key);
    return true;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** A copy of all keys. */
  all(): Set<string> {
    return new Set(this.#keys);
  }
}
