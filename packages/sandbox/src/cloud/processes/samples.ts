import { beforeEach, expect } from "vitest";
import { ask, sandbox, useCloud } from "../samples.js";

/** A process as it is answered. */
export type Document = Record<string, unknown> & { process_guid: string };

export const V1 = "/api/investigate/v1/orgs/{org}/processes";
export const V2 = "/api/investigate/v2/orgs/{org}/processes";
export const CLASSIC = "/threathunter/search/v1/orgs/{org}/processes";

/** A cloud for the tests of this file, each of which finds it at its best behaviour. */
export function useProcesses(): void {
  useCloud();
  beforeEach(() => {
    Object.assign(sandbox.behaviour, sandbox.switches);
  });
}

/** Begins a search and gives its id. */
export async function begin(body: unknown, kind = "search_jobs"): Promise<string> {
  const { status, body: answer } = await ask("POST", `${V2}/${kind}`, body);
  expect(status, JSON.stringify(answer)).toBe(200);
  return answer.job_id;
}

/** Asks until everything is there. */
export async function complete(id: string, kind = "search_jobs", query = "start=0&rows=500") {
  for (;;) {
    const { body } = await ask("GET", `${V2}/${kind}/${id}/results?${query}`);
    if (body.contacted > 0 && body.contacted === body.completed) return body;
  }
}

/** The processes that a query finds. */
export const find = async (query: string, more: Record<string, unknown> = {}): Promise<Document[]> =>
  (await complete(await begin({ query, ...more }))).results;

export const guids = (documents: readonly Document[]): string[] =>
  documents.map(({ process_guid }) => process_guid).sort();
