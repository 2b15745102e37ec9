import { describe, expect, test } from "vitest";
import { V6 } from "../../../test-support/alert-server.js";
import { cloudServer } from "../../../test-support/cloud-server.js";
import { JumpClock } from "../../../test-support/jump-clock.js";
import { WorkflowStatus } from "./workflow-status.js";

const PATH = `GET ${V6}/workflow/status/R1`;

describe("how far a change of alerts has come", () => {
  test("is what one request has told, until it is asked again", async () => {
    const states = ["QUEUED", "IN_PROGRESS", "FINISHED"];
    const { cb, requests } = await cloudServer(
      {
        [PATH]: () => ({
          status: states[requests.length - 1],
          num_hits: 9,
          num_success: requests.length,
          errors: [],
          failed_ids: ["a"],
          workflow: { state: "DISMISSED" },
        }),
      },
      { routes: "classic", clock: new JumpClock() },
    );
    const status = await cb.select(WorkflowStatus, "R1");
    expect([status.queued, status.in_progress, status.finished, status.id_]).toEqual([true, false, false, "R1"]);
    expect(requests).toHaveLength(1);
    const seen: unknown[] = [];
    expect(await status.wait({ onProgress: (one) => void seen.push(one.status) })).toBe(status);
    expect(seen).toEqual(["IN_PROGRESS", "FINISHED"]);
    expect([status.finished, status.num_success, status.failed_ids, status.workflow_.state]).toEqual([
      true,
      3,
      ["a"],
      "DISMISSED",
    ]);
    expect(requests).toHaveLength(3);
  });

  test("is told by a job today, whose words are translated", async () => {
    const request = { status: "CLOSED", closure_reason: "RESOLVED" };
    const job = {
      id: 7,
      status: "CREATED",
      progress: { num_total: 5, num_completed: 2 },
      job_parameters: { job_parameters: { request } },
    };
    const { cb } = await cloudServer({ "GET /jobs/v1/orgs/{org}/jobs/7": job });
    const status = await cb.select(WorkflowStatus, 7);
    expect([status.id, status.status, status.num_hits, status.num_success]).toEqual(["7", "QUEUED", 5, 2]);
    expect([status.workflow_.state, status.workflow_.remediation]).toEqual(["DISMISSED", "RESOLVED"]);
  });

  test("ends with a failure of the service's, and with its time", async () => {
    const { cb } = await cloudServer(
      { [PATH]: { status: "FAILED", errors: ["x", "y"] }, [`GET ${V6}/workflow/status/R2`]: { status: "QUEUED" } },
      { routes: "classic", clock: new JumpClock() },
    );
    await expect(cb.select(WorkflowStatus, "R1").wait()).rejects.toMatchObject({
      code: "WORKFLOW_FAILED",
      message: /x; y/,
    });
    const late = cb.select(WorkflowStatus, "R2").wait({ timeout: 10_000 });
    await expect(late).rejects.toMatchObject({ name: "TimeoutError", timeout: 10_000 });
    await expect(cb.select(WorkflowStatus, "R2").wait({ onProgres: () => {} } as never)).rejects.toThrow(
      /Did you mean onProgress/,
    );
  });
});
