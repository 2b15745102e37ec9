import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ask, sandbox, startCloud } from "../samples.js";
import { begin, CLASSIC, complete, type Document, find, guids, useProcesses, V1, V2 } from "./samples.js";

useProcesses();

describe("a search for processes", () => {
  it("ripens from poll to poll", async () => {
    const id = await begin({ query: "*:*", rows: 10_000 });
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    const seen: [number, number, number][] = [];
    for (let at = 0; at < 5; at++) {
      const { body } = await ask("GET", `${V2}/search_jobs/${id}/results?start=0&rows=0`);
      seen.push([body.contacted, body.completed, body.num_available]);
      expect(body.results).toEqual([]);
    }
    const [first, second, third, fourth, fifth] = seen;
    expect(first).toEqual([0, 0, 0]);
    expect(second?.[1]).toBeGreaterThan(0);
    expect(third?.[1]).toBeGreaterThan(second?.[1] ?? 0);
    expect(third?.[1]).toBeLessThan(third?.[0] ?? 0);
    expect(third?.[2]).toBeGreaterThan(second?.[2] ?? 0);
    expect(fourth?.[1]).toBe(fourth?.[0]);
    expect(fifth).toEqual(fourth);
    expect(fourth?.[2]).toBe((await find("*:*")).length);
  });

  it("is asked for its state in the old way, too", async () => {
    const id = await begin({ query: "*:*" });
    const states: string[] = [];
    for (let at = 0; at < 4; at++) {
      const { body } = await ask("GET", `${V1}/search_jobs/${id}`);
      states.push(`${body.completed}/${body.contacted}`);
    }
    expect(states[0]).toBe("0/0");
    expect(states[3]).toBe("6/6");
    expect((await ask("GET", `${V2}/search_jobs/${id}/results`)).body.results).toHaveLength(10);
  });

  it("obeys the switches", async () => {
    sandbox.behaviour["searchPolls"] = 1;
    const id = await begin({ query: "*:*" });
    expect((await ask("GET", `${V2}/search_jobs/${id}/results`)).body).toMatchObject({ contacted: 6, completed: 6 });
    sandbox.behaviour["searchPolls"] = -1;
    for (let at = 0; at < 20; at++) {
      const { body } = await ask("GET", `${V2}/search_jobs/${id}/results`);
      expect(body.completed).toBeLessThan(body.contacted);
    }
    Object.assign(sandbox.behaviour, { searchPolls: 1, searchersAway: true });
    expect((await ask("GET", `${V2}/search_jobs/${id}/results`)).body).toMatchObject({ contacted: 0, completed: 0 });
    Object.assign(sandbox.behaviour, { searchersAway: false, searchWindow: 7 });
    const short = await complete(await begin({ query: "*:*" }));
    expect(short.num_available).toBe(7);
    expect(short.results).toHaveLength(7);
    expect(short.num_found).toBeGreaterThan(400);
  });

  it("is read page by page", async () => {
    const id = await begin({ query: "*:*" });
    const all = await complete(id);
    expect(all.num_found).toBe(all.results.length);
    const pages: Document[] = [];
    for (let start = 0; start < all.num_available; start += 100) {
      const { body } = await ask("GET", `${V2}/search_jobs/${id}/results?start=${start}&rows=100`);
      pages.push(...body.results);
    }
    expect(pages).toEqual(all.results);
    expect((await ask("GET", `${V2}/search_jobs/${id}/results?start=9999`)).body.results).toEqual([]);
    for (const query of ["rows=10001", "start=10001", "start=9999&rows=2", "start=-1", "rows=x"]) {
      expect((await ask("GET", `${V2}/search_jobs/${id}/results?${query}`)).status, query).toBe(400);
    }
    expect((await complete(await begin({ query: "*:*", rows: 5 }))).num_available).toBe(5);
  });

  it("is forgotten after a while, or when it is deleted", async () => {
    const id = await begin({ query: "*:*" });
    const gone = await begin({ query: "*:*" });
    expect((await ask("GET", `${V1}/search_jobs`)).body.query_ids).toEqual(expect.arrayContaining([id, gone]));
    expect((await ask("DELETE", `${V2}/search_jobs/${gone}`)).status).toBe(204);
    expect((await ask("GET", `${V2}/search_jobs/${gone}/results`)).status).toBe(404);
    expect((await ask("DELETE", `${V2}/search_jobs/${gone}`)).status).toBe(404);
    expect((await ask("GET", `${V2}/detail_jobs/${id}/results`)).status).toBe(404);
    await sandbox.clock.step(181);
    expect((await ask("GET", `${V2}/search_jobs/${id}/results`)).status).toBe(404);
    expect((await ask("GET", `${V1}/search_jobs`)).body.query_ids).toEqual([]);
    expect((await ask("GET", `${CLASSIC}/search_jobs`)).body).toEqual({ query_ids: [] });
  });

  it("has nothing to search where nobody has reported anything", async () => {
    await using empty = await startCloud({ organisation: "empty" });
    const { body } = await empty.ask("POST", `${V2}/search_jobs`, { query: "*:*" });
    const { body: answer } = await empty.ask("GET", `${V2}/search_jobs/${body.job_id}/results`);
    expect(answer).toMatchObject({ contacted: 0, completed: 0, num_found: 0, results: [] });
    expect(answer.message).toMatch(/^No data available/);
  });

  it("finds each process by whatever its document says of it, and nothing else", async () => {
    sandbox.behaviour["searchPolls"] = 1;
    const all = (await find("*:*", { fields: ["*"] })) as Document[];
    const details = await complete(
      await begin({ process_guids: guids(all).slice(0, 500) }, "detail_jobs"),
      "detail_jobs",
    );
    const documents = details.results as Document[];
    expect(documents).toHaveLength(all.length);
    const fields = new Set(documents.flatMap((document) => Object.keys(document)));
    expect(fields.size).toBeGreaterThan(35);
    for (const field of fields) {
      const values = new Set(
        documents.flatMap((document) => [document[field]].flat()).filter((value) => value !== undefined),
      );
      for (const value of [...values].slice(0, 6)) {
        const wanted = documents.filter((document) => [document[field]].flat().includes(value));
        const found = await find(`${field}:"${String(value).replace(/["\\]/g, "\\$&")}"`);
        // Paths and command lines are found by their parts too, and letters have no case.
        const isPartial = [
          "process_name",
          "parent_name",
          "process_username",
          "process_cmdline",
          "device_name",
        ].includes(field);
        const least = guids(wanted);
        if (isPartial) expect(guids(found), `${field}: ${String(value)}`).toEqual(expect.arrayContaining(least));
        else expect(guids(found), `${field}: ${String(value)}`).toEqual(least);
      }
    }
  });

  it("puts text, criteria, exclusions and time together", async () => {
    sandbox.behaviour["searchPolls"] = 1;
    const all = await find("*:*");
    const on = (name: string) => guids(all.filter(({ device_name }) => device_name === name));
    expect(guids(await find("*:*", { criteria: { device_name: ["HOSTNAME"] } }))).toEqual(on("HOSTNAME"));
    const others = guids(all).filter((guid) => !on("HOSTNAME").includes(guid));
    expect(guids(await find("", { exclusions: { device_name: ["HOSTNAME"] } }))).toEqual(others);
    expect(await find("device_name:HOSTNAME", { exclusions: { device_name: ["HOSTNAME"] } })).toEqual([]);
    expect(await find("", { time_range: { window: "-1d" } })).toEqual([]);
    const times = all.map(({ device_timestamp }) => String(device_timestamp)).sort();
    expect(await find("", { time_range: { start: times[0], end: times.at(-1) } })).toHaveLength(all.length);
    expect(await find("", { time_range: { start: times[0], end: times[0] } })).toHaveLength(
      times.filter((time) => time === times[0]).length,
    );
    expect((await ask("POST", `${V2}/search_jobs`, { criteria: { valueOf: ["x"] } })).status).toBe(400);
  });

  it("sorts, and says the latest first where nothing is asked for", async () => {
    sandbox.behaviour["searchPolls"] = 1;
    const latest = (await find("*:*")).map(({ device_timestamp }) => String(device_timestamp));
    expect(latest).toEqual([...latest].sort().reverse());
    const sort = [
      { field: "device_name", order: "ASC" },
      { field: "process_pid", order: "DESC" },
    ];
    const rows = (await find("*:*", { sort })).map(
      ({ device_name, process_pid }) => [String(device_name).toLowerCase(), Number(process_pid)] as const,
    );
    for (const [at, [name, pid]] of rows.entries()) {
      const [before, high] = rows[at - 1] ?? ["", Number.POSITIVE_INFINITY];
      expect(before < name || (before === name && high >= pid)).toBe(true);
    }
    const one = await find("*:*", { collapse_field: ["device_name"] });
    expect(one).toHaveLength(new Set(rows.map(([name]) => name)).size);
  });

  it("answers with the fields that are asked for", async () => {
    sandbox.behaviour["searchPolls"] = 1;
    const [usual] = await find("netconn_count:[1 TO *]");
    expect(usual).not.toHaveProperty("process_cmdline");
    const [more] = await find("netconn_count:[1 TO *]", { fields: ["*", "process_cmdline"] });
    expect(more).toMatchObject({ ...usual, process_cmdline: [expect.any(String)] });
    const [few] = await find("netconn_count:[1 TO *]", { fields: ["device_name"] });
    expect(Object.keys(few ?? {}).sort()).toEqual(["device_name", "process_guid"]);
  });

  it("searches what events hold", async () => {
    sandbox.behaviour["searchPolls"] = 1;
    const withEvents = await find("netconn_count:[1 TO *] AND event_type:netconn");
    expect(withEvents.length).toBeGreaterThan(0);
    expect(guids(await find("event_type:netconn"))).toEqual(guids(withEvents));
    expect(guids(await find("netconn_ipv4:* OR netconn_ipv6:*"))).toEqual(guids(withEvents));
    expect(guids(await find("netconn_ipv4:0.0.0.0/0 OR netconn_ipv6:*"))).toEqual(guids(withEvents));
    expect(guids(await find("modload_name:ntdll.dll"))).toEqual(guids(await find("modload_name:*\\\\ntdll.dll")));
    const parents = new Set((await find("process_name:cmd.exe")).map(({ parent_guid }) => parent_guid));
    const known = guids(await find("*:*")).filter((guid) => parents.has(guid));
    expect(guids(await find("childproc_name:cmd.exe"))).toEqual(known);
  });

  it.each([
    [{ query: "process_name:(" }, "query_malformed_syntax"],
    [{ query: "nothing:x" }, "query_malformed_syntax"],
    [{ query: "__proto__:x" }, "query_malformed_syntax"],
    [{ query: "process_pid:x" }, "query_malformed_syntax"],
    [{ query: 7 }, undefined],
    [{ sort: [{ field: "nothing" }] }, undefined],
    [{ collapse_field: ["nothing"] }, undefined],
    [{ time_range: { window: "2w" } }, undefined],
    [{ time_range: "-2w" }, undefined],
    [{ fields: 7 }, undefined],
    [{ rows: 10_001 }, undefined],
    [[], undefined],
    ["[", undefined],
  ])("refuses %j", async (body, reason) => {
    const { status, body: answer } = await ask("POST", `${V2}/search_jobs`, body);
    expect(status).toBe(400);
    expect(answer.reason).toBe(reason);
  });
});

describe("looking at a query beforehand", () => {
  it("agrees with the search, whatever the text is", async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "process_name:",
        "process_pid:",
        "netconn_ipv4:",
        "device_timestamp:",
        "nothing:",
        "*",
        "?",
        "a",
        "\u0000",
      ),
      fc.constantFrom(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        " TO ",
        " AND ",
        " OR ",
        "NOT ",
        "!",
        "+",
        "-",
        '"',
        "\\",
        "~",
        "^",
        ":",
        " ",
      ),
      fc.constantFrom("'", ";--", "%", "_", "10.0.0.0/8", "2026-01-05", "NOW-1DAY", "12", "\u{1f600}", "\ud800"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const query = pieces.join("");
        const { body: told, status } = await ask("POST", `${V2}/search_validation`, { query });
        expect(status).toBe(200);
        const begun = await ask("POST", `${V2}/search_jobs`, { query });
        expect(begun.status, query).toBe(told.valid ? 200 : 400);
      }),
      { numRuns: 200 },
    );
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("says whether it can be searched with, by each of the routes", async () => {
    const ways = [
      async (query: string) => (await ask("GET", `${V1}/search_validation?${new URLSearchParams({ q: query })}`)).body,
      async (query: string) =>
        (await ask("GET", `${CLASSIC}/search_validation?${new URLSearchParams({ q: query })}`)).body,
      async (query: string) => (await ask("POST", `${V2}/search_validation`, { query })).body,
    ];
    for (const way of ways) {
      expect(await way("process_name:cmd.exe")).toEqual({ valid: true, value_search_query: false });
      expect(await way("cmd.exe")).toEqual({ valid: true, value_search_query: true });
      expect(await way("process_name:(")).toMatchObject({ valid: false, invalid_trigger_offset: 13 });
      expect(await way("nothing:x")).toMatchObject({ valid: false, invalid_trigger_offset: 0 });
    }
    expect((await ask("GET", `${V1}/search_validation`)).status).toBe(400);
  });

  it("suggests names of fields, and tells the times that can be searched", async () => {
    const { suggestions } = (await ask("GET", `${V2}/search_suggestions?suggest.q=process_n&suggest.count=3`)).body;
    expect(suggestions[0]).toMatchObject({ term: "process_name", weight: expect.any(Number) });
    for (const path of [V1, CLASSIC]) {
      const { time_bounds, status_code } = (await ask("GET", `${path}/limits`)).body;
      expect(status_code).toBe(200);
      expect(time_bounds.lower).toBeLessThan(time_bounds.upper);
    }
  });
});

it("finds a process that starts while the server runs", async () => {
  sandbox.behaviour["searchPolls"] = 1;
  const before = await find("process_name:brandnew.exe");
  expect(before).toEqual([]);
  await sandbox.launch({
    sensor: "HOSTNAME",
    path: "c:\\temp\\brandnew.exe",
    netconns: [{ domain: "c2.example" }],
  });
  const [found] = await find("netconn_domain:c2.example");
  expect(found).toMatchObject({ process_name: "c:\\temp\\brandnew.exe", process_terminated: false });
});
