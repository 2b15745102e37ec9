import { randomBytes } from "node:crypto";
import { HttpProblem, type TokenRecord } from "./product.js";

/** A token as given to {@link TokenRing.add}: everything but the user may be left out. */
export interface TokenOptions {
  username: string;
  /** 40 random hex digits when left out. */
  token?: string;
  /** False when left out. */
  globalAdmin?: boolean;
  /** What its owner may do besides, in the words of the product that the token is for. */
  rights?: readonly string[];
  /** The organisation that the token belongs to, where a product serves several. */
  organisation?: string;
}

/** The API tokens that the server accepts. */
export class TokenRing {
  readonly #records = new Map<string, TokenRecord>();

  /** Accepts a token from now on; one that is known already changes hands. */
  add(options: TokenOptions): TokenRecord {
    const record: TokenRecord = {
      token: options.token ?? randomBytes(20).toString("hex"),
      username: options.username,
      globalAdmin: options.globalAdmin ?? false,
      ...scopeOf(options),
    };
    if (!/^[\x21-\x7e]{8,512}$/.test(record.token)) {
      throw new HttpProblem(400, "A token has 8 to 512 printable characters without blanks");
    }
    this.#records.set(record.token, record);
    return record;
  }

  /** What is known of a token; `undefined` when it is not accepted. */
  find(token: string | string[] | undefined): TokenRecord | undefined {
    return typeof token === "string" ? this.#records.get(token) : undefined;
  }

  /** All that is known of the tokens, the tokens themselves included. */
  records(): TokenRecord[] {
    return [...this.#records.values()];
  }

  /** Accepts a token no longer; false when it was not accepted before. */
  remove(token: string): boolean {
    return this.#records.delete(token);
  }

  /** Who has a token, with the tokens themselves made unreadable. */
  list(): TokenRecord[] {
    return [...this.#records.values()].map((record) => ({
      username: record.username,
      globalAdmin: record.globalAdmin,
      ...scopeOf(record),
      token: `...${record.token.slice(-4)}`,
    }));
  }

  /** Takes every known token, and those of `others`, out of a text that is about to be kept. */
  redact(text: string, others: Iterable<string> = []): string {
    let clean = text;
    for (const tokens of [this.#records.keys(), others]) {
      for (const token of tokens) clean = clean.replaceAll(token, "(token)");
    }
    return clean;
  }
}

/** What only some products say of a token. */
const scopeOf = ({ rights, organisation }: TokenOptions): Pick<TokenRecord, "rights" | "organisation"> => ({
  ...(rights === undefined ? {} : { rights: [...rights] }),
  ...(organisation === undefined ? {} : { organisation }),
});
