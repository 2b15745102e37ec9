import { ApiError } from "../../core/errors.js";
import type { Document } from "../../core/model/document.js";
import type { FetchedPage, Window } from "../../core/query/execution.js";
import { Query, type QueryState } from "../../core/query/query.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { Sensor } from "../models/sensor.js";
import type { FacetValue } from "./search-query.js";

/** What sensors can be searched by. */
export type SensorField = "ip" | "hostname" | "groupid";

export interface SensorState extends QueryState {
  readonly conditions?: readonly { readonly field: SensorField; readonly value: string }[];
}

/** The server applies one of these, the first that is there. */
const precedence: readonly SensorField[] = ["ip", "hostname", "groupid"];

/**
 * The list of sensors: `GET /api/v2/sensor`, sorted by name so that sensors that check in meanwhile do not move.
 *
 * `hostname` and `ip` match any part of the text, with case. The server applies one condition; with several, the others
 * are applied here, and `count()` reads the rows.
 */
export class SensorQuery extends Query<Sensor, SensorState> {
  protected readonly pageSize = 100;

  /** Narrows the list: `"hostname:WIN-1"`, `{ groupid: 1 }`. Several conditions must all hold. */
  where(condition: string | Readonly<Partial<Record<SensorField, string | number>>>): this {
    return this.with({ conditions: [...(this.state.conditions ?? []), ...conditionsOf(condition)] });
  }

  /** The same as {@link SensorQuery.where}. */
  and(condition: string | Readonly<Partial<Record<SensorField, string | number>>>): this {
    return this.where(condition);
  }

  /** Counts the sensors by the values of fields. The server looks at the first 100 sensors of the list only. */
  async facets<F extends string>(...fields: F[]): Promise<Record<F, FacetValue[]>> {
    const parameters = { ...this.#serverFilter(), facet: true, "facet.field": fields, start: 0, rows: 100 };
    const answer = (await this.client.getObject("/api/v2/sensor", parameters)) as {
      facets?: Record<string, FacetValue[]>;
    };
    return Object.fromEntries(fields.map((name) => [name, answer.facets?.[name] ?? []])) as Record<F, FacetValue[]>;
  }

  protected override get keep(): ((document: Document) => boolean) | undefined {
    const conditions = this.state.conditions ?? [];
    if (conditions.length < 2) return undefined;
    return (document) => conditions.every(({ field, value }) => matches(document, field, value));
  }

  protected async fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    const sort = window.rows === 0 ? {} : { "sort.col": "computer_name", "sort.dir": "asc" };
    const parameters = { ...this.#serverFilter(), ...sort, start: window.start, rows: window.rows };
    const answer = await this.client.getObject("/api/v2/sensor", parameters, options);
    const { results = [], total_results = 0 } = answer as { results?: Document[]; total_results?: number };
    return { documents: results, total: total_results };
  }

  protected describe(): string {
    return (this.state.conditions ?? []).map(({ field, value }) => `${field}:${value}`).join(" ");
  }

  #serverFilter(): Record<string, string> {
    for (const wanted of precedence) {
      const condition = this.state.conditions?.find(({ field }) => field === wanted);
      if (condition !== undefined) return { [condition.field]: condition.value };
    }
    return {};
  }
}

function conditionsOf(
  condition: string | Readonly<Partial<Record<SensorField, string | number>>>,
): { field: SensorField; value: string }[] {
  const pairs: [string, unknown][] =
    typeof condition === "string"
      ? [[condition.slice(0, Math.max(0, condition.indexOf(":"))).trim(), condition.slice(condition.indexOf(":") + 1)]]
      : Object.entries(condition);
  return pairs.map(([field, value]) => {
    const known = precedence.find((name) => name === field);
    if (known === undefined) {
      throw new ApiError(
        `Field name must be one of: ${precedence.join(", ")}; got ${JSON.stringify(typeof condition === "string" ? condition : field)}`,
      );
    }
    return { field: known, value: String(value) };
  });
}

function matches(document: Document, field: SensorField, value: string): boolean {
  switch (field) {
    case "groupid":
      return String(document["group_id"]) === value;
    case "hostname":
      return String(document["computer_name"] ?? "").includes(value);
    case "ip":
      return String(document["network_adapters"] ?? "")
        .split("|")
        .some((adapter) => (adapter.split(",")[0] ?? "").includes(value));
  }
}
