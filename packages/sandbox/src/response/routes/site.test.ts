import { describe, expect, it } from "vitest";
import { ODD_VALUES, startSmall } from "./samples.js";

describe("sites", () => {
  it("are created, renamed and deleted once no group is in them", async () => {
    await using server = await startSmall();
    const { ask, reader } = server;
    expect(await ask("POST", "/api/site", { name: "Berlin" })).toEqual({ status: 200, body: { id: 2 } });
    expect((await ask("PUT", "/api/site/2", { id: 9, name: "Bonn" })).body).toEqual({ result: "success" });
    expect((await ask("GET", "/api/site/2")).body).toEqual([{ id: 2, name: "Bonn" }]);
    const group = { name: "Lab", sensorbackend_server: "https://cb.example", site_id: 2 };
    expect((await ask("POST", "/api/v3/group", group)).status).toBe(200);
    expect(await ask("DELETE", "/api/site/2")).toEqual({ status: 400, body: expect.stringContaining("groups") });
    await ask("PUT", "/api/v3/group/2", { site_id: 1 });
    expect((await ask("DELETE", "/api/site/2")).status).toBe(204);
    expect((await ask("GET", "/api/site/2")).body).toEqual([]);
    expect((await ask("DELETE", "/api/site/1")).status).toBe(400);
    expect((await ask("POST", "/api/site", { name: "Ulm" })).body).toEqual({ id: 3 });
    for (const name of ODD_VALUES.filter((each) => each !== "text")) {
      expect((await ask("POST", "/api/site", { name })).status, JSON.stringify(name)).toBe(400);
    }
    expect((await ask("POST", "/api/site", { name: "default SITE" })).status).toBe(400);
    expect((await ask("PUT", "/api/site/3", { name: "Default Site" })).status).toBe(400);
    for (const id of ["8", "3%20OR%201=1", "03", "x"])
      expect((await ask("DELETE", `/api/site/${id}`)).status).toBe(404);
    expect((await reader("POST", "/api/site", { name: "x" })).status).toBe(403);
    expect((await reader("GET", "/api/site")).body).toHaveLength(2);
  });

  it("have rules for throttling, which go with them", async () => {
    await using server = await startSmall({ organisation: { hosts: 12, processes: 500, binaries: 100 } });
    const { ask } = server;
    const rules = (await ask("GET", "/api/throttle")).body;
    expect(rules.length).toBeGreaterThan(2);
    expect(rules[0]).toEqual({
      ...{ id: 1, site_id: 1, day_of_week: 1, from: 8, to: 18 },
      bytes_per_second: expect.any(Number),
    });
    for (const { id, site_id } of (await ask("GET", "/api/v3/group")).body) {
      if (site_id === 2) await ask("PUT", `/api/v3/group/${id}`, { site_id: 1 });
    }
    expect((await ask("DELETE", "/api/site/2")).status).toBe(204);
    expect((await ask("GET", "/api/throttle")).body).toHaveLength(1);
  });
});

describe("the licence", () => {
  it("is taken when it looks like one, and told in the body when it does not", async () => {
    await using server = await startSmall();
    const { ask, reader, sandbox } = server;
    const first = (await ask("GET", "/api/license")).body;
    expect(first).toMatchObject({ license_valid: true, license_end_date: "2027-01-05", actual_sensor_count: 4 });
    const block = Buffer.from(JSON.stringify({ sensors: 3, end: "2026-06-30", by: "somebody" })).toString("base64");
    const license = `-----BEGIN CB LICENSE-----\n${block}\n-----END CB LICENSE-----\n`;
    for (const wrong of ["not a licence!", "AAAA", "-----BEGIN CB LICENSE-----", "x".repeat(1001)]) {
      const answer = await ask("POST", "/api/license", { license: wrong });
      expect(answer, wrong).toMatchObject({ status: 200, body: { status: "failure" } });
    }
    for (const body of [{}, { license: "" }, { license: 5 }, { license: null }, []]) {
      const { status, body: answer } = await ask("POST", "/api/license", body);
      expect(status === 400 || answer.status === "failure", JSON.stringify(body)).toBe(true);
    }
    expect((await reader("POST", "/api/license", { license })).status).toBe(403);
    expect((await ask("GET", "/api/license")).body).toEqual(first);

    expect((await ask("POST", "/api/license", { license })).body).toEqual({ status: "success" });
    expect((await ask("GET", "/api/license")).body).toMatchObject({
      ...{ license_valid: false, license_end_date: "2026-06-30", licensed_sensor_count: 3 },
      ...{ licensed_sensor_count_exceeded: true, license_expired: false },
    });
    const request = { license: `${first.license_request_block}` };
    expect((await ask("POST", "/api/license", request)).body).toEqual({ status: "success" });
    expect((await ask("GET", "/api/license")).body).toMatchObject({ licensed_sensor_count: 4, license_valid: true });
    sandbox.clock.set("2027-02-01T00:00:00Z");
    expect((await ask("GET", "/api/license")).body).toMatchObject({ license_valid: false, license_expired: true });
    await sandbox.reset();
    expect((await ask("GET", "/api/license")).body).toEqual(first);
  });
});
