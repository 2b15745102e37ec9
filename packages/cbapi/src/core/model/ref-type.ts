import type { DryRun, WritePlan } from "./write-plan.js";

/** Marks what can be stepped through: models and resources. */
export declare const steppable: unique symbol;

/**
 * An object that may not be loaded yet. Awaiting it gives the object; its fields, joins, resources and methods can be
 * taken through it before that, and only what is awaited at the end is requested.
 *
 * An `async` function that returns a Ref loads it, because promises take in what can be awaited.
 */
export type Ref<T> = PromiseLike<T> & RefMembers<NonNullable<T>, Extract<T, undefined>>;

type NotTaken = "then" | "catch" | "finally" | "toJSON" | "constructor";

export type RefMembers<M, Absent extends undefined> = M extends { readonly [steppable]: true }
  ? { readonly [K in keyof M as K extends symbol | NotTaken ? never : K]: Step<M[K], Absent> }
  : unknown;

export type Step<V, Absent extends undefined> = [V] extends [(...args: infer A) => infer R]
  ? "dryRun" extends keyof OptionsIn<A>
    ? Triable<BeforeOptions<A>, OptionsIn<A>, Exclude<Awaited<R>, WritePlan | undefined>, Absent>
    : (...args: A) => PromiseLike<Awaited<R> | Absent>
  : Ref<Awaited<V> | Absent>;

/** The options that a method takes last: alone, or behind one other argument. */
type OptionsIn<A extends readonly unknown[]> = A extends readonly [options?: infer O]
  ? NonNullable<O>
  : A extends readonly [first?: unknown, options?: infer O]
    ? NonNullable<O>
    : unknown;

/** That argument. */
type BeforeOptions<A extends readonly unknown[]> = A extends readonly [options?: unknown]
  ? []
  : A extends readonly [first: infer F, options?: unknown]
    ? [first: F]
    : A extends readonly [first?: infer F, options?: unknown]
      ? [first?: F]
      : [];

/** What a method with `dryRun` gives depends on that, and a method's own type parameters cannot be handed through. */
type Triable<B extends readonly unknown[], O, T, Absent extends undefined> = <D extends boolean | undefined = false>(
  ...args: [...B, options?: Omit<O, "dryRun"> & { readonly dryRun?: D }]
) => PromiseLike<DryRun<D, T> | Absent>;
