import { ServerError } from "../../../core/errors.js";
import { Completeness, type Document, type Entry } from "../../../core/model/document.js";
import { classOf, Model, specOf } from "../../../core/model/model.js";
import { rebaseOn, takeOver } from "../../../core/model/rebase.js";
import { inTurn } from "../../../core/model/turns.js";
import { readBack, readNow, sendWrites } from "../../../core/model/write.js";
import { planOf, type SaveOptions, type WritePlan, type WriteRequest } from "../../../core/model/write-plan.js";
import type { CallOptions } from "../../../core/transport/types.js";
import { FileCatalog } from "../files/file-catalog.js";
import { FileState } from "../names.js";
import {
  inPolicies,
  type PolicyChoice,
  policiesChosen,
  policiesIn,
  policyText,
  samePolicies,
} from "../policies/policy-choice.js";
import { Certificate } from "./certificate.js";

/** How the files of a signer are approved or banned. */
export interface SignerOptions extends SaveOptions {
  /** Why. A signer that has the state already keeps the text that it has. */
  readonly description?: string | undefined;
}

/** The same of a publisher, whose state may be for some policies only. */
export interface PublisherOptions extends SignerOptions {
  /** The policies that it is for: a policy or its id, or a list of them. Left out, or `"everywhere"`: all policies. */
  readonly policies?: PolicyChoice | undefined;
}

/** The field that a signer's state is in, and whether it is one for some policies. */
interface Stated {
  readonly field: "publisherState" | "certificateState";
  readonly hasPolicies: boolean;
}

const PUBLISHER: Stated = { field: "publisherState", hasPolicies: true };
const CERTIFICATE: Stated = { field: "certificateState", hasPolicies: false };

type Wanted = typeof FileState.Approved | typeof FileState.Banned;

/** A change of state, as it is checked afterwards. */
interface Change {
  readonly requests: readonly WriteRequest[];
  readonly values: Readonly<Record<string, unknown>>;
  readonly holds: (document: Document) => boolean;
}

/** Gives a publisher or a certificate a state: reads it first, and sends nothing when it has it. */
export function stateSigner<M extends Model>(
  signer: M,
  state: Wanted,
  { policies, description, ...options }: PublisherOptions,
): Promise<M | WritePlan | undefined> {
  const stated = statedOf(signer);
  const wanted = policiesChosen(policies);
  const holds = (document: Document) => general(document[stated.field]) === state && hasPolicies(document);
  const hasPolicies = ({ policyIds }: Document) =>
    !stated.hasPolicies || samePolicies(policiesIn(policyIds as string | undefined), wanted);
  return change(signer, options, (document) => {
    const values: Record<string, unknown> = { [stated.field]: state };
    if (!hasPolicies(document)) values["policyIds"] = policyText(wanted);
    if (description !== undefined && document["description"] !== description) values["description"] = description;
    const body = { id: Model.stateOf(signer).key, ...values };
    return { requests: [{ method: "PUT", path: pathTo(signer), body }], values, holds };
  });
}

/** Lifts the approval or ban of a publisher or a certificate: reads it first, and sends nothing when it has none. */
export function clearSigner<M extends Model>(signer: M, options: SaveOptions): Promise<M | WritePlan | undefined> {
  const { field } = statedOf(signer);
  const values = { [field]: FileState.Unapproved };
  const holds = (document: Document) => {
    const state = general(document[field]);
    return state !== FileState.Approved && state !== FileState.Banned;
  };
  return change(signer, options, () => ({ requests: [{ method: "DELETE", path: pathTo(signer) }], values, holds }));
}

async function change<M extends Model>(
  signer: M,
  { dryRun = false, verify = false, ...options }: SaveOptions,
  decide: (document: Document) => Change,
): Promise<M | WritePlan | undefined> {
  return inTurn(signer, options, async (call) => {
    const before = await readNow(signer, call);
    rebaseOn(signer, before);
    const { requests, values, holds } = decide(before.document);
    const decided = Object.keys(values);
    if (holds(before.document)) {
      if (dryRun) return undefined;
      takeOver(signer, before, decided);
      return signer;
    }
    if (dryRun) return planOf(requests, before.document, new Map(Object.entries(values)));
    const { identityMap } = Model.stateOf(signer).client;
    let answer: unknown;
    try {
      answer = await sendWrites(signer, requests, call);
    } finally {
      // What it has signed, and the certificates below it, show it as well.
      identityMap.evictAll(FileCatalog);
      identityMap.evictAll(Certificate);
    }
    const after = (verify ? undefined : answered(signer, answer, values)) ?? (await readAfter(signer, call));
    takeOver(signer, after, decided);
    Model.stateOf(signer).joins = undefined;
    if (holds(after.document)) return signer;
    const { field, hasPolicies } = statedOf(signer);
    const { [field]: state, policyIds } = after.document;
    const where = hasPolicies ? ` ${inPolicies(policiesIn(policyIds as string | undefined))}` : "";
    throw new ServerError(
      `The server accepted the change of ${specOf(signer).name} ${Model.stateOf(signer).key}, but it does not hold afterwards: ` +
        `its ${field} is ${String(state)}${where}`,
      { code: "WRITE_NOT_APPLIED" },
    );
  });
}

/** The whole object, where the answer to a write is that. */
function answered(signer: Model, answer: unknown, values: Readonly<Record<string, unknown>>): Entry | undefined {
  const { client, key } = Model.stateOf(signer);
  if (typeof answer !== "object" || answer === null || key === undefined) return undefined;
  if (!Object.keys(values).every((name) => name in answer) || !("name" in answer || "thumbprint" in answer))
    return undefined;
  return client.identityMap.seed(classOf(signer), key, answer as Document, Completeness.full);
}

function readAfter(signer: Model, call: CallOptions): Promise<Entry> {
  return readBack(signer, `${specOf(signer).name} ${Model.stateOf(signer).key} was changed`, call);
}

/** From 8.0 on the server says whether a state is one for some policies. */
function general(state: unknown): unknown {
  if (state === FileState.ApprovedByPolicy) return FileState.Approved;
  return state === FileState.BannedByPolicy ? FileState.Banned : state;
}

const statedOf = (signer: Model): Stated => ("certificateState" in signer ? CERTIFICATE : PUBLISHER);

const pathTo = (signer: Model): string => `${specOf(signer).path}/${Model.stateOf(signer).key}`;
