import { HttpProblem } from "../../server/product.js";
import type { Fields } from "../policies/record.js";
import { readSort } from "../search/index.js";
import { readObject, readText } from "../search/values.js";
import { alertDocument } from "./documents.js";
import { valuesOf } from "./facets.js";
import { PRESENT_FIELDS } from "./fields.js";
import type { Found } from "./search.js";

const SORTS = [
  "count",
  "device_count",
  "workload_count",
  "first_alert_timestamp",
  "last_alert_timestamp",
  "highest_severity",
];

/** Alerts that share a value of a field, group by group: those with the newest alert first unless `sort` says otherwise. */
export function groupsOf(
  found: readonly Found[],
  groupBy: unknown,
  sort: unknown,
): { groups: Fields[]; counted: number } {
  const { field } = readObject(groupBy, "group_by");
  const name = (readText(field, "group_by.field") ?? "threat_id").toLowerCase();
  if (!PRESENT_FIELDS.has(name)) throw new HttpProblem(400, `There is no field ${name} to group alerts by`);
  const members = new Map<string, Found[]>();
  let counted = 0;
  for (const document of found) {
    const values = valuesOf(document, name);
    if (values.length > 0) counted += 1;
    for (const value of values) {
      const known = members.get(value);
      if (known === undefined) members.set(value, [document]);
      else known.push(document);
    }
  }
  const groups = [...members.values()].map(groupDocument);
  const [key = { field: "last_alert_timestamp", descending: true }] = readSort(sort);
  const by = SORTS.find((each) => each === key.field);
  if (by === undefined) throw new HttpProblem(400, `Groups are sorted by ${SORTS.join(", ")}, not by ${key.field}`);
  groups.sort((a, b) => {
    const [left, right] = [a[by] as number | string, b[by] as number | string];
    return (left < right ? -1 : left > right ? 1 : 0) * (key.descending ? -1 : 1);
  });
  return { groups, counted };
}

function groupDocument(found: readonly Found[]): Fields {
  const records = found.map(({ record }) => record);
  const newest = records.reduce((latest, each) => (each.raised > latest.raised ? each : latest));
  const times = records.map(({ shown }) => shown.backend_timestamp).sort();
  const applied = records.filter(({ shown }) => shown["policy_applied"] === "APPLIED").length;
  return {
    count: records.length,
    determination_values: tally(records.map(({ determination }) => determination?.value ?? "NONE")),
    ml_classification_final_verdicts: tally(
      records.map(({ shown }) => String(shown["ml_classification_final_verdict"] ?? "NO_PREDICTION")),
    ),
    workflow_states: tally(records.map(({ workflow }) => workflow.status)),
    device_count: new Set(records.map(({ shown }) => shown.device_id)).size,
    workload_count: 0,
    ...{ first_alert_timestamp: times[0], last_alert_timestamp: times.at(-1) },
    highest_severity: Math.max(...records.map(({ shown }) => shown.severity)),
    most_recent_alert: alertDocument(newest),
    policy_applied: applied === 0 ? "NOT_APPLIED" : applied === records.length ? "APPLIED" : "SOME_APPLIED",
    ...{ tags: newest.shown.tags, threat_notes_present: newest.shown.threat_notes_present },
  };
}

function tally(values: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
