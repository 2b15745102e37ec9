/** Items that wait to be read, and those who wait for items. */
export class Unread<T> {
  #items: T[] = [];
  #read = 0;
  #waiting: (() => void)[] = [];

  get size(): number {
    return this.#items.length - this.#read;
  }

  push(item: T): void {
    this.#items.push(item);
    this.wake();
  }

  take(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#read++];
    // What was read leaves in portions: one by one, all the others would move each time.
    if (this.#read * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#read);
      this.#read = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#read = 0;
  }

  /** Resolves with the next item, or the next `wake()`. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
