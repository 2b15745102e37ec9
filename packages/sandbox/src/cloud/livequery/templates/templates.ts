import type { CloudContext } from "../../context.js";
import type { RunRequest } from "../runs/read.js";
import type { RunRecord, Schedule, TemplateRecord } from "../runs/record.js";
import type { Runs } from "../runs/runs.js";
import { nextTime, readRule } from "./recurrence.js";

/** Keeps a query that is repeated, and sends it for the first time. */
export function createTemplate(
  { now }: CloudContext,
  runs: Runs,
  { sql, name, filter, notify_on_finish }: RunRequest,
  schedule: Schedule,
  created_by: string,
): RunRecord {
  const number = runs.templates.nextKey();
  const time = now();
  const template: TemplateRecord = {
    ...{ number, id: runs.idOf("template", number), name: name ?? sql, sql, created_by, filter, notify_on_finish },
    ...{ create_time: time, update_time: time, schedule, last_run_create_time: null },
  };
  return sendAgain(runs, template, time);
}

/** A run of the template at this moment. */
function sendAgain(runs: Runs, template: TemplateRecord, time: number): RunRecord {
  const { sql, name, filter, notify_on_finish, created_by, id, schedule } = template;
  const run = runs.create({ sql, name, filter, notify_on_finish, created_by, template_id: id });
  const active = schedule.status === "ACTIVE";
  const next_run_time = active ? nextTime(readRule(schedule.rrule), schedule.timezone, time) : null;
  runs.templates.put(template.number, {
    ...{ ...template, last_run_create_time: time },
    schedule: { ...schedule, previous_run_time: time, next_run_time },
  });
  return run;
}

/** Sends what is due. What was missed while the clock jumped is sent once. */
export function templateTick({ now }: CloudContext, runs: Runs): void {
  for (const template of runs.templates.all()) {
    const { status, next_run_time: next } = template.schedule;
    if (status === "ACTIVE" && next !== null && next <= now()) sendAgain(runs, template, now());
  }
}
