import { describe, expect, it } from "vitest";
import { ApiError, ObjectNotFoundError, ServerError, TimeoutError } from "../../../core/errors.js";
import { cloudServer } from "../../../test-support/cloud-server.js";
import { JumpClock } from "../../../test-support/jump-clock.js";
import { failure } from "../../../test-support/transport-server.js";
import { Job, jobFrom } from "./job.js";

const JOBS = "/jobs/v1/orgs/{org}/jobs";
const JOB = `GET ${JOBS}/5`;

/** A job that is in these states one look after the other. */
async function jobServer(states: readonly (object | { status: number; text: string })[], routes = {}) {
  let look = 0;
  const clock = new JumpClock();
  const next = () => {
    const state = states[Math.min(look++, states.length - 1)] ?? {};
    return "text" in state ? state : { id: 5, type: "ENDPOINTS", ...state };
  };
  return { ...(await cloudServer({ [JOB]: next, ...routes }, { clock })), clock };
}

const RUNNING = { status: "IN_PROGRESS", progress: { num_total: 10, num_completed: 4, message: "" } };

describe("a job", () => {
  it("is waited for with longer and longer pauses, shorter again when its state changes", async () => {
    const { cb, clock } = await jobServer([{ status: "CREATED" }, RUNNING, RUNNING, RUNNING, { status: "COMPLETED" }]);
    const seen: unknown[] = [];
    const job = await cb.select(Job, 5);
    expect(await job.awaitCompletion({ onProgress: (progress) => void seen.push(progress) })).toBe(job);
    expect(job.status).toBe("COMPLETED");
    expect(clock.pauses).toEqual([100, 200, 400]);
    expect(seen).toEqual([
      ...Array.from({ length: 3 }, () => ({ status: "IN_PROGRESS", num_total: 10, num_completed: 4 })),
      { status: "COMPLETED", num_total: 0, num_completed: 0 },
    ]);
  });

  it.each(["FAILED", "CANCELLED"])("that is %s is an error that says why", async (status) => {
    const { cb } = await jobServer([RUNNING, { status, errors: "disk full" }]);
    const error = await failure(cb.select(Job, 5).awaitCompletion(), ApiError);
    expect(error).toMatchObject({ code: "JOB_FAILED" });
    expect(error.message).toMatch(new RegExp(`Job 5 \\(ENDPOINTS\\) is ${status}: disk full`));
  });

  it("goes on when its caller has no more time", async () => {
    const { cb, clock } = await jobServer([RUNNING]);
    const error = await failure(cb.select(Job, 5).awaitCompletion({ timeout: 5000 }), TimeoutError);
    expect(error.message).toContain("IN_PROGRESS after 5000 ms (4 of 10 done)");
    expect(Math.max(...clock.pauses)).toBeLessThanOrEqual(2000);
  });

  it("waits out three failures that pass, and no other", async () => {
    const broken = { status: 503, text: "" };
    const passing = await jobServer([RUNNING, broken, broken, RUNNING, broken, broken, { status: "COMPLETED" }]);
    expect(await passing.cb.select(Job, 5).awaitCompletion()).toMatchObject({ status: "COMPLETED" });
    const lasting = await jobServer([RUNNING, broken]);
    expect(await failure(lasting.cb.select(Job, 5).awaitCompletion(), ServerError)).toMatchObject({ status: 503 });
    const gone = await jobServer([RUNNING, { status: 404, text: "{}" }]);
    await failure(gone.cb.select(Job, 5).awaitCompletion(), ObjectNotFoundError);
  });

  it("is left by a signal, and by what the listener throws", async () => {
    const { cb } = await jobServer([RUNNING]);
    const reason = new Error("enough");
    const job = await cb.select(Job, 5);
    await expect(job.awaitCompletion({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const onProgress = () => {
      throw reason;
    };
    await expect(job.awaitCompletion({ onProgress })).rejects.toBe(reason);
    await expect(job.awaitCompletion({ onProgress: 5 as never })).rejects.toThrow("onProgress is a function");
  });

  it("tells how far it is, and gives what it has made as lines, text and a stream", async () => {
    const { cb, requests } = await jobServer([{ status: "COMPLETED" }], {
      [`${JOB}/progress`]: { num_total: 3, num_completed: 2, message: "writing" },
      [`${JOB}/download`]: { status: 200, text: "a,b\r\n1,2\n3,ü", type: "text/csv" },
    });
    const job = cb.select(Job, 5);
    expect(await job.getProgress()).toEqual({ num_total: 3, num_completed: 2, message: "writing" });
    // By the key alone.
    expect(requests).toEqual([`${JOB}/progress`]);
    expect(await job.output.text()).toBe("a,b\r\n1,2\n3,ü");
    const lines: string[] = [];
    for await (const line of (await job).output.lines()) lines.push(line);
    expect(lines).toEqual(["a,b", "1,2", "3,ü"]);
  });

  it("that made nothing has no output", async () => {
    const { cb } = await jobServer([{ status: "COMPLETED" }]);
    await failure(cb.select(Job, 5).output.text(), ObjectNotFoundError);
  });
});

describe("jobs", () => {
  it("come as one list", async () => {
    const results = Array.from({ length: 30 }, (_, index) => ({ id: index + 1, status: "COMPLETED" }));
    const { cb, requests } = await cloudServer({ [`GET ${JOBS}`]: { num_found: 30, results } });
    const jobs = await cb.select(Job).batchSize(7).all();
    expect(jobs.map(({ id }) => id)).toEqual(results.map(({ id }) => id));
    expect(jobs.report()).toMatchObject({ complete: true, available: 30, totalOrder: true });
    expect(await cb.select(Job).count()).toBe(30);
    expect((await cb.select(Job).first())?.isLoaded).toBe(true);
    expect(requests).toHaveLength(3);
  });

  it("are named by what starts them in several ways, and otherwise it is an error", async () => {
    const { cb } = await cloudServer({});
    for (const answer of [{ id: 5 }, { job_id: "5" }, { jobId: 5 }, { request_id: "5" }]) {
      expect(jobFrom(cb, answer).id).toBe(5);
    }
    expect(() => jobFrom(cb, { id: "x" })).toThrow("does not name one");
    expect(() => jobFrom(cb, {})).toThrow(ServerError);
  });
});
