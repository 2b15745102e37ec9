import { parseDate } from "./arguments.js";
import { callMethod } from "./objects.js";
import type { Product } from "./products.js";
import { type Document, isDocument } from "./vector.js";

/** Makes a value of a query by a function of the library: `exclusiveRange(0, 20)`. */
type Make = (...args: readonly unknown[]) => unknown;

/** Methods of a builder, in the order in which a recorded expression names them. */
const STEPS = ["where", "and", "or", "not"];

/** Whether the library has what recorded expressions are put together with. */
export function canRender({ names }: Product): boolean {
  return ["QueryBuilder", "Q", "present", "range", "exclusiveRange", "near"].every(
    (name) => typeof names[name] === "function",
  );
}

/** The query text that a recorded expression is sent as. */
export function renderExpression({ names }: Product, expression: Document): string {
  const render = new Rendering(names);
  if (expression["expression"] !== undefined)
    return render.builder([["and", render.expression(expression["expression"])]]);
  const steps = (expression["steps"] ??
    Object.entries(expression).filter(([name]) => STEPS.includes(name))) as readonly (readonly [string, unknown])[];
  return render.builder(steps);
}

class Rendering {
  readonly #names: Readonly<Record<string, unknown>>;

  constructor(names: Readonly<Record<string, unknown>>) {
    this.#names = names;
  }

  /** What a builder gives that was made step by step. */
  builder(steps: readonly (readonly [string, unknown])[]): string {
    const Builder = this.#names["QueryBuilder"] as new () => object;
    const built = steps.reduce<unknown>(
      (builder, [method, argument]) => callMethod(builder, method, [argument]),
      new Builder(),
    );
    return String(built);
  }

  /** An expression of `Q`. */
  expression(recorded: unknown): unknown {
    const document = recorded as Document;
    const [kind = ""] = Object.keys(document);
    const content = document[kind];
    const list = Array.isArray(content) ? (content as readonly unknown[]) : [];
    const [field, ...values] = list;
    switch (kind) {
      case "any":
        return this.#make("Q", { [String(content)]: this.#make("present") });
      case "rangeExclusive":
        return this.#make("Q", { [String(field)]: this.#make("exclusiveRange", ...values) });
      case "near":
        return this.#make("Q", { [String(field)]: this.#make("near", ...values) });
      case "timeRange": {
        const bounds = values.map((value) => (value === "*" ? undefined : parseDate(String(value))));
        return this.#make("Q", { [String(field)]: this.#make("range", ...bounds) });
      }
      case "not":
        return callMethod(this.expression(content), "not", []);
      case "and":
      case "or": {
        if (!list.every(isDocument)) break;
        const [first, ...others] = list.map((item) => this.expression(item));
        return others.reduce((joined, other) => callMethod(joined, kind, [other]), first);
      }
      default:
    }
    return this.#make("Q", document);
  }

  #make(name: string, ...args: readonly unknown[]): unknown {
    return (this.#names[name] as Make)(...args);
  }
}
