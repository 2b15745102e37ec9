import { type Ask, startCloud, useCloud } from "../samples.js";

/** An alert as it is answered. */
// biome-ignore lint/suspicious/noExplicitAny: documents are looked into at will here
export type Alert = Record<string, any>;

export const V7 = "/api/alerts/v7/orgs/{org}";
export const V6 = "/appservices/v6/orgs/{org}";
export const ALWAYS = { range: "-30y" };

/** An organisation that is large enough for the intrusion, and small enough to be there soon. */
const ENOUGH = { organisation: { hosts: 16, processes: 2500, binaries: 400 } };

export const startAlerts = () => startCloud(ENOUGH);

/** The same for all tests of a file. */
export const useAlerts = (): void => useCloud(ENOUGH);

/** All alerts that there are, in the form of the present service. */
export async function allAlerts(ask: Ask): Promise<Alert[]> {
  const { body } = await ask("POST", `${V7}/alerts/_search`, { time_range: ALWAYS, rows: 10_000 });
  return body.results;
}

/** All that there are in the classic form. */
export async function allClassic(ask: Ask): Promise<Alert[]> {
  const criteria = { create_time: ALWAYS };
  return (await ask("POST", `${V6}/alerts/_search`, { criteria, rows: 10_000 })).body.results;
}

/** Waits for a job by asking for it; the time stands still meanwhile. */
export async function finished(ask: Ask, id: string | number): Promise<Alert> {
  for (let poll = 0; poll < 10; poll++) {
    const { body } = await ask("GET", `/jobs/v1/orgs/{org}/jobs/${id}`);
    if (body.status === "COMPLETED" || body.status === "FAILED") return body;
  }
  throw new Error(`Job ${id} does not end`);
}

export { as, ask, sandbox } from "../samples.js";
