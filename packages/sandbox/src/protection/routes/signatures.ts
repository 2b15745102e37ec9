import type { Route } from "../../server/product.js";
import type { ProtectionContext } from "../context.js";
import { CERTIFICATE, type CertificateRecord, PUBLISHER, recordsOf } from "../objects/index.js";
import { policiesOf } from "../simulation/effective-state.js";
import { Judge } from "../simulation/judge.js";
import { kindRoutes } from "./kind-routes.js";
import { readPolicyIds } from "./policy-ids.js";

const EXTERNAL = 5;
const UNAPPROVED = 1;

/** Publishers and certificates; deleting one takes its approval or ban away, and nothing else. */
export function signatureRoutes(context: ProtectionContext): Route[] {
  const { store, tasks, traits } = context;
  const judge = new Judge(store, tasks, traits.has8);
  const certificates = recordsOf(store, CERTIFICATE);

  /** Lets certificates have what those above them have, unless they have a state of their own. */
  function pass(certificate: CertificateRecord): number[] {
    const parent = certificates.get(certificate.parentCertificateId ?? 0);
    const own = certificate.certificateState ?? UNAPPROVED;
    const effective = own === UNAPPROVED ? (parent?.certificateEffectiveState ?? UNAPPROVED) : own;
    certificates.put(certificate.id, { ...certificate, certificateEffectiveState: effective });
    const children = certificates.all().filter((each) => each.parentCertificateId === certificate.id);
    return [...judge.filesWith("certificateId", certificate.id), ...children.flatMap(pass)];
  }

  return [
    ...kindRoutes(context, {
      kind: PUBLISHER,
      write: ["Manage publisher rules"],
      change(before, changes) {
        const after = { ...before, ...changes, sourceType: EXTERNAL };
        if (changes.policyIds !== undefined) after.policyIds = readPolicyIds(context, changes.policyIds);
        // From 8.0 on the state says whether it is one for some policies.
        const state = after.publisherState ?? UNAPPROVED;
        const general = state > 3 ? state - 2 : state;
        const some = traits.has8 && general !== UNAPPROVED && policiesOf(after) !== undefined;
        return { ...after, publisherState: some ? general + 2 : general };
      },
      remove: (record) => ({ ...record, publisherState: UNAPPROVED, policyIds: traits.everywhere }),
      written(after) {
        if (after !== undefined) judge.again(judge.filesWith("publisherId", after.id));
      },
    }),
    ...kindRoutes(context, {
      kind: CERTIFICATE,
      write: ["Manage publisher rules"],
      change: (before, changes) => ({ ...before, ...changes, sourceType: EXTERNAL }),
      remove: (record) => ({ ...record, certificateState: UNAPPROVED }),
      written(after) {
        if (after !== undefined) judge.again(pass(after));
      },
    }),
  ];
}
