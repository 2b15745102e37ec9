import { inspect } from "node:util";
import { ServerError } from "../../../core/errors.js";
import type { Results } from "../../../core/query/query.js";
import { parseTime } from "../../../core/time.js";
import type { ServerConfig } from "./server-config.js";

/** Words for yes and no, as settings have them. */
const YES = ["true", "1", "yes", "on"];
const NO = ["false", "0", "no", "off"];

/**
 * The settings of the server at one moment, by their names, whose case does not matter. What a setting is, nobody says:
 * the server has texts, and the caller knows what to read one as.
 */
export class ServerSettings implements Iterable<ServerConfig> {
  readonly #byName = new Map<string, ServerConfig>();
  /** Why settings may be missing; empty when these are all. */
  readonly reasons: readonly string[];

  /** @internal Made by {@link ServerConfig.values}. */
  constructor(rows: Results<ServerConfig>) {
    for (const row of rows) this.#byName.set((row.name ?? "").toLowerCase(), row);
    this.reasons = rows.report().reasons;
  }

  /** How many there are. */
  get size(): number {
    return this.#byName.size;
  }

  /** A setting as the server has it, with when and by whom it was changed; `undefined` when there is none. */
  get(name: string): ServerConfig | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** The text of a setting; `undefined` when there is none, or it has no value. */
  text(name: string): string | undefined {
    return this.get(name)?.value;
  }

  /**
   * A setting that is a number; `undefined` when there is none, or it has no value.
   * @throws ServerError with code `NOT_A_NUMBER` when it is something else
   */
  number(name: string): number | undefined {
    return numberIn(name, this.text(name));
  }

  /**
   * A setting that is on or off; `undefined` when there is none, or it has no value.
   * @throws ServerError with code `NOT_A_FLAG` when it is something else
   */
  flag(name: string): boolean | undefined {
    return flagIn(name, this.text(name));
  }

  /**
   * A setting that is a moment; `undefined` when there is none, or it has no value.
   * @throws ServerError with code `NOT_A_DATE` when it is something else
   */
  date(name: string): Date | undefined {
    return dateIn(name, this.text(name));
  }

  [Symbol.iterator](): Iterator<ServerConfig> {
    return this.#byName.values();
  }

  /** Names and texts; some of them may be nobody else's business. */
  toJSON(): Record<string, string | undefined> {
    return Object.fromEntries(Array.from(this, ({ name = "", value }) => [name, value]));
  }

  /** Without the values, of which some may be nobody else's business. */
  [inspect.custom](): string {
    return `ServerSettings (${this.size} settings)`;
  }
}

/** @internal */
export function numberIn(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const number = Number(text);
  if (Number.isFinite(number)) return number;
  throw new ServerError(`The server's setting ${name} is no number`, { code: "NOT_A_NUMBER" });
}

/** @internal */
export function flagIn(name: string, text: string | undefined): boolean | undefined {
  const word = text?.trim().toLowerCase() ?? "";
  if (word === "") return undefined;
  if (YES.includes(word)) return true;
  if (NO.includes(word)) return false;
  throw new ServerError(`The server's setting ${name} is neither on nor off`, { code: "NOT_A_FLAG" });
}

/** @internal */
export function dateIn(name: string, text: string | undefined): Date | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const date = parseTime(text.trim());
  if (date !== undefined) return date;
  throw new ServerError(`The server's setting ${name} is no date`, { code: "NOT_A_DATE" });
}
