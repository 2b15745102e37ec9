import { HttpProblem, type SandboxRequest } from "../../server/product.js";
import { LONGEST_TEXT, type WriteBody } from "../../server/write-body.js";
import { auditOf } from "../audit/audit.js";
import type { CloudContext } from "../context.js";
import { connectorOf, type JobRecord, jobsOf } from "../jobs/jobs.js";
import type { Fields } from "../policies/record.js";
import { unknownValue } from "../problem.js";
import { alertsOf } from "./alerts.js";
import { classicWorkflow } from "./documents.js";
import { iso, uuidOf } from "./facts.js";
import {
  type AlertRecord,
  CLOSURE_REASONS,
  DETERMINATIONS,
  type Determination,
  WORKFLOW_STATUSES,
  type Workflow,
} from "./record.js";

/** What somebody wants of alerts; what is left out stays. */
export interface Change {
  status?: Workflow["status"];
  closure_reason?: string;
  determination?: Determination["value"];
  note?: string;
  remediation?: string;
  comment?: string;
}

/** One of the words, where the field is there. */
function wordIn<T extends string>(body: WriteBody, name: string, words: readonly T[]): T | undefined {
  const value = body.value(name);
  if (value === undefined) return undefined;
  const found = words.find((word) => word === value);
  if (found === undefined) throw unknownValue(name, value, words);
  return found;
}

const given = <K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> =>
  (value === undefined ? {} : { [name]: value }) as Partial<Record<K, V>>;

/** A change in the present form; refused when it asks for nothing. */
export function readChange(body: WriteBody): Change {
  const change: Change = {
    ...given("status", wordIn(body, "status", WORKFLOW_STATUSES)),
    ...given("closure_reason", wordIn(body, "closure_reason", CLOSURE_REASONS)),
    ...given("determination", wordIn(body, "determination", DETERMINATIONS)),
    ...given("note", body.text("note", 20_000)),
  };
  if (Object.keys(change).length === 0) {
    throw new HttpProblem(400, "One of status, closure_reason, determination and note is needed");
  }
  return change;
}

/** A change in the classic form. What it leaves out is emptied, as the classic service does. */
export function readClassicChange(body: WriteBody): Change {
  body.require("state");
  const state = wordIn(body, "state", ["OPEN", "DISMISSED"] as const);
  return {
    status: state === "DISMISSED" ? "CLOSED" : "OPEN",
    remediation: body.text("remediation_state", LONGEST_TEXT) ?? "",
    comment: body.text("comment", LONGEST_TEXT) ?? "",
  };
}

/** The state that a change leads to, of alerts of which nothing else is known. */
export function workflowAfter(change: Change, known: Workflow | undefined, who: string, now: number): Workflow {
  const status = change.status ?? known?.status ?? "OPEN";
  const usual = status === "CLOSED" ? (known?.closure_reason ?? "NO_REASON") : "NO_REASON";
  return {
    status,
    closure_reason: change.closure_reason ?? usual,
    change_timestamp: iso(now),
    ...{ changed_by: who, changed_by_type: "API" },
    remediation: change.remediation ?? known?.remediation ?? "",
    comment: change.comment ?? known?.comment ?? "",
  };
}

/** Changes alerts, at once or by a job. */
export class AlertChanges {
  readonly #context: CloudContext;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  /** Changes an alert, which is returned as it is then. */
  apply(record: AlertRecord, change: Change, who: string): AlertRecord {
    const now = this.#context.now();
    const { id, threat_id } = record.shown;
    const history = [...record.history];
    const noted = { alert_id: id, threat_id, timestamp: iso(now), changed_by: who, changed_by_type: "API" };
    let { workflow, determination, notes } = record;
    if (change.status !== undefined || change.closure_reason !== undefined) {
      workflow = workflowAfter(change, workflow, who, now);
      const { status, closure_reason } = workflow;
      history.push({ type: "WORKFLOW", ...noted, status, closure_reason });
    }
    if (change.determination !== undefined) {
      determination = {
        value: change.determination,
        change_timestamp: iso(now),
        changed_by: who,
        changed_by_type: "API",
      };
      history.push({ type: "DETERMINATION", ...noted, determination: change.determination });
    }
    if (change.note !== undefined && change.note !== "") {
      const note = noteOf(`${id}/${record.notes.length}/${now}`, change.note, who, now);
      notes = [...notes, note];
      history.push({ type: "NOTE", ...noted, note_id: note.id, note: note.note });
    }
    const changed: AlertRecord = {
      ...{ ...record, workflow, determination, notes, history },
      shown: {
        ...record.shown,
        ...{ user_update_timestamp: iso(now), backend_update_timestamp: iso(now), is_updated: true },
        alert_notes_present: notes.length > 0,
      },
    };
    alertsOf(this.#context).put(changed);
    return changed;
  }

  /** A job that changes these alerts, and returns at once. */
  start(request: SandboxRequest, records: readonly AlertRecord[], change: Change): JobRecord {
    const ids = records.map(({ id }) => id);
    const failing = ids.slice(0, Math.max(0, this.#context.behaviour.failedAlerts));
    return this.#job(request, change, ids.length, (who) => {
      this.#context.store.transaction(() => {
        for (const id of ids) {
          const record = failing.includes(id) ? undefined : alertsOf(this.#context).get(id);
          if (record !== undefined) this.apply(record, change, who);
        }
      });
      return failing;
    });
  }

  /** A job that changes the alerts of these threats, and those that will be raised of them. */
  startThreats(request: SandboxRequest, threats: readonly string[], change: Change): JobRecord {
    const total = threats.reduce((count, id) => count + alertsOf(this.#context).ofThreat(id).length, 0);
    return this.#job(request, change, total, (who) => {
      for (const id of threats) this.changeThreat(id, change, who);
      return [];
    });
  }

  /** @param work changes all that is to be changed, and says which alerts it could not change */
  #job(request: SandboxRequest, change: Change, total: number, work: (who: string) => readonly string[]): JobRecord {
    const who = request.user.username;
    const workflow = classicWorkflow(workflowAfter(change, undefined, who, this.#context.now()));
    auditOf(this.#context).note(request, `Changed the workflow of ${total} alerts`);
    return jobsOf(this.#context).create({
      ...{ type: "user_workflow_update", connector: connectorOf(request), total },
      parameters: { request: request.json() as Fields, workflow, failed_ids: [] },
      work: (job) => {
        const failed = work(who);
        job.parameters["failed_ids"] = failed;
        return { completed: total - failed.length };
      },
    });
  }

  /** Changes the alerts of a threat, and says how later ones begin. Returns their state. */
  changeThreat(id: string, change: Change, who: string): Workflow {
    const alerts = alertsOf(this.#context);
    const workflow = workflowAfter(change, undefined, who, this.#context.now());
    const records = alerts.ofThreat(id);
    alerts.putThreat({ ...alerts.threat(id), workflow });
    this.#context.store.transaction(() => {
      for (const record of records) this.apply(record, change, who);
    });
    return workflow;
  }
}

/** A note that somebody writes. */
export function noteOf(source: string, note: string, author: string, now: number) {
  return {
    ...{ id: uuidOf(`note/${source}`), author, note, source: "CUSTOMER" as const },
    ...{ create_timestamp: iso(now), last_update_timestamp: iso(now) },
    ...{ parent_id: null, read_history: null, thread: null },
  };
}
