import { HttpProblem } from "../../../server/product.js";
import type { CloudContext } from "../../context.js";
import { isObject, readObject, readText } from "../../search/index.js";
import { isoTime } from "../runs/document.js";
import type { RunRecord } from "../runs/record.js";
import type { Runs } from "../runs/runs.js";

/** A row as the columns and values that it has; two with the same text are the same row. */
type Fields = { key: string; value: string }[];

/** What has changed on the devices between two runs. */
export function differential({ orgKey }: CloudContext, runs: Runs, given: unknown): Record<string, unknown> {
  const began = performance.now();
  const body = readObject(given);
  const newerId = readText(body["newer_run_id"], "newer_run_id");
  if (newerId === undefined) throw new HttpProblem(400, "newer_run_id is missing");
  const newer = runs.get(newerId);
  const older = olderRun(runs, newer, readText(body["older_run_id"], "older_run_id"));
  const countOnly = body["count_only"] ?? true;
  if (typeof countOnly !== "boolean") throw new HttpProblem(400, "count_only is true or false");
  const wanted = deviceIds(body["criteria"]);
  const ids = newer.devices.map(({ id }) => id).filter((id) => wanted === undefined || wanted.includes(id));
  const responded = (run: RunRecord, id: number): boolean => {
    const status = run.devices.find((device) => device.id === id)?.status;
    return status === "matched" || status === "not_matched";
  };
  const both = ids.filter((id) => responded(newer, id) && responded(older, id));
  const diff_results = both.map((id) => changesOf(runs, newer, older, id, countOnly));
  const missing = (run: RunRecord): number[] => ids.filter((id) => !responded(run, id));
  return {
    org_key: orgKey,
    results: [
      {
        ...{ newer_run_id: newer.id, newer_run_create_time: isoTime(newer.create_time) },
        ...{ older_run_id: older.id, older_run_create_time: isoTime(older.create_time) },
        diff_processed_time: Math.round(performance.now() - began) / 1000,
        ...{ newer_run_not_responded_devices: missing(newer), older_run_not_responded_devices: missing(older) },
        diff_results,
      },
    ],
  };
}

/** The one that is named, or the one before of the same template. */
function olderRun(runs: Runs, newer: RunRecord, id: string | undefined): RunRecord {
  if (id !== undefined) return runs.get(id);
  const before = runs
    .all()
    .filter(
      ({ template_id, number }) => template_id !== null && template_id === newer.template_id && number < newer.number,
    );
  const last = before.at(-1);
  if (last === undefined) throw new HttpProblem(400, `older_run_id is missing: run ${newer.id} repeats no other`);
  return last;
}

function deviceIds(criteria: unknown): number[] | undefined {
  const list = isObject(criteria) ? criteria["device_id"] : undefined;
  if (list === undefined || list === null) return undefined;
  if (Array.isArray(list) && list.every((each) => typeof each === "number"))
    return list.length === 0 ? undefined : list;
  throw new HttpProblem(400, "criteria.device_id is a list of numbers");
}

function changesOf(runs: Runs, newer: RunRecord, older: RunRecord, device_id: number, countOnly: boolean) {
  const [now, before] = [rowsOf(runs, newer, device_id), rowsOf(runs, older, device_id)];
  const added = without(now, before);
  const removed = without(before, now);
  const change = (action: "added" | "removed") => (fields: Fields) => ({ action, fields });
  return {
    ...{ device_id, change_count: added.length + removed.length, added_count: added.length },
    ...{ removed_count: removed.length, newer_run_row_count: now.length, older_run_row_count: before.length },
    changes: countOnly ? null : [...added.map(change("added")), ...removed.map(change("removed"))],
  };
}

function rowsOf(runs: Runs, run: RunRecord, device: number): Fields[] {
  const answer = runs.answerOf(run, device);
  return (answer?.rows ?? []).map((values) =>
    (answer?.columns ?? []).map((key, at) => ({ key, value: values[at] ?? "" })),
  );
}

/** Those rows that are not among the others; one that is there twice is so often of them. */
function without(rows: readonly Fields[], others: readonly Fields[]): Fields[] {
  const left = new Map<string, number>();
  for (const row of others) {
    const text = JSON.stringify(row);
    left.set(text, (left.get(text) ?? 0) + 1);
  }
  return rows.filter((row) => {
    const text = JSON.stringify(row);
    const count = left.get(text) ?? 0;
    if (count > 0) left.set(text, count - 1);
    return count === 0;
  });
}
