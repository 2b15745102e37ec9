import { ApiError } from "../../core/errors.js";
import type { Document } from "../../core/model/document.js";
import { Query, type QueryState } from "../../core/query/query.js";
import type { FetchedPage, RowFilter, Window } from "../../core/query/row-source.js";
import { checkScalar } from "../../core/query/terms.js";
import type { CallOptions } from "../../core/transport/types.js";
import type { Sensor } from "../models/sensor/sensor.js";
import { asAnswer, type FacetValue, facetArguments, facetsOf, pageOf } from "./search-answer.js";

/** What sensors can be searched by. */
export type SensorField = "ip" | "hostname" | "groupid";

interface SensorCondition {
  readonly field: SensorField;
  readonly value: string;
}

export interface SensorState extends QueryState {
  readonly conditions?: readonly SensorCondition[];
}

const SENSORS = "/api/v2/sensor";

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

  /**
   * Counts the sensors by the values of fields. The server looks at the first 100 sensors of the list only.
   * @throws ApiError with several conditions, of which the server would count by one only
   * @throws ServerError when the answer leaves out a field that was asked for
   */
  facets<F extends string>(field: F, ...more: F[]): Promise<Record<F, FacetValue[]>>;
  facets<F extends string>(field: F, ...more: [...F[], CallOptions | undefined]): Promise<Record<F, FacetValue[]>>;
  async facets(...given: (string | CallOptions | undefined)[]): Promise<Record<string, FacetValue[]>> {
    const { fields, options } = facetArguments(given);
    if (this.filter !== undefined) {
      throw new ApiError(
        `The server cannot count by several conditions (${this.describe()}): name one, or count the rows of all()`,
      );
    }
    const parameters = { ...this.#serverFilter(), facet: true, "facet.field": fields, start: 0, rows: 100 };
    return facetsOf(asAnswer(await this.client.getObject(SENSORS, parameters, options)), SENSORS, fields);
  }

  protected override get filter(): RowFilter | undefined {
    const conditions = this.state.conditions ?? [];
    if (conditions.length < 2) return undefined;
    const applied = this.#applied();
    const here = conditions.filter((condition) => condition !== applied);
    return {
      keep: (document) => conditions.every(({ field, value }) => matches(document, field, value)),
      note: `the server applied ${textOf(applied)}; ${here.map(textOf).join(" and ")} was applied here, to the rows it sent`,
    };
  }

  /** Rows tell when they were asked for, so that what they hold can be sent back without being read again. */
  protected async fetchPage(window: Window, options: CallOptions): Promise<FetchedPage> {
    const readAt = this.client.identityMap.now();
    const sort = window.rows === 0 ? {} : { "sort.col": "computer_name", "sort.dir": "asc" };
    const parameters = { ...this.#serverFilter(), ...sort, start: window.start, rows: window.rows };
    return { ...pageOf(asAnswer(await this.client.getObject(SENSORS, parameters, options))), readAt };
  }

  protected describe(): string {
    return (this.state.conditions ?? []).map(textOf).join(" ");
  }

  /** The condition that is sent. */
  #applied(): SensorCondition | undefined {
    for (const wanted of precedence) {
      const condition = this.state.conditions?.find(({ field }) => field === wanted);
      if (condition !== undefined) return condition;
    }
    return undefined;
  }

  #serverFilter(): Record<string, string> {
    const condition = this.#applied();
    return condition === undefined ? {} : { [condition.field]: condition.value };
  }
}

function textOf(condition: SensorCondition | undefined): string {
  return condition === undefined ? "" : `${condition.field}:${condition.value}`;
}

function conditionsOf(condition: string | Readonly<Partial<Record<SensorField, string | number>>>): SensorCondition[] {
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
    checkScalar(value);
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
