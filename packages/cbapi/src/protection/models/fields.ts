import { InvalidHashError } from "../../core/errors.js";
import { type Field, type IntegerField, type StringField, t } from "../../core/model/fields.js";

/** A whole number of this range, when it is written. */
export function between(lowest: number, highest: number): IntegerField {
  const integer = t.integer();
  return {
    ...integer,
    encode: (value) => {
      const number = integer.encode(value) as number;
      if (number >= lowest && number <= highest) return number;
      throw new TypeError(`expected a whole number from ${lowest} to ${highest}, got ${number}`);
    },
  };
}

/** A text that goes out as a hash: an MD5, a SHA-1 or a SHA-256. An empty text is none. */
export const hash: StringField = {
  ...t.string(),
  encode: (value) => {
    if (typeof value === "string" && (value === "" || isHash(value))) return value;
    throw new InvalidHashError(
      `${JSON.stringify(value)} is no hash of a file: 32 (MD5), 40 (SHA-1) or 64 (SHA-256) hexadecimal digits are expected`,
    );
  },
};

/** Whether a text is an MD5, a SHA-1 or a SHA-256. */
export function isHash(text: string): boolean {
  return /^([\da-f]{32}|[\da-f]{40}|[\da-f]{64})$/i.test(text);
}

/** Ids in one text, with commas between them; a list of ids is taken as well. */
export interface IdsField extends Field<string, string | readonly number[]> {}

/** Such a text. An empty one, or an empty list, clears it. */
export const ids: IdsField = {
  ...t.string(),
  encode: (value) => {
    const text = (typeof value === "string" ? value : Array.isArray(value) ? value.join(",") : "?").replaceAll(" ", "");
    if (/^(\d+(,\d+)*)?$/.test(text)) return text;
    throw new TypeError(
      `expected ids with commas between them, as "3,5", or a list of them; got ${JSON.stringify(value)}`,
    );
  },
};

/** The policies that a rule is for, by their ids; `"0"`, or `[0]`, for all of them. */
export const policies: IdsField = {
  ...ids,
  encode: (value) => {
    const text = ids.encode(value) as string;
    if (text !== "") return text;
    throw new TypeError('expected the ids of policies, or "0" for all policies; got none');
  },
};
