/** A server's version as it compares: `6.2.2.180125.1136`. */
export class ServerVersion {
  /** As the server tells it. */
  readonly text: string;
  readonly #parts: readonly number[];

  constructor(text: string) {
    this.text = text;
    this.#parts = text.split(".").map((part) => Number.parseInt(part, 10) || 0);
  }

  /** Whether this version is `version` or later. Parts that are not named count as 0. */
  atLeast(...version: number[]): boolean {
    return this.#compare(version) >= 0;
  }

  #compare(version: readonly number[]): number {
    for (let i = 0; i < version.length; i++) {
      const difference = (this.#parts[i] ?? 0) - (version[i] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  toString(): string {
    return this.text;
  }
}
