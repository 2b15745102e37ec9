import { HttpProblem } from "./product.js";

/** A whole number from 0 on; anything else is refused. */
export function readCount(query: URLSearchParams, name: string, missing: number): number {
  const text = query.get(name);
  if (text === null || text === "") return missing;
  if (!/^\d{1,15}$/.test(text)) throw new HttpProblem(400, `${name} must be a number of at least 0, not ${text}`);
  return Number(text);
}

/** A flag counts when it is there with any value that does not say no. */
export function readFlag(query: URLSearchParams, ...names: string[]): boolean {
  return names.some((name) => {
    const value = query.get(name)?.toLowerCase();
    return value !== undefined && !["", "0", "false", "no"].includes(value);
  });
}
