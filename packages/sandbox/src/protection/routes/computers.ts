import { hash32 } from "../../organisation/random.js";
import { HttpProblem, type Route } from "../../server/product.js";
import type { ProtectionContext } from "../context.js";
import { eventOf } from "../data/activity.js";
import {
  COMPUTER,
  type ComputerRecord,
  connectedAt,
  DRIFT_REPORT,
  DRIFT_REPORT_CONTENTS,
  POLICY,
  type PolicyRecord,
  recordsOf,
} from "../objects/index.js";
import { requireRights } from "../rights.js";
import { Judge } from "../simulation/judge.js";
import { requireFields, requireFreeName } from "./changes.js";
import { kindRoutes, type Write } from "./kind-routes.js";

const FLAGS = [
  "changeDiagnostics",
  "changeTemplate",
  "newTamperProtectionActive",
  "resetCLIPassword",
  "delete",
] as const;
/** The enforcement of a computer on which everything is approved on the spot. */
const LOCAL_APPROVAL = 35;
/** A computer registers anew after so many ticks. */
const REGISTRATION = 5;

/** Computers and their policies, and how they drift from their templates. */
export function computerRoutes(context: ProtectionContext): Route[] {
  const { tasks } = context;
  const policies = recordsOf(context.store, POLICY);
  const computers = recordsOf(context.store, COMPUTER);
  const computerRoutes = kindRoutes(context, {
    kind: COMPUTER,
    write: ["Manage computers"],
    writing: FLAGS,
    gates: {
      diagnostics: { parameter: "changeDiagnostics", right: "Change advanced options" },
      template: { parameter: "changeTemplate", right: "Change advanced options" },
    },
    change(before, changes, write) {
      const after = { ...before, ...changes };
      checkTemplate(context, before, after);
      if (after.template !== true) after.name = before.name ?? "";
      if (after.localApproval === true && after.automaticPolicy === true) {
        throw new HttpProblem(400, "localApproval and automaticPolicy cannot both be true");
      }
      if (after.automaticPolicy === true || after.localApproval === true) after.policyId = before.policyId ?? 0;
      const policy = policies.get(after.policyId ?? 0);
      if (policy === undefined) throw new HttpProblem(400, `policyId: there is no policy ${after.policyId ?? 0}`);
      if (after.policyId !== before.policyId) after.previousPolicyId = before.policyId ?? 0;
      applyFlags(after, write);
      return after;
    },
    remove: (record) => ({ ...record, deleted: true }),
    written(after, before, write) {
      if (after === undefined || before === undefined) return;
      const checkin = (changes: Partial<ComputerRecord>): void =>
        tasks.atCheckin(after.id, "protection_computer", after.id, changes);
      const policy = policies.get(after.policyId ?? 0);
      if (after.policyId !== before.policyId || after.localApproval !== before.localApproval) {
        const level = after.localApproval === true ? LOCAL_APPROVAL : (policy?.enforcementLevel ?? null);
        checkin({
          ...{ enforcementLevel: level, disconnectedEnforcementLevel: policy?.disconnectedEnforcementLevel ?? null },
          ...{ policyStatusDetails: "Up to date", policyStatus: "Up to date" },
        });
        const pending = "Policy change pending";
        computers.put(after.id, { ...after, policyStatusDetails: pending, policyStatus: pending });
      }
      if (after.policyId !== before.policyId) {
        new Judge(context.store, tasks, context.traits.has8).afterMove();
        const event = eventOf("policyChange", write.now, { computer: after, policyName: policy?.name ?? "" });
        const events = context.store.collection("protection_event");
        const id = events.nextKey();
        events.put(id, { id, ...event, userName: write.username });
      }
      const { debugLevel = 0, kernelDebugLevel = 0, debugFlags = 0 } = after;
      if (write.parameters.flag("changeDiagnostics") === true) {
        checkin({
          activeDebugLevel: debugLevel,
          activeKernelDebugLevel: kernelDebugLevel,
          activeDebugFlags: debugFlags,
        });
      }
      const tamper = write.parameters.flag("newTamperProtectionActive");
      if (tamper !== undefined) checkin({ tamperProtectionActive: tamper });
      if (write.parameters.flag("resetCLIPassword") === true) {
        const CLIPassword = passwordOf(context, after.id, write.now);
        tasks.after(REGISTRATION, after.id, "protection_computer", after.id, {
          ...{ CLIPassword, lastRegisterDate: write.now + REGISTRATION * 1000 },
        });
      }
    },
  });
  return [
    ...computerRoutes,
    ...policyRoutes(context),
    ...kindRoutes(context, { kind: DRIFT_REPORT }),
    ...kindRoutes(context, { kind: DRIFT_REPORT_CONTENTS }),
  ];

  function applyFlags(after: ComputerRecord, { parameters, request }: Write): void {
    const advanced = FLAGS.slice(2, 4).some((name) => parameters.flag(name) !== undefined);
    if (advanced) requireRights(request.user, ["Change advanced options"]);
    if (parameters.flag("resetCLIPassword") === true) after.CLIPassword = "";
    if (parameters.flag("delete") === true) after.deleted = true;
  }
}

/** Only a computer that is switched off, and has been taken in, becomes a template. */
function checkTemplate(context: ProtectionContext, before: ComputerRecord, after: ComputerRecord): void {
  if (after.template === before.template) return;
  if (after.template !== true) {
    after.templateDate = null;
    return;
  }
  const online = context.store.database.count(
    `SELECT ${connectedAt("o").sql} AS n FROM object o WHERE o.kind = '${COMPUTER.kept}' AND o.key = ?`,
    [before.id],
  );
  if (online === 1 || before.initializing === true) {
    throw new HttpProblem(400, "Only a computer that is offline and initialised can be made a template");
  }
  after.templateDate = context.now();
}

function passwordOf({ seed }: ProtectionContext, id: number, now: number): string {
  const text = hash32(`${seed}/cli/${id}/${now}`).toString(16).padStart(8, "0");
  return `${text.slice(0, 4)}-${text.slice(4)}-${hash32(text).toString(16).padStart(8, "0").slice(0, 4)}`;
}

/** What a new policy has where nothing else is said. */
const NEW_POLICY: Omit<PolicyRecord, "id"> = {
  ...{ description: "", packageName: "", enforcementLevel: 40, disconnectedEnforcementLevel: 40, helpDeskUrl: "" },
  ...{ imageUrl: "", readOnly: false, hidden: false, automatic: false, loadAgentInSafeMode: true },
  ...{ reputationEnabled: true, fileTrackingEnabled: true, customLogo: false, automaticApprovalsOnTransition: false },
  ...{ allowAgentUpgrades: true, clVersionMax: 0 },
};

function policyRoutes(context: ProtectionContext): Route[] {
  const { store, tasks } = context;
  const policies = recordsOf(store, POLICY);
  const computers = (policy: number): ComputerRecord[] =>
    recordsOf(store, COMPUTER)
      .all()
      .filter(({ policyId, deleted }) => policyId === policy && deleted !== true);
  const changeable = (policy: PolicyRecord): void => {
    if (policy.readOnly === true) throw new HttpProblem(403, `Policy ${policy.id} is read-only`);
  };
  return kindRoutes(context, {
    kind: POLICY,
    write: ["Manage policies"],
    writeSince8: true,
    create(changes) {
      requireFields(changes, "name");
      requireFreeName(policies.all(), changes, "policy");
      return { ...NEW_POLICY, packageName: `${(changes.name ?? "").replaceAll(" ", "")}.msi`, ...changes };
    },
    change(before, changes) {
      changeable(before);
      const after = { ...before, ...changes };
      requireFreeName(policies.all(), after, "policy");
      return after;
    },
    remove(record) {
      changeable(record);
      const count = computers(record.id).length;
      if (count > 0) throw new HttpProblem(400, `Policy ${record.id} still has ${count} computers`);
      return undefined;
    },
    written(after, before) {
      if (after === undefined || before === undefined || after.enforcementLevel === before.enforcementLevel) return;
      for (const { id, localApproval } of computers(after.id)) {
        if (localApproval === true) continue;
        const { enforcementLevel, disconnectedEnforcementLevel } = after;
        tasks.atCheckin(id, "protection_computer", id, { enforcementLevel, disconnectedEnforcementLevel });
      }
    },
  });
}
