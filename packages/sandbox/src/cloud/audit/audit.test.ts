import { beforeAll, describe, expect, it } from "vitest";
import { type Ask, as, ask, sandbox, useCloud } from "../samples.js";

const LOGS = "/audit_log/v1/orgs/{org}/logs";
const V3 = "/integrationServices/v3/auditlogs";

useCloud();

let me: string;
beforeAll(() => {
  me = sandbox.tokens.list()[0]?.username ?? "";
});

const keyOf = (...rights: string[]): Ask => as({ rights });

/** Does something that is noted. */
const act = (name: string) => ask("POST", "/policyservice/v1/orgs/{org}/policies", { name, priority_level: "LOW" });

describe("the audit log", () => {
  it("knows of what was done before and notes what is done now", async () => {
    const before = (await ask("POST", `${LOGS}/_search`, {})).body;
    expect(before.num_found).toBeGreaterThan(0);
    await act("Noted");
    const { body } = await ask("POST", `${LOGS}/_search`, {});
    expect(body.num_found).toBe(before.num_found + 1);
    expect(body.results[0]).toEqual({
      ...{ actor: me, actor_ip: "127.0.0.1", create_time: sandbox.clock.date().toISOString() },
      ...{ description: "Created the policy Noted", flagged: false, verbose: false },
      org_key: sandbox.credentials("cloud").orgKey,
      request_url: `/policyservice/v1/orgs/${sandbox.credentials("cloud").orgKey}/policies`,
    });
  });

  it("is searched by criteria, exclusions, text and time, in pages from 0", async () => {
    await act("Searched");
    const all = (await ask("POST", `${LOGS}/_search`, { rows: 100 })).body;
    const found = async (body: object) => (await ask("POST", `${LOGS}/_search`, { rows: 100, ...body })).body.num_found;
    const mine = all.results.filter((each: { actor: string }) => each.actor === me).length;
    expect(await found({ criteria: { actor: [me] } })).toBe(mine);
    expect(await found({ exclusions: { actor: [me] } })).toBe(all.num_found - mine);
    expect(await found({ query: "description:Searched" })).toBe(1);
    const flagged = all.results.filter((each: { flagged: boolean }) => each.flagged).length;
    expect(await found({ criteria: { flagged: true } })).toBe(flagged);
    expect(await found({ criteria: { create_time: { range: "-1h" } } })).toBe(mine);
    const second = await ask("POST", `${LOGS}/_search`, { rows: 1, start: 1 });
    expect(second.body.results).toEqual([all.results[1]]);
    const oldest = await ask("POST", `${LOGS}/_search`, { rows: 1, sort: [{ field: "create_time", order: "ASC" }] });
    expect(oldest.body.results).toEqual([all.results.at(-1)]);
    expect((await ask("POST", `${LOGS}/_search`, { criteria: { shoe_size: [1] } })).status).toBe(400);
  });

  it("hands each entry once to each connector, in either form", async () => {
    const first = keyOf("org.audits(READ)");
    const second = keyOf("API");
    const queued = (await first("GET", `${LOGS}/_queue`)).body.results;
    expect(queued.length).toBeGreaterThan(0);
    expect((await first("GET", `${LOGS}/_queue`)).body.results).toEqual([]);
    const classic = (await second("GET", V3)).body;
    expect(classic).toMatchObject({ success: true, message: "Success" });
    expect(classic.notifications.map((each: { description: string }) => each.description)).toEqual(
      queued.map((each: { description: string }) => each.description),
    );
    expect(typeof classic.notifications[0].eventTime).toBe("number");
    await act("Handed over");
    expect((await second("GET", V3)).body.notifications).toMatchObject([
      { description: "Created the policy Handed over" },
    ]);
    expect((await second("GET", V3)).body.notifications).toEqual([]);
    expect((await first("GET", V3)).body.notifications).toHaveLength(1);
  });

  it("is exported as JSON, and as nothing else that it does not know", async () => {
    const { job_id: id } = (await ask("POST", `${LOGS}/_export`, { format: "json", criteria: { actor: [me] } })).body;
    await sandbox.clock.step(2);
    const file = await ask("GET", `/jobs/v1/orgs/{org}/jobs/${id}/download`);
    expect(file.body.every((each: { actor: string }) => each.actor === me)).toBe(true);
    const refused = await ask("POST", `${LOGS}/_export`, { format: "xml" });
    expect(refused.body).toMatchObject({ error_code: "INVALID_ENUM_VALUE", invalid_value: "xml" });
  });

  it("is closed to keys of another kind", async () => {
    expect((await keyOf("SIEM")("GET", V3)).body).toEqual({ success: false, message: expect.any(String) });
    expect((await keyOf("SIEM")("GET", V3)).status).toBe(401);
    expect((await keyOf("API")("GET", `${LOGS}/_queue`)).status).toBe(403);
  });
});
