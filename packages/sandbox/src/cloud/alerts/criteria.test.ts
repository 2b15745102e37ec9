import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ALWAYS, type Alert, allAlerts, allClassic, ask, finished, useAlerts, V6, V7 } from "./samples.js";

useAlerts();

let present: Alert[] = [];
let classic: Alert[] = [];

beforeAll(async () => {
  present = await allAlerts(ask);
  classic = await allClassic(ask);
});

type Values = (alert: Alert) => readonly (string | number | boolean)[];

/** Keys of the present service with what an alert has there; a path is also known by its last part. */
const PRESENT: Readonly<Record<string, Values>> = {
  ...Object.fromEntries(
    ["id", "type", "device_id", "device_name", "device_policy_id", "device_os", "device_username"]
      .concat(["policy_applied", "sensor_action", "run_state", "process_sha256", "reason_code", "attack_tactic"])
      .concat(["threat_id", "process_reputation", "severity", "device_target_value"])
      .map((name): [string, Values] => [name, (alert) => (alert[name] === undefined ? [] : [alert[name]])]),
  ),
  ttps: (alert) => alert["ttps"] ?? [],
  process_name: ({ process_name: path = "" }) => [path, String(path).split(/[\\/]/).at(-1) ?? ""],
  workflow_status: (alert) => [alert["workflow"].status],
};

const CLASSIC: Readonly<Record<string, Values>> = {
  ...Object.fromEntries(
    ["id", "legacy_alert_id", "type", "category", "device_id", "device_name", "device_os", "policy_id", "policy_name"]
      .concat(["target_value", "process_name", "threat_id", "run_state", "sensor_action", "blocked_threat_category"])
      .concat(["threat_cause_vector", "reason_code"])
      .map((name): [string, Values] => [name, (alert) => (alert[name] === undefined ? [] : [alert[name]])]),
  ),
  kill_chain_status: (alert) => alert["kill_chain_status"] ?? [],
  process_sha256: (alert) => [alert["threat_cause_actor_sha256"] ?? ""],
  reputation: (alert) => [alert["threat_cause_reputation"] ?? ""],
  workflow: (alert) => [alert["workflow"].state],
};

type Criteria = Record<string, (string | number | boolean)[]>;

/** Some keys, each with some of the values that there are. */
const criteriaOf = (keys: Readonly<Record<string, Values>>, alerts: readonly Alert[]): fc.Arbitrary<Criteria> =>
  fc.subarray(Object.keys(keys), { maxLength: 3 }).chain((names) =>
    fc.record(
      Object.fromEntries(
        names.map((name) => {
          const values = [...new Set(alerts.flatMap((alert) => keys[name]?.(alert) ?? []))].filter(
            (value) => value !== "",
          );
          return [
            name,
            fc.subarray(values, { minLength: Math.min(1, values.length), maxLength: Math.min(4, values.length) }),
          ];
        }),
      ),
    ),
  );

/** Whether any of the values of each key is the alert's. */
const meets = (keys: Readonly<Record<string, Values>>, criteria: Criteria, alert: Alert): boolean =>
  Object.entries(criteria).every(
    ([name, wanted]) => wanted.length === 0 || wanted.some((value) => keys[name]?.(alert).includes(value)),
  );

const isExcluded = (keys: Readonly<Record<string, Values>>, exclusions: Criteria, alert: Alert): boolean =>
  Object.entries(exclusions).some(([name, values]) => values.some((value) => keys[name]?.(alert).includes(value)));

const ids = (alerts: readonly Alert[]): string[] => alerts.map((alert) => alert["id"]);

describe("a search for alerts", () => {
  it("finds what going through all of them finds", async () => {
    await fc.assert(
      fc.asyncProperty(
        criteriaOf(PRESENT, present),
        criteriaOf(PRESENT, present),
        fc.integer({ min: 0, max: 10 }),
        async (criteria, exclusions, minimum_severity) => {
          const body = { criteria: { ...criteria, minimum_severity }, exclusions, time_range: ALWAYS, rows: 10_000 };
          const found = await ask("POST", `${V7}/alerts/_search`, body);
          const wanted = present.filter(
            (alert) =>
              alert["severity"] >= minimum_severity &&
              meets(PRESENT, criteria, alert) &&
              !isExcluded(PRESENT, exclusions, alert),
          );
          expect(ids(found.body.results)).toEqual(ids(wanted));
          expect(found.body.num_found).toBe(wanted.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("finds the same in the classic form", async () => {
    await fc.assert(
      fc.asyncProperty(criteriaOf(CLASSIC, classic), async (criteria) => {
        const body = { criteria: { ...criteria, create_time: ALWAYS }, rows: 10_000 };
        const found = await ask("POST", `${V6}/alerts/_search`, body);
        expect(ids(found.body.results)).toEqual(ids(classic.filter((alert) => meets(CLASSIC, criteria, alert))));
      }),
      { numRuns: 60 },
    );
  });

  it("finds the same by text", async () => {
    const quoted = (value: unknown): string => `"${String(value).replace(/["\\]/g, "\\$&")}"`;
    await fc.assert(
      fc.asyncProperty(criteriaOf(PRESENT, present), async (criteria) => {
        const clauses = Object.entries(criteria).flatMap(([name, values]) =>
          values.length === 0 ? [] : [`${name}:(${values.map(quoted).join(" OR ")})`],
        );
        const body = { query: clauses.join(" AND "), time_range: ALWAYS, rows: 10_000 };
        const found = await ask("POST", `${V7}/alerts/_search`, body);
        expect(ids(found.body.results)).toEqual(ids(present.filter((alert) => meets(PRESENT, criteria, alert))));
      }),
      { numRuns: 40 },
    );
  });
});

describe("a change of many alerts", () => {
  it("changes those that its search finds, and no others", async () => {
    const state = new Map(present.map((alert) => [alert["id"] as string, alert["workflow"].status as string]));
    const { workflow_status: _, ...others } = PRESENT;
    await fc.assert(
      fc.asyncProperty(
        criteriaOf(others, present),
        fc.constantFrom("OPEN", "IN_PROGRESS", "CLOSED"),
        async (criteria, status) => {
          const hit = present.filter((alert) => meets(others, criteria, alert));
          const body = { criteria, time_range: ALWAYS, status };
          const { request_id: id } = (await ask("POST", `${V7}/alerts/workflow`, body)).body;
          const job = await finished(ask, id);
          expect(job["progress"]).toMatchObject({ num_total: hit.length, num_completed: hit.length });
          for (const alert of hit) state.set(alert["id"], status);
          const after = await allAlerts(ask);
          expect(new Map(after.map((alert) => [alert["id"], alert["workflow"].status]))).toEqual(state);
        },
      ),
      { numRuns: 15 },
    );
  });
});
