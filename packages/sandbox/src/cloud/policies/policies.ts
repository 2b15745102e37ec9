import { HttpProblem } from "../../server/product.js";
import { findGroups, findSensors } from "../../store/endpoints.js";
import type { CloudContext } from "../context.js";
import { perContext } from "../per-context.js";
import { FIRST_REVISION_AGE, firstPolicies } from "./first.js";
import type { PolicyRecord } from "./record.js";

/** The policies of the organisation, which all parts share. */
export const policiesOf = perContext((context) => new Policies(context));

/** What sensors may do and what they keep others from doing. Made of the organisation's groups when somebody asks first. */
export class Policies {
  readonly #context: CloudContext;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  /** By rank. */
  all(): PolicyRecord[] {
    return this.#kept()
      .all()
      .sort((a, b) => a.position - b.position || a.id - b.id);
  }

  get(id: number): PolicyRecord | undefined {
    return this.#kept().get(id);
  }

  /** The one of exactly this name. */
  named(name: string): PolicyRecord | undefined {
    return this.#kept().find("name", name);
  }

  /** The one that devices of a group of sensors have unless they were given another one. */
  ofGroup(group: number): PolicyRecord {
    const kept = this.#kept();
    const found = kept.find("of_group", group) ?? this.all().find(({ is_system }) => is_system);
    if (found === undefined) throw new Error("There is no system policy");
    return found;
  }

  /** Adds a policy, or puts it in the place of the one of its id. Refuses a name that another one has. */
  put(record: PolicyRecord): void {
    const other = this.named(record.name);
    if (other !== undefined && other.id !== record.id) {
      throw new HttpProblem(400, `A policy with the name ${record.name} exists already`);
    }
    this.#kept().put(record.id, record);
  }

  remove(id: number): void {
    this.#kept().remove(id);
  }

  nextId(): number {
    return this.#kept().nextKey();
  }

  #kept() {
    const { store } = this.#context;
    const kept = store.collection("cloud_policy");
    if (kept.size === 0) {
      const groups = findGroups(store).map(({ record }) => record);
      const since = this.#context.presence.start - FIRST_REVISION_AGE;
      for (const policy of firstPolicies(groups, findSensors(store), since)) kept.put(policy.id, policy);
    }
    return kept;
  }
}
