import { type InspectOptions, inspect } from "node:util";
import { maskedValue } from "../transport/redact.js";
import type { CallOptions } from "../transport/types.js";
import type { Document } from "./document.js";

/** A write as a model class asks for it. */
export interface WriteRequest {
  /** The HTTP method. */
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  /** The route, without the server's address. */
  readonly path: string;
  /** What is sent as JSON. */
  readonly body?: unknown;
}

/** What `save()` would send. It holds passwords as they would be sent; printing it, or a part of it, shows none. */
export interface WritePlan {
  /** The writes in the order in which they would go out; most saves are one. */
  readonly requests: readonly WriteRequest[];
  /** Field -> its value before and after. */
  readonly changes: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;
}

/** What a call gives that can be tried first: with `dryRun`, what it would send, `undefined` when that is nothing. */
export type DryRun<D extends boolean | undefined, T> = D extends true ? WritePlan | undefined : T;

/** How an object is saved. */
export interface SaveOptions extends CallOptions {
  /** Sends nothing and gives what would be sent. */
  readonly dryRun?: boolean | undefined;
  /**
   * Reads the object once the server has accepted the write, and fails when a field does not have the value that was
   * written. The server may add to it: an id to each entry of a list. Fields that it does not give back, such as
   * passwords, cannot be checked.
   */
  readonly verify?: boolean | undefined;
}

/** What would be sent and changed. */
export function planOf(
  requests: readonly WriteRequest[],
  document: Document,
  changes: ReadonlyMap<string, unknown>,
): WritePlan {
  // Copies: what is done to a plan does not reach the documents that others read.
  const changed = [...changes].map(([name, to]) => {
    const change = structuredClone({ from: document[name], to });
    return [name, keepsSecrets(change, (_, value) => maskedValue(name, value))] as const;
  });
  const plan = { requests: structuredClone([...requests]), changes: Object.fromEntries(changed) };
  for (const { body } of plan.requests) hideIn(body);
  return plan;
}

/** Has every object in here that holds a secret print without it. */
function hideIn(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const part of Object.values(value)) hideIn(part);
  keepsSecrets(value, maskedValue);
}

/** A copy made by spreading holds its secrets as well as the object, so the mark goes along: it is enumerable. */
function keepsSecrets<T extends object>(value: T, mask: (name: string, value: unknown) => unknown): T {
  if (Array.isArray(value) || Object.entries(value).every(([name, part]) => mask(name, part) === part)) return value;
  function print(this: object, _depth: number, options: InspectOptions): string {
    return inspect(Object.fromEntries(Object.entries(this).map(([name, part]) => [name, mask(name, part)])), options);
  }
  return Object.defineProperty(value, inspect.custom, { value: print, enumerable: true });
}
