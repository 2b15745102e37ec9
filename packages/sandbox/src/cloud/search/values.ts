import { HttpProblem } from "../../server/product.js";

/** Whether it is an object of a body, and no list. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The body of a request, which is an object; nothing counts as an empty one. */
export function readObject(body: unknown, what = "The body"): Record<string, unknown> {
  if (body === undefined || body === null) return {};
  if (!isObject(body)) throw new HttpProblem(400, `${what} is a JSON object`);
  return body;
}

/** A text that may be missing; null and an empty one count as missing. */
export function readText(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw new HttpProblem(400, `${name} is a text`);
  return value;
}

/** A whole number within bounds, both included; null counts as missing. */
export function readInteger(value: unknown, name: string, least: number, most: number): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= least && number <= most) return number;
  throw new HttpProblem(400, `${name} is a whole number from ${least} to ${most}`);
}

/** A list of texts; one text counts as a list, null as an empty one. */
export function readTexts(value: unknown, name: string): string[] {
  if (value === undefined || value === null) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (!list.every((each) => typeof each === "string")) throw new HttpProblem(400, `${name} is a list of texts`);
  return list;
}
