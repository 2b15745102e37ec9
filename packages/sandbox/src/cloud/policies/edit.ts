import { HttpProblem, type SandboxRequest } from "../../server/product.js";
import type { WriteBody } from "../../server/write-body.js";
import { auditOf } from "../audit/audit.js";
import type { CloudContext } from "../context.js";
import { newPolicy } from "./first.js";
import { policiesOf } from "./policies.js";
import { readPolicy, ruleOf } from "./read.js";
import type { PolicyRecord, PolicyRule } from "./record.js";

/** What can be done to policies, whichever of the services it is asked of. */
export class PolicyEditor {
  readonly #context: CloudContext;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  /** The policy of an id; refused when there is none. */
  present(id: string | undefined): PolicyRecord {
    const record = /^\d{1,15}$/.test(id ?? "") ? this.#policies.get(Number(id)) : undefined;
    if (record === undefined) throw new HttpProblem(404, `Policy ${id} was not found`);
    return record;
  }

  /** How many devices have each policy. */
  countDevices(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    for (const id of this.#context.shared.devicePolicies().values()) counts.set(id, (counts.get(id) ?? 0) + 1);
    return counts;
  }

  create(body: WriteBody, request: SandboxRequest): PolicyRecord {
    const now = this.#context.now();
    const position = Math.max(0, ...this.#policies.all().map((policy) => policy.position)) + 1;
    const known = { ...newPolicy(now), id: this.#policies.nextId(), name: "", description: "", position };
    const record = readPolicy(body, known, now);
    this.#policies.put(record);
    this.#note(request, `Created the policy ${record.name}`);
    return record;
  }

  change(known: PolicyRecord, body: WriteBody, request: SandboxRequest): PolicyRecord {
    const named = body.integer("id");
    if (named !== undefined && named !== known.id)
      throw new HttpProblem(400, `The policy's id is ${known.id}, not ${named}`);
    const record = readPolicy(body, known, this.#context.now());
    for (const { id, required } of known.rules) {
      if (required && !record.rules.some((rule) => rule.id === id)) throw requiredRule(id);
    }
    this.#policies.put(record);
    this.#note(request, `Changed the policy ${record.name}`);
    return record;
  }

  remove(record: PolicyRecord, request: SandboxRequest): void {
    if (record.is_system) throw new HttpProblem(400, `${record.name} is a system policy: it cannot be deleted`);
    const waiting = this.#context.store
      .collection("cloud_device")
      .all()
      .filter(({ pending }) => pending?.policy_id === record.id).length;
    const devices = (this.countDevices().get(record.id) ?? 0) + waiting;
    if (devices > 0) {
      throw new HttpProblem(400, `${record.name} cannot be deleted: ${devices} devices are assigned to it`);
    }
    this.#policies.remove(record.id);
    this.#note(request, `Deleted the policy ${record.name}`, true);
  }

  addRule(policy: PolicyRecord, wanted: unknown, request: SandboxRequest): PolicyRule {
    const rule = { id: policy.next_rule, ...ruleOf(wanted, "The rule") };
    this.#keep(
      request,
      { ...policy, rules: [...policy.rules, rule], next_rule: rule.id + 1 },
      `Added rule ${rule.id} to`,
    );
    return rule;
  }

  replaceRule(policy: PolicyRecord, id: string | undefined, wanted: unknown, request: SandboxRequest): PolicyRule {
    const known = ruleIn(policy, id);
    const rule = { id: known.id, ...ruleOf(wanted, "The rule") };
    const rules = policy.rules.map((each) => (each.id === rule.id ? rule : each));
    this.#keep(request, { ...policy, rules }, `Changed rule ${rule.id} of`);
    return rule;
  }

  removeRule(policy: PolicyRecord, id: string | undefined, request: SandboxRequest): void {
    const known = ruleIn(policy, id);
    if (known.required) throw requiredRule(known.id);
    const rules = policy.rules.filter((rule) => rule !== known);
    this.#keep(request, { ...policy, rules }, `Removed rule ${known.id} from`);
  }

  /** Keeps a policy that was changed otherwise. */
  keep(request: SandboxRequest, record: PolicyRecord, what: string): void {
    this.#keep(request, record, `Changed ${what} of`);
  }

  get #policies() {
    return policiesOf(this.#context);
  }

  #keep(request: SandboxRequest, record: PolicyRecord, verb: string): void {
    this.#policies.put({ ...record, latest_revision: this.#context.now() });
    this.#note(request, `${verb} the policy ${record.name}`);
  }

  #note(request: SandboxRequest, description: string, flagged = false): void {
    auditOf(this.#context).note(request, description, { flagged });
  }
}

function ruleIn({ rules, name }: PolicyRecord, id: string | undefined): PolicyRule {
  const found = rules.find((rule) => String(rule.id) === id);
  if (found === undefined) throw new HttpProblem(404, `The policy ${name} has no rule ${id}`);
  return found;
}

const requiredRule = (id: number): HttpProblem => new HttpProblem(400, `Rule ${id} is required: it cannot be removed`);
