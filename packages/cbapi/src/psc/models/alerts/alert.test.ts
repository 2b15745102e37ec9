import { describe, expect, test } from "vitest";
import { V6, V7 } from "../../../test-support/alert-server.js";
import { cloudServer } from "../../../test-support/cloud-server.js";
import { JumpClock } from "../../../test-support/jump-clock.js";
import { BaseAlert } from "./alert.js";

const CURRENT = {
  id: "A1",
  type: "CB_ANALYTICS",
  threat_id: "T1",
  backend_timestamp: "2026-01-05T09:00:00.000Z",
  backend_update_timestamp: "2026-01-05T09:01:00.000Z",
  device_policy: "Standard",
  device_policy_id: 7,
  device_target_value: "HIGH",
  process_name: "c:\\windows\\cmd.exe",
  process_sha256: "ab".repeat(32),
  ttps: ["RUN_CMD_SHELL"],
  alert_notes_present: true,
  tags: null,
  workflow: {
    status: "OPEN",
    change_timestamp: "2026-01-05T09:00:00.000Z",
    changed_by: "x",
    closure_reason: "NO_REASON",
  },
};
const CLASSIC = {
  id: "A1",
  legacy_alert_id: "L1",
  threat_id: "T1",
  create_time: "2026-01-05T09:00:00.000Z",
  policy_name: "Standard",
  threat_indicators: [{ process_name: "cmd.exe", sha256: "ab", ttps: ["RUN_CMD_SHELL", "X"] }, { ttps: ["X"] }],
  workflow: { state: "OPEN", remediation: "", comment: "", last_update_time: "2026-01-05T09:00:00.000Z" },
};

describe("an alert answers to the names of both generations", () => {
  test("when it is of today", async () => {
    const { cb } = await cloudServer({ [`GET ${V7}/alerts/A1`]: CURRENT });
    const alert = await cb.select(BaseAlert, "A1");
    expect(alert.create_time).toEqual(new Date(CURRENT.backend_timestamp));
    expect(alert.backend_timestamp).toEqual(alert.create_time);
    expect([alert.policy_name, alert.policy_id, alert.target_value, alert.notes_present]).toEqual([
      "Standard",
      7,
      "HIGH",
      true,
    ]);
    expect(alert.threat_cause_actor_name).toBe(CURRENT.process_name);
    expect(alert.legacy_alert_id).toBe("A1");
    expect(alert.threat_indicators).toEqual([
      { process_name: "cmd.exe", sha256: CURRENT.process_sha256, ttps: ["RUN_CMD_SHELL"] },
    ]);
    expect(alert.get("policy_name")).toBe("Standard");
    expect(alert.get("no_such", "none")).toBe("none");
    expect(alert.tags).toBeUndefined();
    expect(alert.category).toBeUndefined();
    expect(alert.workflow_.state).toBe("OPEN");
    expect(alert.workflow_.remediation).toBe("NO_REASON");
    expect(alert.workflow_.comment).toBeUndefined();
    expect(alert.toJSON()).toEqual(CURRENT);
    expect(alert.toClassic()).toMatchObject({
      create_time: CURRENT.backend_timestamp,
      policy_id: 7,
      threat_cause_actor_sha256: CURRENT.process_sha256,
      workflow: { state: "OPEN", last_update_time: "2026-01-05T09:00:00.000Z", remediation: "NO_REASON" },
    });
    expect(alert.toClassic()).not.toHaveProperty("ttps");
    expect(() => Object.assign(alert, { policy_name: "x" })).toThrow(/immutable|can be set/);
  });

  test("when it is of before", async () => {
    const { cb } = await cloudServer({ [`GET ${V6}/alerts/A1`]: CLASSIC }, { routes: "classic" });
    const alert = await cb.select(BaseAlert, "A1");
    expect(alert.backend_timestamp).toEqual(new Date(CLASSIC.create_time));
    expect([alert.device_policy, alert.legacy_alert_id]).toEqual(["Standard", "L1"]);
    expect(alert.ttps).toEqual(["RUN_CMD_SHELL", "X"]);
    expect(alert.workflow_.status).toBe("OPEN");
    expect(alert.workflow_.last_update_time).toEqual(new Date(CLASSIC.create_time));
    expect(alert.toClassic()).toEqual(CLASSIC);
  });
});

describe("changing one alert", () => {
  test("by the classic route takes over the answer, in both forms", async () => {
    const answer = { state: "DISMISSED", remediation: "r", comment: "c" };
    const { cb, bodies } = await cloudServer(
      { [`GET ${V6}/alerts/A1`]: CLASSIC, [`POST ${V6}/alerts/A1/workflow`]: answer },
      { routes: "classic" },
    );
    const alert = await cb.select(BaseAlert, "A1");
    expect(await alert.dismiss("r", "c")).toBe(alert);
    expect(alert.workflow).toEqual(answer);
    expect(alert.workflow_.state).toBe("DISMISSED");
    await alert.update({ comment: "again" });
    await alert.changeStatus({ status: "CLOSED", closureReason: "RESOLVED" });
    expect(bodies).toEqual([
      { state: "DISMISSED", remediation_state: "r", comment: "c" },
      { state: "OPEN", comment: "again" },
      { state: "DISMISSED", remediation_state: "RESOLVED" },
    ]);
    expect(() => alert.changeStatus({ status: "IN_PROGRESS" })).toThrow(/classic routes know OPEN and DISMISSED/);
  });

  test("by the route of today waits for its job and reads the alert again", async () => {
    let looks = 0;
    let status = "OPEN";
    const { cb, bodies, requests } = await cloudServer(
      {
        [`GET ${V7}/alerts/A1`]: () => ({ ...CURRENT, workflow: { ...CURRENT.workflow, status } }),
        [`POST ${V7}/alerts/workflow`]: { request_id: 66 },
        "GET /jobs/v1/orgs/{org}/jobs/66": () => {
          if (++looks === 2) status = "CLOSED";
          return {
            id: 66,
            status: looks < 2 ? "IN_PROGRESS" : "COMPLETED",
            progress: { num_total: 1, num_completed: 1 },
          };
        },
      },
      { clock: new JumpClock() },
    );
    const alert = await cb.select(BaseAlert, "A1");
    await alert.dismiss("RESOLVED", "was a test");
    expect(alert.workflow_.state).toBe("DISMISSED");
    await alert.dismiss("wiped", "twice");
    await alert.changeStatus({ status: "IN_PROGRESS", determination: "TRUE_POSITIVE", note: "n" });
    expect(bodies).toEqual([
      { criteria: { id: ["A1"] }, status: "CLOSED", closure_reason: "RESOLVED", note: "was a test" },
      // No reason of the service's: nothing of it is lost.
      { criteria: { id: ["A1"] }, status: "CLOSED", closure_reason: "OTHER", note: "wiped: twice" },
      { criteria: { id: ["A1"] }, status: "IN_PROGRESS", determination: "TRUE_POSITIVE", note: "n" },
    ]);
    expect(requests.slice(0, 5)).toEqual([
      `GET ${V7}/alerts/A1`,
      `POST ${V7}/alerts/workflow`,
      "GET /jobs/v1/orgs/{org}/jobs/66",
      "GET /jobs/v1/orgs/{org}/jobs/66",
      `GET ${V7}/alerts/A1`,
    ]);
  });

  test("of a threat changes what is there and what is to come", async () => {
    const { cb, bodies, requests } = await cloudServer({
      [`GET ${V7}/alerts/A1`]: CURRENT,
      [`POST ${V6}/threat/workflow/_criteria`]: { request_id: "r" },
      [`POST ${V7}/alerts/workflow`]: { request_id: 1 },
      "GET /jobs/v1/orgs/{org}/jobs/1": { id: 1, status: "COMPLETED" },
    });
    const alert = await cb.select(BaseAlert, "A1");
    expect((await alert.updateThreat({ remediation: "DUPLICATE_CLEANUP" })).state).toBe("OPEN");
    expect(bodies).toEqual([
      { state: "OPEN", remediation_state: "DUPLICATE_CLEANUP", threat_id: ["T1"] },
      { criteria: { threat_id: ["T1"] }, status: "OPEN" },
    ]);
    expect(requests.filter((request) => request.startsWith("POST"))).toHaveLength(2);
  });

  test("of no threat is refused, and so are words that are none", async () => {
    const { cb, requests } = await cloudServer({ [`GET ${V7}/alerts/A1`]: { ...CURRENT, threat_id: null } });
    const alert = await cb.select(BaseAlert, "A1");
    await expect(alert.dismissThreat()).rejects.toThrow("dismissThreat(): alert A1 belongs to no threat");
    await expect(alert.dismiss(5 as never)).rejects.toThrow("remediation is text, got 5");
    await expect(alert.dismiss("a", "b", { timout: 1 } as never)).rejects.toThrow(/unknown option timout/);
    expect(() => alert.changeStatus({ status: "CLOSE" as never })).toThrow(/one of OPEN, IN_PROGRESS, CLOSED/);
    expect(() => alert.changeStatus({ status: "CLOSED", closureReason: "x" as never })).toThrow(/one of NO_REASON/);
    expect(requests).toEqual([`GET ${V7}/alerts/A1`]);
  });
});

describe("what is kept about an alert and its threat", () => {
  test("notes are listed, added and deleted once", async () => {
    const note = {
      id: "n1",
      author: "me",
      note: "hm",
      source: "CUSTOMER",
      create_timestamp: "2026-01-05T09:00:00.000Z",
    };
    const { cb, requests } = await cloudServer({
      [`GET ${V7}/alerts/A1`]: CURRENT,
      [`GET ${V7}/alerts/A1/notes`]: { num_found: 1, results: [note] },
      [`POST ${V7}/threats/T1/notes`]: { ...note, id: "n2" },
      [`DELETE ${V7}/alerts/A1/notes/n1`]: { status: 204, text: "" },
    });
    const alert = await cb.select(BaseAlert, "A1");
    const [first] = await alert.notes();
    expect(first?.toJSON()).toEqual(note);
    expect([first?.author, first?.note, first?.source]).toEqual(["me", "hm", "CUSTOMER"]);
    expect(first?.create_timestamp).toEqual(new Date(note.create_timestamp));
    expect((await alert.createNote("hm", { threat: true })).id).toBe("n2");
    await first?.delete();
    await expect(first?.delete()).rejects.toThrow("Note n1 was deleted");
    await expect(alert.createNote("")).rejects.toThrow("a note is text of 1 to 20000 characters");
    await expect(alert.createNote("x".repeat(20_001))).rejects.toThrow("a note is text");
    expect(requests.slice(1)).toEqual([
      `GET ${V7}/alerts/A1/notes`,
      `POST ${V7}/threats/T1/notes`,
      `DELETE ${V7}/alerts/A1/notes/n1`,
    ]);
  });

  test("tags and history", async () => {
    const { cb, bodies, requests } = await cloudServer({
      [`GET ${V7}/alerts/A1`]: CURRENT,
      [`GET ${V7}/threats/T1/tags`]: { list: ["a"] },
      [`POST ${V7}/threats/T1/tags`]: { tags: ["a", "b/c"] },
      [`DELETE ${V7}/threats/T1/tags/b%2Fc`]: { tags: ["a"] },
      [`GET ${V7}/alerts/A1/history`]: { history: [{ note: "n" }] },
      [`GET ${V7}/threats/T1/history`]: {},
    });
    const alert = await cb.select(BaseAlert, "A1");
    expect(await alert.threatTags()).toEqual(["a"]);
    expect(await alert.addThreatTags(["b/c"])).toEqual(["a", "b/c"]);
    expect(await alert.deleteThreatTag("b/c")).toEqual(["a"]);
    expect(await alert.history()).toEqual([{ note: "n" }]);
    expect(await alert.history({ threat: true })).toEqual([]);
    await expect(alert.addThreatTags([])).rejects.toThrow("tags are a list of texts, at least one");
    await expect(alert.addThreatTags("x" as never)).rejects.toThrow("tags are a list");
    expect(bodies).toEqual([{ tags: ["b/c"] }]);
    expect(requests).toHaveLength(6);
  });
});
