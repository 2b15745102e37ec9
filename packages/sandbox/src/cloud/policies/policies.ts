import { HttpProblem } from "../../server/product.js";
import { findGroups, findSensors } from "../../store/endpoints.js";
import { lastTaken } from "../audit/audit.js";
import type { CloudContext } from "../context.js";
import { perContext } from "../per-context.js";
import { FIRST_REVISION_AGE, firstPolicies } from "./first.js";
import type { PolicyRecord } from "./record.js";

/** The policies of the organisation, which all parts share. */
export const policiesOf = perContext((context) => new Policies(context));

/** What sensors may do and what they keep others from doing. Each of the organisation's groups has one. */
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

  /** Adds a policy, or puts it in the place of the one of its id. Refuses a name that another one has. */
  put(record: PolicyRecord): void {
    const other = this.named(record.name);
    if (other !== undefined && other.id !== record.id) {
      throw new HttpProblem(400, `A policy with the name ${record.name} exists already`);
    }
    this.#kept().put(record.id, record);
    this.#rank(record);
  }

  remove(id: number): void {
    this.#kept().remove(id);
    const [first] = this.all();
    if (first !== undefined) this.#rank({ ...first, position: 1 });
  }

  nextId(): number {
    return this.#kept().nextKey();
  }

  /** Counts the ranks through from 1, with a policy at the one that it asks for. */
  #rank({ id, position }: PolicyRecord): void {
    const others = this.all().filter((policy) => policy.id !== id);
    const before = others.slice(0, Math.max(0, position - 1));
    const ranked = [
      ...before.map((policy) => policy.id),
      id,
      ...others.slice(before.length).map((policy) => policy.id),
    ];
    for (const [index, each] of ranked.entries()) {
      const policy = this.#kept().get(each);
      if (policy !== undefined && policy.position !== index + 1) {
        this.#kept().put(each, { ...policy, position: index + 1 });
      }
    }
  }

  #kept() {
    const { store, presence } = this.#context;
    const kept = store.collection("cloud_policy");
    const highest = store.database.count("SELECT max(id) AS n FROM sensor_group");
    const made = lastTaken(this.#context, GROUPS);
    if (highest === made) return kept;
    const groups = findGroups(store).flatMap(({ record }) => (record.id > made ? [record] : []));
    const since = Math.min(presence.now, presence.start - FIRST_REVISION_AGE);
    for (const policy of firstPolicies(groups, findSensors(store), since)) {
      const taken = kept.find("name", policy.name) !== undefined;
      kept.put(policy.id, {
        ...policy,
        ...{ position: kept.size + 1, is_system: made === 0 && policy.is_system },
        name: taken ? `${policy.name} (${policy.of_group})` : policy.name,
      });
    }
    store.collection("cloud_queue").put(GROUPS, { last: highest });
    return kept;
  }
}

/** The number of the latest group of sensors that has its policy is kept by this. */
const GROUPS = "policies/groups";
