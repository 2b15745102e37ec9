import { inspect } from "node:util";
import { ApiError } from "../../core/errors.js";
import { invalidArgument } from "../../core/invalid-argument.js";
import { Completeness, type Document } from "../../core/model/document.js";
import type { ModelHost } from "../../core/model/host.js";
import type { CallOptions } from "../../core/transport/types.js";
import { cloud } from "../../psc/host.js";
import { checkedValues, isText, isWholeNumber } from "../../psc/queries/criteria.js";
import { objectIn, tell } from "../../psc/send.js";
import { RUN_START } from "../calls.js";
import { Run } from "../models/run.js";
import { type RunSchedule, scheduleOf } from "../schedule.js";
import { missingSql, type SqlValue, sqlOf } from "../sql.js";

/** On which devices a run is made; all of them where nothing is named. */
interface DeviceFilter {
  readonly ids?: readonly number[];
  readonly types?: readonly string[];
  readonly policies?: readonly number[];
}

interface RunQueryState {
  readonly sql?: string;
  readonly name?: string;
  readonly notify?: boolean;
  readonly schedule?: RunSchedule;
  readonly filter: DeviceFilter;
}

/**
 * A query that devices are to answer, which has not been started. It reads only, so that it may be asked of the whole
 * organization, as it is where no device is named.
 *
 * @example
 * const run = await cb.query("SELECT name, pid FROM processes").deviceTypes(["WINDOWS"]).submit();
 * for await (const result of run.stream()) console.log(result.device_.name, result.fields_.name);
 */
export class RunQuery {
  /** What it makes. */
  protected readonly model = Run;

  readonly #client: ModelHost;
  readonly #state: RunQueryState;
  #submitted: Promise<Run> | undefined;

  /** @internal `cb.query(sql)` and `cb.select(Run)` give these. */
  constructor(client: ModelHost, state: RunQueryState = { filter: {} }) {
    this.#client = client;
    this.#state = state;
  }

  /**
   * The SQL that devices are to run, of one `SELECT`; in place of what was named before. A template writes its values as
   * literals.
   * @throws ApiError when it is empty
   * @example cb.select(Run).where`SELECT * FROM processes WHERE name = ${name} AND pid IN (${pids})`
   */
  where(texts: TemplateStringsArray, ...values: SqlValue[]): RunQuery;
  where(sql: string): RunQuery;
  where(first: TemplateStringsArray | string, ...values: SqlValue[]): RunQuery {
    return this.#with({ sql: sqlOf(first, values) });
  }

  /** What the run is called in the console. Without it, the server takes the SQL. */
  name(name: string): RunQuery {
    if (!isText(name)) throw invalidArgument(`a run's name is a text, got ${JSON.stringify(name)}`);
    return this.#with({ name });
  }

  /** Has the server send a mail to whoever started the run, once it is complete. */
  notifyOnFinish(): RunQuery {
    return this.#with({ notify: true });
  }

  /** Asks these devices only, by their ids; in place of those that were named before. */
  deviceIds(ids: readonly number[]): RunQuery {
    return this.#filtered({ ids: checkedValues(ids, isWholeNumber, "One or more invalid device IDs") });
  }

  /** Asks devices of these systems only: `WINDOWS`, `MAC`, `LINUX`; in place of those that were named before. */
  deviceTypes(types: readonly string[]): RunQuery {
    return this.#filtered({ types: checkedValues(types, isText, "One or more invalid device types") });
  }

  /** Asks devices that have these policies only, by their ids; in place of those that were named before. */
  policyIds(ids: readonly number[]): RunQuery {
    return this.#filtered({ policies: checkedValues(ids, isWholeNumber, "One or more invalid policy IDs") });
  }

  /** The same for one policy, or several. */
  policyId(ids: number | readonly number[]): RunQuery {
    return this.policyIds(typeof ids === "number" ? [ids] : ids);
  }

  /**
   * Has the run repeated. What is started is then a template, which starts a run each time; {@link Run.template_id} names it.
   * @param rrule as in calendars, daily, weekly or monthly: `FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=3;BYMINUTE=0;BYSECOND=0`
   * @param timezone in which that is told: `Europe/Berlin`
   * @throws CbApiError with code `INVALID_ARGUMENT` for a rule that the server does not know to follow
   */
  schedule(rrule: string, timezone: string): RunQuery {
    return this.#with({ schedule: scheduleOf(rrule, timezone) });
  }

  /** What would be sent. */
  get body(): Document {
    const { sql, name, notify, schedule } = this.#state;
    return {
      ...(sql === undefined ? {} : { sql }),
      device_filter: this.#deviceFilter(),
      ...(name === undefined ? {} : { name }),
      ...(notify === true ? { notify_on_finish: true } : {}),
      ...(schedule === undefined ? {} : { schedule }),
    };
  }

  /**
   * Starts the run: `POST .../runs`. Each query starts one: to start another, make another query.
   * @throws ApiError when no SQL was named, or this query has started a run already (`code` is `ALREADY_SUBMITTED`)
   */
  async submit(options: CallOptions = {}): Promise<Run> {
    if (this.#state.sql === undefined) throw missingSql("none was named");
    if (this.#submitted !== undefined) {
      throw new ApiError(
        "This query was submitted already: a second time would start a second run. Make another query",
        {
          code: "ALREADY_SUBMITTED",
        },
      );
    }
    const submitted = this.#submit(options);
    this.#submitted = submitted;
    try {
      return await submitted;
    } catch (error) {
      this.#submitted = undefined;
      throw error;
    }
  }

  [inspect.custom](): string {
    return `RunQuery ${inspect(this.body)}`;
  }

  async #submit(options: CallOptions): Promise<Run> {
    const client = this.#client;
    const document = objectIn(await tell(cloud(client), RUN_START, { json: this.body }, options), RUN_START);
    const key = Run.keyIn(document);
    if (key === undefined) {
      throw new ApiError("The server was to start a run, and its answer does not name one", {
        code: "UNEXPECTED_ANSWER",
      });
    }
    return new Run({ client, key, document, completeness: Completeness.full });
  }

  /** Servers of today know both spellings; the older one is what was always sent. */
  #deviceFilter(): Document {
    const { ids, types, policies } = this.#state.filter;
    const isClassic = cloud(this.#client).routes === "classic";
    return {
      ...(ids === undefined ? {} : { [isClassic ? "device_ids" : "device_id"]: ids }),
      ...(types === undefined ? {} : { [isClassic ? "device_types" : "os"]: types }),
      ...(policies === undefined ? {} : { [isClassic ? "policy_ids" : "policy_id"]: policies }),
    };
  }

  #filtered(filter: DeviceFilter): RunQuery {
    return this.#with({ filter: { ...this.#state.filter, ...filter } });
  }

  #with(patch: Partial<RunQueryState>): RunQuery {
    return new RunQuery(this.#client, { ...this.#state, ...patch });
  }
}
