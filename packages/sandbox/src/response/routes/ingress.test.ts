import { describe, expect, it } from "vitest";
import { ODD_VALUES, startSmall } from "./samples.js";

const PATH = "/api/v1/ingress_whitelist";
const NOISE = { id: "noise-1", name: "f1", description: "noise", path_filters: ["c:\\noise\\*.exe"], enabled: true };
const TIME = "2026-01-05 09:00:00.000000+00:00";

describe("ingress filters", () => {
  it("are added several at once, read, changed and deleted", async () => {
    await using server = await startSmall();
    const { sandbox, ask } = server;
    expect((await ask("GET", PATH)).body).toEqual([]);
    const second = { id: "2", name: "", description: "", hit_rate: 9, create_user_id: 9, version: 9, surprise: true };
    expect(await ask("POST", PATH, [NOISE, second])).toEqual({ status: 200, body: ["noise-1", "2"] });
    const { body } = await ask("GET", `${PATH}/noise-1`);
    expect(body).toEqual({
      ...NOISE,
      ...{ create_timestamp: TIME, modify_timestamp: TIME, create_user_id: 1, modify_user_id: 1, hit_rate: 0 },
      ...{ version: 1, internal: false, priority: 0, filter_on_sensor: false, filter_on_server: true },
      ...{ track_metrics: true, os_mask: 7, global: true, group_ids: [], sensor_ids: [], cmdline_filters: [] },
      ...{ md5_filters: [], descendant_filtering_level: 0, filter_all_events: true, regmod_filters: [] },
      ...{ modload_filters: [], filemod_filters: [], non_binary_filemod_filters: [], netconn_filters: [] },
      crossproc_filters: [],
    });
    expect((await ask("GET", PATH)).body).toMatchObject([{ id: "2", hit_rate: 0, create_user_id: 1 }, body]);
    await sandbox.clock.step();
    const changed = await ask("PUT", `${PATH}/noise-1`, { ...body, enabled: false, priority: -5, group_ids: [3, 3] });
    expect(changed.body).toEqual({
      ...{ ...body, enabled: false, priority: -5, group_ids: [3], version: 2 },
      modify_timestamp: "2026-01-05 09:00:01.000000+00:00",
    });
    expect((await ask("PUT", `${PATH}/noise-1`, { id: "other" })).status).toBe(400);
    expect(await ask("DELETE", `${PATH}/noise-1`)).toEqual({ status: 204, body: "" });
    for (const method of ["GET", "PUT", "DELETE"]) {
      expect((await ask(method, `${PATH}/noise-1`, method === "PUT" ? {} : undefined)).status).toBe(404);
    }
    await sandbox.reset();
    expect((await ask("GET", PATH)).body).toEqual([]);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("refuse all of a list of which one is wrong, and say what is wrong", async () => {
    await using server = await startSmall();
    const { sandbox, ask, reader } = server;
    const post = async (fields: object): Promise<[number, string]> => {
      const reply = await ask("POST", PATH, [
        { ...NOISE, id: "first" },
        { ...NOISE, ...fields },
      ]);
      return [reply.status, reply.body];
    };
    expect(await ask("POST", PATH, NOISE)).toMatchObject({ status: 400, body: expect.stringContaining("list") });
    expect((await ask("POST", PATH, "")).status).toBe(400);
    expect((await ask("POST", PATH, [null])).status).toBe(400);
    expect(await ask("POST", PATH, [{ id: "x" }])).toMatchObject({ body: "Missing fields: name, description" });
    expect(await post({ id: "first" })).toEqual([409, "Ingress filter already exists: first"]);
    for (const id of ["", "a b", "a/b", "ä", "a_b", "x".repeat(129), "a\n", "'; DROP", 7]) {
      expect((await post({ id }))[0], JSON.stringify(id)).toBe(400);
    }
    const flags = ["enabled", "filter_on_sensor", "filter_on_server", "track_metrics", "global", "filter_all_events"];
    const numbers = ["priority", "os_mask", "descendant_filtering_level"];
    const lists = [
      "path",
      "cmdline",
      "md5",
      "regmod",
      "modload",
      "filemod",
      "non_binary_filemod",
      "netconn",
      "crossproc",
    ];
    for (const field of [...flags, ...numbers, "group_ids", "sensor_ids", ...lists.map((each) => `${each}_filters`)]) {
      for (const value of [...ODD_VALUES, [true]]) {
        if (flags.includes(field) ? value === true : numbers.includes(field) ? value === 1 : `${value}` === "") {
          if (value !== "" && JSON.stringify(value) !== "[[]]" && JSON.stringify(value) !== "[null]") continue;
        }
        const [status, body] = await post({ [field]: value });
        expect([status, body], JSON.stringify(value)).toEqual([400, expect.stringContaining(field)]);
      }
    }
    expect((await post({ os_mask: 8 }))[1]).toMatch(/os_mask must be a whole number from 0 to 7/);
    expect((await post({ descendant_filtering_level: -2 }))[1]).toMatch(/from -1 on/);
    expect((await post({ priority: 2 ** 60 }))[0]).toBe(400);
    expect((await post({ path_filters: ["fine", "rx|(unclosed"] }))[1]).toMatch(/^path_filters: Invalid regular/);
    expect((await post({ cmdline_filters: ["rxi|["] }))[0]).toBe(400);
    for (const field of ["path_filters", "netconn_filters"]) {
      expect(await post({ [field]: ["x".repeat(1025)] })).toEqual([400, expect.stringMatching(`^${field} .*1024`)]);
      expect(await post({ [field]: Array(501).fill("x") })).toEqual([400, expect.stringMatching(`^${field} .*500`)]);
    }
    expect((await post({ name: "n".repeat(256) }))[1]).toMatch(/^name must be of 255/);
    expect((await ask("GET", PATH)).body).toEqual([]);
    expect(await reader("POST", PATH, [NOISE])).toMatchObject({ status: 403 });
    expect((await ask("POST", PATH, [NOISE])).status).toBe(200);
    expect((await reader("GET", `${PATH}/noise-1`)).status).toBe(200);
    expect((await reader("PUT", `${PATH}/noise-1`, {})).status).toBe(403);
    expect((await reader("DELETE", `${PATH}/noise-1`)).status).toBe(403);
    const many = Array.from({ length: 2000 }, (_, n) => ({ ...NOISE, id: `n-${n}` }));
    expect((await ask("POST", PATH, many)).body).toHaveLength(2000);
    expect((await ask("GET", PATH)).body).toHaveLength(2001);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("are there from 6.1 on, and some of them from the start", async () => {
    await using old = await startSmall({ organisation: "empty", version: "5.2.0.161004.1206" });
    expect((await old.ask("GET", PATH)).status).toBe(404);
    expect((await old.ask("POST", PATH, [NOISE])).status).toBe(404);
    const organisation = { hosts: 14, processes: 1200, binaries: 300 };
    await using recent = await startSmall({ organisation, version: "7.8.0.230101.1200" });
    const { body } = await recent.ask("GET", PATH);
    expect(body).toMatchObject([
      { id: "backup-agent", enabled: true, hit_rate: 0.42 },
      { id: "linux-monitor", enabled: false },
    ]);
  });
});
