import { ClientError, ObjectNotFoundError, UnauthorizedError } from "../../../core/errors.js";
import { keyOfNamed, type ModelOrKey } from "../../../core/model/assigned-join.js";
import type { ModelHost } from "../../../core/model/host.js";
import { namedObject } from "../../../core/model/ref.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { fetchByIds } from "../many.js";
import { Policy } from "./policy.js";

/** How a policy is named where one is wanted: the policy itself, loaded or not (a {@link Ref}), its id, or its name. */
export type PolicyOrName = ModelOrKey<Policy> | string;

/**
 * The id of a policy. Asks the server where it is named by its name, or by a search.
 * @param what names the place that the policy is given for, in errors: `moveTo()`
 * @throws ObjectNotFoundError when no policy has that name
 */
export async function policyIdOf(
  client: ModelHost,
  what: string,
  policy: PolicyOrName,
  options: CallOptions,
): Promise<number> {
  const { signal, timeout } = options;
  if (typeof policy === "string") return Number((await Policy.byName(client, policy, { signal, timeout })).id);
  const named = namedObject(policy);
  const isSearched = named?.cls === Policy && named.key === undefined;
  return Number(keyOfNamed(what, Policy, isSearched ? await policy : policy));
}

/** The levels that policies enforce, as far as the token may read them, each asked for once. */
export class PolicyLevels {
  readonly #client: ModelHost;
  readonly #known = new Map<number, number | undefined>();

  constructor(client: ModelHost) {
    this.#client = client;
  }

  /** Reads the levels of these policies: `GET /policy?q=id:3|5`. */
  async read(ids: Iterable<number>, options: CallOptions): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !this.#known.has(id));
    if (unknown.length === 0) return;
    const found = await fetchByIds(this.#client, Policy, unknown, options).catch((error: unknown) => {
      if (isHidden(error)) return undefined;
      throw error;
    });
    for (const id of unknown) {
      const level = found?.get(id)?.document["enforcementLevel"];
      this.#known.set(id, typeof level === "number" ? level : undefined);
    }
  }

  of(id: number): number | undefined {
    return this.#known.get(id);
  }
}

/** Whether the token may not see it, or it is not there: whoever asks can do without. */
function isHidden(error: unknown): boolean {
  if (error instanceof UnauthorizedError || error instanceof ObjectNotFoundError) return true;
  return error instanceof ClientError && error.status === 403;
}
