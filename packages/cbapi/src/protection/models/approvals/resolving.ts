import type { Verdict } from "../../../core/bulk/found.js";
import { Reasons } from "../../../core/bulk/reasons.js";
import type { Document } from "../../../core/model/document.js";
import type { ModelHost } from "../../../core/model/host.js";
import type { WriteRequest } from "../../../core/model/mutable-model.js";
import { sameValue } from "../../../core/model/same-value.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { FileRule } from "../files/file-rule.js";
import { ApprovalResolution, ApprovalStatus } from "../names.js";
import { unlikeWritten } from "../unlike.js";
import { ApprovalRequest } from "./approval-request.js";
import { type ApprovalDecision, checkDecision } from "./decision.js";
import { filesOf, placeOf, ruleStep, type WantedRule, wantedRule } from "./wanted-rule.js";

const { Open, Closed, Escalated } = ApprovalStatus;

/** Decides about a request; `undefined` leaves it alone. */
export type ApprovalDecider = (
  request: ApprovalRequest,
) => ApprovalDecision | undefined | Promise<ApprovalDecision | undefined>;

/** What resolving one request takes. */
interface Resolved {
  readonly writes: readonly WriteRequest[];
  /** The rule that has to hold first, and the request that it is made for: this one, or another for the same file. */
  readonly after?: { readonly place: string; readonly maker: number } | undefined;
}

/** A rule that is made: for which request, and what it says. */
interface Made {
  readonly maker: number;
  readonly fileState: number;
  /** How many writes it takes: there may be several rules for the same policies. */
  readonly writes: number;
}

/**
 * Resolving requests: the writes of each, first the rule for its file, then the request itself. Requests for the same file
 * share a rule; it is made for the first, and without it none of them is resolved.
 */
export class Resolving {
  readonly #client: ModelHost;
  readonly #decide: ApprovalDecider;
  readonly #reasons = new Reasons();
  readonly #resolved = new Map<number, Resolved>();
  /** By where they are for: see {@link placeOf}. */
  readonly #rules = new Map<string, Made>();
  /** How many writes of them the server has accepted. */
  readonly #accepted = new Map<string, number>();

  constructor(client: ModelHost, decide: ApprovalDecider) {
    this.#client = client;
    this.#decide = decide;
  }

  /** Begins anew: requests are read again. */
  clear(): void {
    this.#resolved.clear();
    this.#rules.clear();
    this.#accepted.clear();
  }

  /** Decides about requests, and puts together what they take. Reads the rules for their files where any are wanted. */
  async review(requests: readonly ApprovalRequest[], options: CallOptions): Promise<Verdict[]> {
    const decided: { request: ApprovalRequest; decision: ApprovalDecision | undefined }[] = [];
    for (const request of requests) decided.push({ request, decision: await this.#decide(request) });
    const cases = decided.map(({ request, decision }) => {
      if (decision === undefined) return undefined;
      checkDecision(decision);
      const { rule } = decision;
      return { request, decision, rule: rule === undefined ? undefined : wantedRule(request, rule) };
    });
    const wanted = cases.flatMap((each) => (each?.rule === undefined || "refused" in each.rule ? [] : [each.rule]));
    const known = await filesOf(this.#client, wanted, options);
    return cases.map((each): Verdict => {
      if (each === undefined) return { state: "not meant" };
      const { request, decision, rule } = each;
      if (rule !== undefined && "refused" in rule) return this.#refused("FILE_UNKNOWN", rule.refused);
      const own = requestWrites(request, decision);
      if ("refused" in own) return this.#refused("ALREADY_RESOLVED", own.refused);
      if (rule === undefined) return this.#keep(request, own.writes, own.note);
      const place = placeOf(rule);
      const other = this.#rules.get(place);
      if (other !== undefined) return this.#share(request, rule, other, own.writes);
      const step = ruleStep(rule, request, known.get(rule.fileCatalogId), decision.overrule === true);
      if (step.state === "refused") return this.#refused(step.code, step.why);
      const { writes, note } = step;
      if (writes.length === 0) return this.#keep(request, own.writes, note);
      this.#rules.set(place, { maker: request.id, fileState: rule.rule.fileState, writes: writes.length });
      return this.#keep(request, [...writes, ...own.writes], note, { place, maker: request.id });
    });
  }

  /** What is sent for a request, in order. */
  writesOf(id: number): readonly WriteRequest[] {
    return this.#resolved.get(id)?.writes ?? [];
  }

  /** Takes note that the server has accepted a write for a request. */
  accepted(write: WriteRequest, id: number): void {
    const place = this.#resolved.get(id)?.after?.place;
    if (isRule(write) && place !== undefined) this.#accepted.set(place, (this.#accepted.get(place) ?? 0) + 1);
  }

  /** Why a write for a request must not be sent: the rule that it goes with was not made. */
  withheld(write: WriteRequest, id: number): Error | undefined {
    const after = this.#resolved.get(id)?.after;
    if (after === undefined || after.maker === id || isRule(write)) return undefined;
    if ((this.#accepted.get(after.place) ?? 0) >= (this.#rules.get(after.place)?.writes ?? 0)) return undefined;
    const why = `The rule for its file was to be made for request ${after.maker}, and was not: it stays unresolved`;
    return this.#reasons.of("RULE_NOT_MADE", why);
  }

  /** Why a request does not have what it was sent, as the answer tells. */
  overlooked(write: WriteRequest, answer: unknown): Error | undefined {
    if (isRule(write) || typeof answer !== "object" || answer === null) return undefined;
    const why = unlikeWritten(answer as Document, Object.entries(write.body as object));
    return why === undefined ? undefined : this.#reasons.of("WRITE_NOT_APPLIED", why);
  }

  #share(request: ApprovalRequest, rule: WantedRule, made: Made, writes: readonly WriteRequest[]): Verdict {
    const { maker, fileState } = made;
    if (fileState !== rule.rule.fileState) {
      const why = `the decision about request ${maker} says otherwise of the same file, for the same policies`;
      return this.#refused("RULED_OTHERWISE", why);
    }
    const place = placeOf(rule);
    return this.#keep(request, writes, `its rule is made for request ${maker}`, { place, maker });
  }

  #keep(
    { id }: ApprovalRequest,
    writes: readonly WriteRequest[],
    note: string | undefined,
    after?: Resolved["after"],
  ): Verdict {
    this.#resolved.set(id, { writes, after });
    return { state: writes.length === 0 ? "unchanged" : "change", note };
  }

  #refused(code: string, why: string): Verdict {
    return { state: "refused", error: this.#reasons.of(code, why) };
  }
}

/** Whether a write is that of a rule, and not of a request. */
export function isRule({ path }: WriteRequest): boolean {
  return path.startsWith(FileRule.spec.path);
}

/** The change of the request itself; none where it is resolved as it is to be. */
function requestWrites(
  { id, status, resolution, resolutionComments: said }: ApprovalRequest,
  decision: ApprovalDecision,
): { readonly writes: readonly WriteRequest[]; readonly note?: string } | { readonly refused: string } {
  const { resolution: wanted, resolutionComments, overrule = false } = decision;
  const put = (values: object): WriteRequest => {
    return { method: "PUT", path: `${ApprovalRequest.spec.path}/${id}`, body: { id, ...values } };
  };
  const comments = resolutionComments === undefined ? {} : { resolutionComments };
  const close = { status: Closed, resolution: wanted, ...comments };
  // Not every server closes one that is escalated; all open it first.
  if (status === Escalated) return { writes: [put({ status: Open }), put(close)] };
  if (status !== Closed) return { writes: [put(close)] };
  const isSo = resolution === wanted && (resolutionComments === undefined || sameValue(said ?? "", resolutionComments));
  if (isSo) return { writes: [], note: "resolved so already" };
  if (overrule) return { writes: [put({ resolution: wanted, ...comments })], note: "changes how it was resolved" };
  const [name = "not known"] = Object.entries(ApprovalResolution).find(([, code]) => code === resolution) ?? [];
  const what = resolution === wanted ? "with another comment" : `as ${resolution ?? 0} (${name})`;
  return { refused: `it is closed ${what}; with overrule, the decision changes that` };
}
