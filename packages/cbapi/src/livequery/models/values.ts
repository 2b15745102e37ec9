import { frozen } from "../../core/model/fields.js";

/** The device that an answer is of. */
export interface ResultDevice {
  readonly id: number;
  readonly name: string;
  readonly policy_id: number;
  readonly policy_name: string;
  /** `WINDOWS`, `MAC`, `LINUX`. */
  readonly os: string;
}

/** One row of what a device answered: column and value, most of them as text. */
export type ResultFields = Readonly<Record<string, string | number | boolean | null>>;

/** What the run cost a device: the names are the server's. */
export type ResultMetrics = Readonly<Record<string, unknown>>;

/** @internal Measures by their names, whichever way the server lists them. */
export function metricsIn(raw: unknown): ResultMetrics {
  if (!Array.isArray(raw)) return frozen(typeof raw === "object" && raw !== null ? { ...raw } : {});
  const pairs = raw.flatMap((item: unknown): [string, unknown][] => {
    const { key, value } = (item ?? {}) as { readonly key?: unknown; readonly value?: unknown };
    return typeof key === "string" ? [[key, value]] : [];
  });
  return frozen(Object.fromEntries(pairs));
}
