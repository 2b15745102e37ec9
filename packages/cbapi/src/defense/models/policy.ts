import { CALL, checkCall } from "../../core/call-options.js";
import { ApiError, ServerError } from "../../core/errors.js";
import { refuseDeleted } from "../../core/model/assign.js";
import { defineModel } from "../../core/model/define-model.js";
import type { Document, Fetched, Key } from "../../core/model/document.js";
import { t } from "../../core/model/fields.js";
import type { ModelHost } from "../../core/model/host.js";
import { rebaseOn } from "../../core/model/rebase.js";
import { inTurn } from "../../core/model/turns.js";
import { readBack, sendWrites } from "../../core/model/write.js";
import type { WriteRequest } from "../../core/model/write-plan.js";
import type { CallOptions } from "../../core/transport/types.js";
import { type CloudHost, cloud } from "../../psc/host.js";
import { type CloudCall, routeOf } from "../../psc/routes.js";
import { ask } from "../../psc/send.js";
import { objectUnder } from "../answers.js";
import { POLICY_CHANGE, POLICY_DELETE, POLICY_GET, POLICY_MAKE, RULE_ADD, RULE_CHANGE, RULE_DELETE } from "../calls.js";
import { PRIORITIES } from "./device-fields.js";
import { classicPolicy, currentPolicy, originalOf } from "./policy-forms.js";
import { PolicyQuery } from "./policy-query.js";
import { checkedRule, checkedRuleId, type PolicyRule } from "./policy-rule.js";

/** What holds for the devices of a policy, in the form of Defense. */
export interface PolicySettings {
  readonly id?: number;
  readonly avSettings?: Readonly<Record<string, unknown>>;
  readonly sensorSettings?: readonly { readonly name: string; readonly value: string }[];
  readonly rules?: readonly PolicyRule[];
  readonly directoryActionRules?: readonly {
    readonly path: string;
    readonly actions: { readonly FILE_UPLOAD?: boolean; readonly PROTECTION?: boolean };
  }[];
  readonly knownBadHashAutoDeleteDelayMs?: number | null;
}

/**
 * What holds for the devices that it is given to: `GET /integrationServices/v3/policy/{id}`.
 *
 * That route is switched off. By `routes: "current"` the policy service is asked, and the policy is shown in the form of
 * Defense; {@link Policy.toCurrent} gives it in that of the service. What Defense has no word for stays as it is when the
 * policy is saved.
 *
 * A save sends the whole policy, which is read again first where it is not fresh. One that is a `systemPolicy`, or has
 * devices, cannot be deleted.
 * @example
 * const policy = await cb.select(Policy, 30241);
 * await policy.addRule({
 *   action: "DENY",
 *   operation: "RUN",
 *   application: { type: "REPUTATION", value: "KNOWN_MALWARE" },
 *   required: false,
 * });
 */
export class Policy extends defineModel(
  {
    name: "Policy",
    path: "/integrationServices/v3/policy",
    key: "id",
    writable: ["name", "description", "priorityLevel", "version", "policy"],
    creatable: true,
    required: ["name", "description", "priorityLevel", "policy"],
    keyOnly: ["delete", "addRule", "replaceRule", "deleteRule"],
  },
  {
    id: t.integer(),
    /** Can be changed. */
    name: t.string(),
    /** Can be changed. */
    description: t.string(),
    /** Can be changed: how much the devices are worth. */
    priorityLevel: t.choice(PRIORITIES),
    /** Always 2, and not to be named. */
    version: t.integer(),
    /** Can be changed, as a whole: its rules and what sensors and the antivirus are to do. */
    policy: t.object<PolicySettings>(),
    /** When it was changed last, in milliseconds since 1970. */
    latestRevision: t.integer(),
    /** Whether it is the service's own. */
    systemPolicy: t.boolean(),
  },
) {
  /** @internal The list of policies, which has not been asked for. */
  static query(client: ModelHost): PolicyQuery<Policy> {
    return new PolicyQuery(client, Policy, {});
  }

  /** @internal */
  static override async fetchDocument(client: ModelHost, key: Key, options: CallOptions): Promise<Fetched> {
    const host = cloud(client);
    const answer = await ask(host, POLICY_GET, { values: { id: key } }, options);
    if (host.routes === "classic") return { document: objectUnder(answer, "policyInfo", POLICY_GET.call) };
    if (typeof answer !== "object" || answer === null) {
      throw new ServerError(`${POLICY_GET.call}: the answer is no policy`, { code: "UNEXPECTED_ANSWER" });
    }
    return { document: classicPolicy({ ...answer }) };
  }

  /** Its rules by their ids. */
  get rules(): Readonly<Record<string, PolicyRule>> {
    const rules = this.policy?.rules ?? [];
    return Object.freeze(Object.fromEntries(rules.map((rule) => [String(rule.id), rule])));
  }

  /** The policy in the form of today's service, with what was assigned and not saved. */
  toCurrent(): Record<string, unknown> {
    return structuredClone(currentPolicy(this.toJSON(), this.#base));
  }

  /**
   * Adds a rule: `POST .../policy/{id}/rule`; then reads the policy. The service gives the rule its id.
   * @throws InvalidObjectError when it is no rule
   * @throws ApiError with code `UNSAVED` when `policy` was assigned and not saved: that would take the rule back
   */
  addRule(rule: PolicyRule, options: CallOptions = {}): Promise<this> {
    checkCall("addRule()", options, CALL);
    return this.#changeRules("got a rule", RULE_ADD, checkedRule(rule), undefined, options);
  }

  /** Puts a rule in the place of the one with this id: `PUT .../policy/{id}/rule/{rule}`; otherwise as {@link Policy.addRule}. */
  replaceRule(ruleId: number, rule: PolicyRule, options: CallOptions = {}): Promise<this> {
    checkCall("replaceRule()", options, CALL);
    const id = checkedRuleId(ruleId);
    return this.#changeRules("had a rule replaced", RULE_CHANGE, { ...checkedRule(rule), id }, id, options);
  }

  /** Deletes the rule with this id: `DELETE .../policy/{id}/rule/{rule}`; otherwise as {@link Policy.addRule}. */
  deleteRule(ruleId: number, options: CallOptions = {}): Promise<this> {
    checkCall("deleteRule()", options, CALL);
    return this.#changeRules("lost a rule", RULE_DELETE, undefined, checkedRuleId(ruleId), options);
  }

  protected override createRequest(): WriteRequest {
    const { routes } = this.#host;
    const { id: _, ...document } = { version: 2, ...this.toJSON() } as Record<string, unknown>;
    const { path } = routeOf(POLICY_MAKE, routes);
    return { method: "POST", path, body: routes === "classic" ? { policyInfo: document } : this.#made(document) };
  }

  protected override updateRequest(): WriteRequest {
    const { routes } = this.#host;
    const { path } = routeOf(POLICY_CHANGE, routes, { id: this.#key });
    const document = this.toJSON();
    return { method: "PUT", path, body: routes === "classic" ? { policyInfo: document } : this.toCurrent() };
  }

  protected override deleteRequest(): WriteRequest {
    return { method: "DELETE", path: routeOf(POLICY_DELETE, this.#host.routes, { id: this.#key }).path };
  }

  /** The classic routes tell the id only; what today's say is in another form. The policy is read afterwards. */
  protected override answeredFields(answer: unknown): Record<string, unknown> {
    const fields = super.answeredFields(answer);
    const id = fields["policyId"] ?? fields["id"];
    return id === undefined ? {} : { id };
  }

  get #host(): CloudHost {
    return cloud(Policy.stateOf(this).client);
  }

  get #key(): Key {
    const { key } = Policy.stateOf(this);
    if (key !== undefined) return key;
    throw new ApiError("This Policy has not been saved: save() it first");
  }

  /** The policy as today's service has it. */
  get #base(): Document {
    return originalOf(Policy.stateOf(this).document) ?? {};
  }

  /** A new policy as today's service takes it. */
  #made(document: Document): Record<string, unknown> {
    const policy = currentPolicy(document);
    const rules = Array.isArray(policy["rules"]) ? (policy["rules"] as object[]) : [];
    return {
      is_system: false,
      org_key: this.#host.credentials.org_key,
      rule_configs: [],
      sensor_settings: [],
      ...policy,
      // The service numbers them.
      rules: rules.map((rule) => ({ ...rule, id: undefined })),
    };
  }

  async #changeRules(
    happened: string,
    call: CloudCall,
    rule: PolicyRule | undefined,
    ruleId: number | undefined,
    options: CallOptions,
  ): Promise<this> {
    const host = this.#host;
    const id = this.#key;
    refuseDeleted(this);
    if (Policy.stateOf(this).changes?.has("policy") === true) {
      const message = `The settings of Policy ${id} were assigned and not saved, and saving them would take back the change of its rules: save() or reset() it first`;
      throw new ApiError(message, { code: "UNSAVED" });
    }
    const values = { id, ...(ruleId === undefined ? {} : { rule: ruleId }) };
    const { method, path } = routeOf(call, host.routes, values);
    const isNew = ruleId === undefined;
    const sent = host.routes === "classic" ? { ruleInfo: rule } : { ...rule, ...(isNew ? { id: undefined } : {}) };
    const request = { method, path, ...(rule === undefined ? {} : { body: sent }) } as WriteRequest;
    await inTurn(this, options, async (turn) => {
      await sendWrites(this, [request], turn);
      rebaseOn(this, await readBack(this, `Policy ${id} ${happened}`, turn));
    });
    return this;
  }
}
