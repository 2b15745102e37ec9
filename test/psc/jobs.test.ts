// Jobs of the platform: what is done in the background, how far it is, and what it has made.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiError, Device, Job, JobOutput, ObjectNotFoundError } from "cbapi/psc";
import { describe, expect, it, onTestFinished } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, sandbox, useCloud } from "../support/given-cloud.js";

useCloud();

const JOBS = "/jobs/v1/orgs/{org}/jobs";

/** Has the server make a list of devices, and gives the job that does. */
async function exportDevices(): Promise<number> {
  const answer = await cb.postObject("/appservices/v6/orgs/{org}/devices/_export", {
    criteria: {},
    exclusions: {},
    query: null,
    format: "CSV",
  });
  const { id } = (await answer.json()) as { id: number };
  asked();
  return id;
}

describe("a job", () => {
  it("is waited for, and tells how far it is meanwhile", async () => {
    const id = await exportDevices();
    const job = await cb.select(Job, id);
    expect(job.status).not.toBe("COMPLETED");
    const seen: (string | undefined)[] = [];
    expect(await job.awaitCompletion({ onProgress: ({ status }) => void seen.push(status) })).toBe(job);
    expect(seen.at(-1)).toBe("COMPLETED");
    expect(job).toMatchObject({ id, type: "ENDPOINTS", org_key: cb.credentials.org_key, owner_id: 0 });
    expect(job.create_time).toBeInstanceOf(Date);
    expect(job.last_update_time).toBeInstanceOf(Date);
    expect(job.connector_id).toBeTypeOf("string");
    expect(job.job_parameters).toBeDefined();
    expect(job.errors).toBeUndefined();
    expect(job.progress?.num_completed).toBe(job.progress?.num_total);
    const progress = await job.getProgress();
    expect(progress.num_completed).toBe(progress.num_total);
    expect(asked().at(-1)).toBe(`GET ${JOBS}/${id}/progress`);
  });

  it("gives what it has made as text, lines, a stream and a file's beginning", async () => {
    const job = await cb.select(Job, await exportDevices());
    expect(await errorOf(() => job.output.text())).toBeInstanceOf(ObjectNotFoundError);
    await job.awaitCompletion();
    expect(job.output).toBeInstanceOf(JobOutput);
    const text = await job.output.text();
    const lines: string[] = [];
    for await (const line of job.output.lines()) lines.push(line);
    expect(lines).toEqual(text.trimEnd().split("\n"));
    expect(lines).toHaveLength(1 + (await cb.select(Device).count()));
    expect((await job.output.read(3)).toString()).toBe(text.slice(0, 3));
    const folder = await mkdtemp(join(tmpdir(), "cbapi-jobs-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await job.output.save(join(folder, "devices.csv"));
    expect(await readFile(join(folder, "devices.csv"), "utf8")).toBe(text);
  });

  it("that there is not is an error", async () => {
    expect(await errorOf(() => cb.select(Job, 42))).toBeInstanceOf(ObjectNotFoundError);
    expect(await errorOf(() => cb.select(Job, 42).awaitCompletion())).toBeInstanceOf(ObjectNotFoundError);
  });

  it("is waited for through a server that is out of order", async () => {
    const job = await cb.select(Job, await exportDevices());
    sandbox.faults.add({ match: { path: "/jobs", times: 1 }, do: { status: 500 } });
    expect(await job.awaitCompletion()).toMatchObject({ status: "COMPLETED" });
  });

  it("is left alone by a caller who has no more time or patience", async () => {
    const job = await cb.select(Job, await exportDevices());
    const reason = new Error("enough");
    expect(await errorOf(() => job.awaitCompletion({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await errorOf(() => job.awaitCompletion({ onProgress: "x" as never }))).toBeInstanceOf(ApiError);
    expect((await job.awaitCompletion({ timeout: 600_000 })).status).toBe("COMPLETED");
  });
});

it("all jobs of a key come as one list", async () => {
  const ids = [await exportDevices(), await exportDevices(), await exportDevices()];
  const jobs = await cb.select(Job).all();
  expect(new Set(jobs.map(({ id }) => id))).toEqual(new Set(ids));
  expect(jobs.report()).toMatchObject({ complete: true, available: 3 });
  expect(await cb.select(Job).count()).toBe(3);
  expect(asked()).toEqual([`GET ${JOBS}`, `GET ${JOBS}`]);
  const iterated: number[] = [];
  for await (const job of cb.select(Job)) iterated.push(job.id);
  expect(new Set(iterated)).toEqual(new Set(ids));
  expect((await cb.select(Job).first())?.isLoaded).toBe(true);
  const pages: number[] = [];
  for await (const { items } of cb.select(Job).batchSize(2).pages()) pages.push(items.length);
  expect(pages).toEqual([2, 1]);
});
