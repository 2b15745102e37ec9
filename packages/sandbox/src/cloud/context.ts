import type { ServerParts } from "../product-server.js";
import { findGroups } from "../store/endpoints.js";
import { organisationKey, organisationNumber } from "./accounts.js";
import type { SearchField } from "./search/index.js";

/** What parts tell each other: the one whose business it is puts its own answer in when it is made. */
export interface CloudShared {
  /** The names of all policies by id. Until somebody has policies, there is one for each sensor group. */
  policyNames: () => ReadonlyMap<number, string>;
  /** The policies of all devices: the ids of the policies by those of the devices. */
  devicePolicies: () => ReadonlyMap<number, number>;
  /** Fields of processes (rows `p` of the table `process`) that other parts make searchable, by name. */
  readonly processFields: Map<string, SearchField>;
  /** Which alerts were raised by what processes did: their ids by the ids of the processes. */
  alertsOf: (processIds: readonly string[]) => ReadonlyMap<string, readonly string[]>;
  /** The other way round: the ids of the processes that an alert is about. */
  processesOfAlert: (alert: string) => readonly string[];
  /** Which watchlists have found which processes: what documents say of it, by the ids of the processes. */
  watchlistHitsOf: (processIds: readonly string[]) => ReadonlyMap<string, readonly string[]>;
}

/** What all parts share. */
export interface CloudContext extends ServerParts {
  readonly orgKey: string;
  /** The organisation as a number. */
  readonly organisationId: number;
  readonly organisationName: string;
  readonly shared: CloudShared;
  /** The simulated time. */
  now(): number;
}

/** The id of the policy that the devices of a sensor group have to begin with. */
export const policyOfGroup = (groupId: number): number => 6_500 + groupId;

export function createContext(parts: ServerParts): CloudContext {
  const { seed, store, presence } = parts;
  return {
    ...parts,
    orgKey: organisationKey(seed),
    organisationId: organisationNumber(seed),
    organisationName: "Sandbox",
    now: () => presence.now,
    shared: {
      policyNames: () => new Map(findGroups(store).map(({ record }) => [policyOfGroup(record.id), record.name])),
      devicePolicies: () => new Map(),
      processFields: new Map(),
      alertsOf: () => new Map(),
      processesOfAlert: () => [],
      watchlistHitsOf: () => new Map(),
    },
  };
}
