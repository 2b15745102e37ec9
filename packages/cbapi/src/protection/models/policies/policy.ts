import { CALL, checkCall } from "../../../core/call-options.js";
import { MoreThanOneResultError, ObjectNotFoundError } from "../../../core/errors.js";
import { invalidArgument } from "../../../core/invalid-argument.js";
import { defineModel } from "../../../core/model/define-model.js";
import { Completeness, type Fetched, type Key } from "../../../core/model/document.js";
import { t } from "../../../core/model/fields.js";
import type { ModelHost } from "../../../core/model/host.js";
import { makeRef } from "../../../core/model/ref.js";
import type { Ref } from "../../../core/model/ref-type.js";
import { savedNumber } from "../../../core/model/saved.js";
import { nearestNames } from "../../../core/query/nearest.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { pathOf } from "../../paths.js";
import type { ComputerQuery } from "../../queries/computer-query.js";
import { ProtectionQuery } from "../../queries/protection-query.js";
import { Computer } from "../computers/computer.js";
import { foreign } from "../foreign.js";
import { fetchByIds } from "../many.js";
import { EnforcementLevel } from "../names.js";
import { User } from "../server/user.js";

const { High, Medium, Low, Visibility, None } = EnforcementLevel;

/** The levels that a policy can have: local approval is a state of single computers. */
const LEVELS = [High, Medium, Low, Visibility, None] as const;

/**
 * What holds for the computers in it.
 *
 * Reading it needs the permission "View policies", changing it "Manage policies" as well. From 8.0 on, policies can be made
 * (`POST /policy`), changed (`PUT /policy/{id}` with the id and the changes) and deleted (`DELETE`); before that, the server
 * refuses it. One that is `readOnly` cannot be changed, and one with computers in it not deleted.
 */
export class Policy extends defineModel(
  {
    name: "Policy",
    path: pathOf("policy"),
    key: "id",
    writable: [
      "name",
      "description",
      "enforcementLevel",
      "disconnectedEnforcementLevel",
      "helpDeskUrl",
      "imageUrl",
      "loadAgentInSafeMode",
      "reputationEnabled",
      "fileTrackingEnabled",
      "customLogo",
      "automaticApprovalsOnTransition",
      "allowAgentUpgrades",
    ],
    creatable: true,
    required: ["name"],
    update: "key and changes",
    keyOnly: ["delete"],
  },
  {
    id: t.integer(),
    /** Can be changed. */
    name: t.string(),
    /** Can be changed. */
    description: t.string(),
    /** The agent's installer for this policy. */
    packageName: t.string(),
    /** Can be changed. */
    enforcementLevel: t.code(EnforcementLevel, LEVELS),
    /** Can be changed: the level of computers that cannot reach the server. */
    disconnectedEnforcementLevel: t.code(EnforcementLevel, LEVELS),
    /** Can be changed. */
    helpDeskUrl: t.string(),
    /** Can be changed. */
    imageUrl: t.string(),
    dateCreated: t.dateTime(),
    dateModified: t.dateTime(),
    /** From 8.0 on. */
    createdByUserId: t.integer(),
    /** From 8.0 on. */
    modifiedByUserId: t.integer(),
    /** Whether it is the server's own and cannot be changed. */
    readOnly: t.boolean(),
    hidden: t.boolean(),
    /** Whether computers come to it by what Active Directory says of them. */
    automatic: t.boolean(),
    /** Can be changed. */
    loadAgentInSafeMode: t.boolean(),
    /** Can be changed. */
    reputationEnabled: t.boolean(),
    /** Can be changed. */
    fileTrackingEnabled: t.boolean(),
    /** Can be changed. */
    customLogo: t.boolean(),
    /** Can be changed: whether new files are approved when a computer comes to a stricter level. */
    automaticApprovalsOnTransition: t.boolean(),
    /** Can be changed. */
    allowAgentUpgrades: t.boolean(),
    /** From 8.0 on. */
    totalComputers: t.integer(),
    /** From 8.0 on. */
    connectedComputers: t.integer(),
    /** How many of its computers enforce it already. From 8.0 on. */
    atEnforcementComputers: t.integer(),
    clVersionMax: t.integer(),
    /** Who made it: `GET /user/{id}`. Needs a server from 8.0 on. */
    get createdByUser() {
      return foreign(User, "createdByUserId");
    },
    /** Who changed it last: `GET /user/{id}`. Needs a server from 8.0 on. */
    get modifiedByUser() {
      return foreign(User, "modifiedByUserId");
    },
  },
) {
  /** @internal A search for policies, which has not been sent: `GET /policy`. */
  static query(client: ModelHost): ProtectionQuery<Policy> {
    return ProtectionQuery.of(client, Policy);
  }

  /** @internal `GET /policy?q=id:3|5|8` */
  static fetchMany(client: ModelHost, keys: Key[], options: CallOptions): Promise<Map<Key, Fetched>> {
    return fetchByIds(client, Policy, keys, options);
  }

  /**
   * The policy of this name, whatever the case: `GET /policy?q=name:...`. Nothing is requested before it, or something taken
   * through it, is awaited.
   * @example const { enforcementLevel } = await Policy.byName(cb, "Servers");
   * @throws ObjectNotFoundError when it is awaited and no policy has that name, naming those that are like it
   */
  static byName(client: ModelHost, name: string, options: CallOptions = {}): Ref<Policy> {
    checkCall("Policy.byName()", options, CALL);
    if (typeof name !== "string" || name.trim() === "") {
      throw invalidArgument(`Policy.byName() takes the name of a policy, got ${JSON.stringify(name)}`);
    }
    const { signal, timeout } = options;
    return makeRef<Policy, never>({
      cls: Policy,
      describe: () => `named ${JSON.stringify(name)}`,
      locate: () => namedPolicy(client, name, { signal, timeout }),
      options: { signal, timeout },
      completeness: Completeness.full,
    });
  }

  /** The computers in it, deleted entries included, as a query that has not been sent. */
  get computers(): ComputerQuery {
    const id = savedNumber(this, "list its computers");
    return Computer.query(Policy.stateOf(this).client).where(`policyId:${id}`);
  }
}

async function namedPolicy(client: ModelHost, name: string, options: CallOptions): Promise<Policy> {
  const wanted = name.trim();
  const [policy, ...more] = await Policy.query(client).where({ name: wanted }).all(options);
  if (policy !== undefined && more.length === 0) return policy;
  const path = Policy.spec.path;
  if (policy !== undefined) {
    const count = more.length + 1;
    throw new MoreThanOneResultError(`${count} policies have the name ${JSON.stringify(name)}`, { count, path });
  }
  const others = await Policy.query(client).all(options);
  const near = nearestNames(
    wanted,
    others.flatMap((each) => each.name ?? []),
  );
  const hint = near.length === 0 ? "" : ` Did you mean ${near.map((each) => JSON.stringify(each)).join(", or ")}?`;
  throw new ObjectNotFoundError(`There is no policy with the name ${JSON.stringify(name)}.${hint}`, {
    method: "GET",
    path,
    status: 200,
  });
}
