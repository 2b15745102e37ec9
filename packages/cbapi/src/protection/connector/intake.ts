import type { CallOptions } from "../../core/transport/types.js";
import type { Connector } from "../models/analysis/connector.js";
import { PendingAnalysis } from "../models/analysis/pending-analysis.js";
import { fetchByIds } from "../models/many.js";
import { AnalysisStatus } from "../models/names.js";
import type { RunContext } from "./context.js";

/** For so long a list tells what is pending, in milliseconds: others may work on it too. */
const FRESH = 5000;
/** No list is asked for that is longer. */
const LONGEST_LIST = 100_000;

/** What there is to do next, by the server's list of what is pending. */
export class Intake {
  readonly #context: RunContext;
  readonly #connector: Connector;
  #ready: PendingAnalysis[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  /** Whether the last list was the whole one. */
  #isAll = true;
  /** How many of the last list could not be begun. */
  #idle = 0;

  constructor(context: RunContext, connector: Connector) {
    this.#context = context;
    this.#connector = connector;
  }

  /** When the list was read, in milliseconds since 1970. */
  get readAt(): number {
    return this.#readAt;
  }

  /** Whether there may be more that can be begun than was taken of the last list. */
  get mayHaveMore(): boolean {
    return this.#ready.length > 0 || !this.#isAll;
  }

  /**
   * Up to so many analyses that can be begun now, the highest priority first; those that have not been told to the server's
   * satisfaction are among them. Asks for the list unless it was read a moment ago.
   */
  async next(wanted: number, call: CallOptions): Promise<PendingAnalysis[]> {
    const isFresh = this.#context.clock.now() - this.#readAt < FRESH && this.#ready.length > 0;
    if (!isFresh) await this.#read(wanted, call);
    return this.#ready.splice(0, wanted);
  }

  async #read(wanted: number, call: CallOptions): Promise<void> {
    const { settings, known, clock } = this.#context;
    this.#ready = [];
    // What cannot be begun may stand before what can.
    let maxCount = Math.max(settings.maxCount, wanted) + Math.max(known.size, this.#idle);
    for (;;) {
      const rows = await this.#connector.nextAnalyses({ maxCount, ...call });
      this.#context.reached = true;
      const pending = rows.filter((row) => this.#isOurs(row));
      const ready = pending.filter((row) => this.#canBegin(row));
      const isAll = rows.length < maxCount || maxCount >= LONGEST_LIST;
      if (!isAll && ready.length < wanted) {
        maxCount = Math.min(maxCount * 2, LONGEST_LIST);
        continue;
      }
      await this.#forget(new Set(pending.map(({ id }) => Number(id))), isAll, call);
      this.#ready = ready.sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0));
      this.#isAll = isAll;
      this.#idle = pending.length - ready.length;
      this.#readAt = clock.now();
      return;
    }
  }

  /** Whatever a server may list, only what this connector has to analyse is looked at. */
  #isOurs({ id, connectorId, analysisStatus }: PendingAnalysis): boolean {
    if (!Number.isSafeInteger(id) || (connectorId ?? this.#connector.id) !== this.#connector.id) return false;
    return (analysisStatus ?? AnalysisStatus.Scheduled) <= AnalysisStatus.Processed;
  }

  #canBegin({ id, uploaded }: PendingAnalysis): boolean {
    const { settings, known, clock } = this.#context;
    const before = known.of(id);
    if (before?.state === "running") return false;
    if (before?.state === "told")
      return before.result !== undefined && clock.now() >= before.result.at + settings.interval;
    if (before !== undefined && before.due > clock.now()) return false;
    return uploaded === true || !(settings.waitForUpload || before?.forUpload === true);
  }

  /** Forgets what is no longer pending. */
  async #forget(listed: ReadonlySet<number>, isAll: boolean, call: CallOptions): Promise<void> {
    const { client, known } = this.#context;
    const unseen = known.besides(listed);
    if (isAll || unseen.length === 0) return known.forget(unseen);
    const found = await fetchByIds(client, PendingAnalysis, unseen, call);
    const isPending = (id: number): boolean => {
      const status = found.get(id)?.document["analysisStatus"];
      return found.has(id) && Number(status ?? 0) <= AnalysisStatus.Processed;
    };
    known.forget(unseen.filter((id) => !isPending(id)));
  }
}
