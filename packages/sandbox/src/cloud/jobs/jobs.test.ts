import { describe, expect, it } from "vitest";
import { as, ask, sandbox, useCloud } from "../samples.js";

const JOBS = "/jobs/v1/orgs/{org}/jobs";

useCloud();

const exported = async (client = ask): Promise<number> =>
  (await client("POST", "/audit_log/v1/orgs/{org}/logs/_export", { format: "csv" })).body.job_id;

describe("jobs", () => {
  it("go on by a step whenever they are asked for, and end with a file", async () => {
    const id = await exported();
    expect((await ask("GET", `${JOBS}/${id}/download`)).status).toBe(404);
    const states: string[] = [];
    for (let poll = 0; poll < 3; poll++) states.push((await ask("GET", `${JOBS}/${id}`)).body.status);
    expect(states).toEqual(["IN_PROGRESS", "COMPLETED", "COMPLETED"]);
    const job = (await ask("GET", `${JOBS}/${id}`)).body;
    expect(job.progress.num_completed).toBe(job.progress.num_total);
    expect((await ask("GET", `${JOBS}/${id}/progress`)).body).toEqual(job.progress);
    const file = await ask("GET", `${JOBS}/${id}/download`);
    expect(file.headers["content-type"]).toBe("text/csv");
    expect(String(file.body).trim().split("\n")).toHaveLength(job.progress.num_total + 1);
  });

  it("go on by themselves as time goes by", async () => {
    const id = await exported();
    await sandbox.clock.step(2);
    expect((await ask("GET", `${JOBS}/${id}`)).body.status).toBe("COMPLETED");
  });

  it("are seen by the key that had them made, and by no other", async () => {
    const rights = ["org.audits(READ)", "jobs.status(READ)"];
    const other = as({ rights });
    const id = await exported(other);
    expect((await other("GET", `${JOBS}/${id}`)).body).toMatchObject({ id, status: "CREATED" });
    expect((await ask("GET", `${JOBS}/${id}`)).status).toBe(404);
    const list = (await other("GET", JOBS)).body;
    expect([list.num_found, list.results.map((job: { id: number }) => job.id)]).toEqual([1, [id]]);
    expect((await ask("GET", JOBS)).body.results.map((job: { id: number }) => job.id)).not.toContain(id);
    expect((await ask("GET", `${JOBS}/nothing`)).body.error_code).toBe("NOT_FOUND");
  });
});
