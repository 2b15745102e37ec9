import { describe, expect, it } from "vitest";
import type { ProcessRecord } from "../domain/index.js";
import { get, guid, ID, ids, json, product } from "./samples.js";

describe("process search", () => {
  const server = product();

  it("answers in the form of the server", () => {
    const answer = json(server, "/api/v1/process?q=process_name:cmd.exe&rows=1");
    expect(answer).toMatchObject({
      ...{ terms: ["process_name:cmd.exe"], total_results: 2, start: 0, facets: {}, tagged_pids: {}, filtered: {} },
      ...{ comprehensive_search: false, all_segments: false, incomplete_results: false },
      highlights: [{ name: "PREPREPREcmd.exePOSTPOSTPOST", ids: [`${ID}-000000001770`] }],
    });
    expect(answer.elapsed).toBeTypeOf("number");
    expect(answer.results).toEqual([
      {
        ...{ id: ID, unique_id: `${ID}-000000001770`, segment_id: 6000, sensor_id: 1, hostname: "HOST-1" },
        ...{ group: "default group", host_type: "workstation", os_type: "windows", comms_ip: -1062731357 },
        ...{ interface_ip: -1062731357, process_name: "cmd.exe", path: "c:\\windows\\system32\\cmd.exe" },
        ...{ cmdline: '"C:\\Windows\\system32\\cmd.exe" /c dir', username: "HOST\\user", process_md5: "a".repeat(32) },
        ...{ process_pid: 1, parent_name: "explorer.exe", parent_pid: 4, parent_id: guid(1) },
        ...{ parent_unique_id: `${guid(1)}-000000000001`, parent_md5: "0".repeat(30) },
        ...{ start: "1970-01-01T00:00:01.000Z", terminated: true, last_update: "1970-01-01T00:00:06.000Z" },
        ...{ last_server_update: "1970-01-01T00:00:06.000Z", end: "1970-01-01T00:00:09.000Z" },
        ...{ modload_count: 1, filemod_count: 0, regmod_count: 0, netconn_count: 0, childproc_count: 0 },
        ...{ crossproc_count: 0, processblock_count: 0, emet_count: 0, emet_config: "", filtering_known_dlls: false },
        ...{ alliance_score_srs: 60, alliance_link_srs: "https://example.com" },
      },
    ]);
  });

  it("pages, sorts, groups and limits", () => {
    const all = ids(server, "/api/v1/process?q=");
    expect(all).toHaveLength(5);
    expect([0, 2, 4].flatMap((start) => ids(server, `/api/v1/process?rows=2&start=${start}`))).toEqual(all);
    expect(ids(server, "/api/v1/process?sort=start%20asc&rows=1")).toEqual([`${guid(1)}-000000001388`]);
    expect(ids(server, "/api/v1/process?sort=process_name%20desc&rows=1")).toEqual([`${guid(1)}-000000001388`]);
    // The latest segments of three processes are of the same moment: their ids decide.
    expect(ids(server, "/api/v1/process?cb.group=id")).toEqual(
      [`${ID}-000000001770`, ...[1, 2, 5].map((n) => `${guid(n)}-000000001388`)].toSorted((a, b) =>
        a.endsWith("1770") ? -1 : b.endsWith("1770") ? 1 : a < b ? -1 : 1,
      ),
    );
    expect(json(server, "/api/v1/process?cb.group=id&rows=0").total_results).toBe(4);
    const late = "/api/v1/process?cb.min_last_update=1970-01-01T00:00:06Z";
    expect(ids(server, late)).toEqual([`${ID}-000000001770`]);
    expect(json(server, "/api/v1/process?cb.max_last_server_update=1970-01-01T00:00:05Z&rows=0").total_results).toBe(4);
    expect(json(server, "/api/v1/process?cb.q.process_name=c*&cb.fq.hostname=host-1&rows=0").total_results).toBe(2);
    expect(json(server, "/api/v1/process?q=modload:x.dll%20filemod:x.txt&rows=0").total_results).toBe(0);
    const across = json(server, "/api/v1/process?q=modload:x.dll%20filemod:x.txt&cb.comprehensive_search=true");
    expect(across).toMatchObject({ total_results: 2, comprehensive_search: true, all_segments: true });
  });

  it.each([
    ["start=-1", "start must be a number of at least 0, not -1"],
    ["rows=many", "rows must be a number of at least 0, not many"],
    ["start=100001", "start may be 100000 at most, not 100001"],
    ["sort=nothing%20desc", "Results cannot be sorted by nothing"],
    ["sort=start%20down", 'sort must be "<field> asc" or "<field> desc", not start down'],
    ["cb.group=nothing", "Results cannot be grouped by nothing"],
    ["cb.min_last_update=soon", "cb.min_last_update must be a date such as 2026-01-31T08:30:00Z, not soon"],
  ])("refuses %s", (parameters, message) => {
    const reply = get(server, `/api/v1/process?${parameters}`);
    expect(reply).toMatchObject({ status: 400, body: message });
    expect(reply.headers?.["Content-Type"]).toMatch(/^text\/plain/);
  });

  it("tells what is wrong with a query", () => {
    expect(get(server, "/api/v1/process?q=(a")).toEqual({
      status: 400,
      body: {
        reason: "query_malformed_syntax",
        message: "Unbalanced parentheses: ( without ) (at character 1 of the query)",
      },
    });
  });

  it("counts facets", () => {
    const facets = "facet=true&facet.field=process_name&facet.field=hostname&facet.field=start&facet.field=x";
    expect(json(server, `/api/v1/process?rows=0&${facets}`).facets).toEqual({
      process_name: [
        { name: "cmd.exe", value: 2, percent: 100, ratio: "40.0" },
        { name: "b.exe", value: 1, percent: 50, ratio: "20.0" },
        { name: "brother.exe", value: 1, percent: 50, ratio: "20.0" },
        { name: "explorer.exe", value: 1, percent: 50, ratio: "20.0" },
      ],
      hostname: [
        { name: "HOST-1", value: 4, percent: 100, ratio: "80.0" },
        { name: "LINUX-2", value: 1, percent: 25, ratio: "20.0" },
      ],
      start: [{ name: "1970-01-01", value: 5, percent: 100, ratio: "100.0" }],
      x: [],
    });
  });

  it("misbehaves on request", () => {
    const behaviour = { totalOverestimate: 3, shiftRows: 0 };
    const faulty = product({ behaviour });
    const all = ids(faulty, "/api/v1/process?rows=10");
    expect(json(faulty, "/api/v1/process?rows=10&start=5")).toMatchObject({ total_results: 8, results: [] });
    Object.assign(behaviour, { totalOverestimate: 0, shiftRows: 1 });
    const pages = (): string[] => [0, 2, 4, 6].flatMap((start) => ids(faulty, `/api/v1/process?rows=2&start=${start}`));
    expect(pages()).toEqual([all[0], all[1], all[1], all[2], all[2], all[3], all[3], all[4]]);
    expect(pages()).toEqual(pages());
    behaviour.shiftRows = -1;
    expect([0, 2].flatMap((start) => ids(faulty, `/api/v1/process?rows=2&start=${start}`))).toEqual([
      ...[all[0], all[1], all[3], all[4]],
    ]);
  });
});

describe("one process", () => {
  const server = product();

  it("comes with its relatives", () => {
    const { process, parent, children, siblings } = json(server, `/api/v1/process/${ID}/0?children=15`);
    expect(process).toMatchObject({ id: ID, segment_id: 6000, modload_count: 1, filemod_count: 1, childproc_count: 2 });
    expect(process).toMatchObject({ min_last_update: "1970-01-01T00:00:05.000Z", tampered: true });
    expect(parent).toMatchObject({ id: guid(1), process_name: "explorer.exe", process_pid: 7 });
    expect(children.map((child: ProcessRecord) => child.process_name)).toEqual(["hidden.exe", "b.exe"]);
    expect(children[0]).toMatchObject({ is_suppressed: true, unique_id: `${guid(4)}-000000000001`, segment_id: 1 });
    expect(siblings.map((sibling: ProcessRecord) => sibling.process_name)).toEqual(["brother.exe"]);
    expect(json(server, `/api/v1/process/${ID}/0?children=1`).children).toHaveLength(1);
    expect(json(server, `/api/v2/process/${ID}/5000`)).toMatchObject({ segment_id: 5000, modload_count: 0 });
    expect(json(server, `/api/v1/process/${ID}/1`).process.segment_id).toBe(6000);
  });

  it("tells what is known of unknown parents", () => {
    expect(json(server, `/api/v1/process/${guid(1)}/0`).parent).toMatchObject({ id: guid(9), process_pid: -1 });
    expect(json(server, `/api/v1/process/${guid(9)}/0`)).toMatchObject({
      process: { id: guid(9), process_pid: -1, process_name: "explorer.exe" },
      parent: {},
      siblings: [],
    });
    expect(json(server, `/api/v1/process/${guid(6)}/0`)).toMatchObject({
      process: { id: guid(6), process_pid: -1, process_name: "ghost.exe" },
      parent: {},
    });
  });

  it.each([`/api/v1/process/${guid(99)}/0`, `/api/v1/process/${ID}/7`, `/api/v4/process/${ID}/7/event`])(
    "does not know %s",
    (url) => {
      expect(get(server, url)).toMatchObject({ status: 404, body: "Process not found" });
    },
  );

  it("has no document of a suppressed process", () => {
    expect(get(server, `/api/v1/process/${guid(4)}/0`).status).toBe(404);
  });

  it("lists its segments", () => {
    const { segments } = json(server, `/api/v1/process/${ID}/segment`).process;
    expect(segments.map((segment: ProcessRecord & { unique_id: string }) => segment.unique_id)).toEqual([
      `${ID}-000000001388`,
      `${ID}-000000001770`,
    ]);
    expect(segments[1].event_counts).toMatchObject({ modload: 1, filemod: 0 });
  });

  it("writes events as the version of the route does", () => {
    const newest = product({ version: "7.8.0.230101.1200" });
    const events = (version: number) => json(newest, `/api/v${version}/process/${ID}/0/event`).process;
    expect(events(4)).toMatchObject({
      binaries: { ["A".repeat(32)]: { digsig_result: "Signed" }, ["B".repeat(32)]: { digsig_result: "Unsigned" } },
      modload_complete: [`1970-01-01 00:00:01.005|${"b".repeat(32)}|c:\\x.dll`],
      filemod_complete: ["2|1970-01-01 00:00:01.006|c:\\x.txt|||false"],
      regmod_complete: ["1|1970-01-01 00:00:01.007|\\registry\\machine\\x|true"],
      netconn_complete: [
        {
          ...{ timestamp: "1970-01-01T00:00:01.008Z", direction: "true", remote_ip: "192.168.1.163", remote_port: 443 },
          ...{ local_ip: "10.0.0.2", local_port: 50_000, proto: 6, domain: "www.example.com" },
        },
      ],
      childproc_complete: [
        { processId: guid(2), pid: 2, type: "start", start: "1970-01-01T00:00:01.009Z", is_tampered: false },
        { type: "end", start: "1970-01-01T00:00:01.009Z", end: "1970-01-01T00:00:01.010Z", is_tampered: true },
      ],
      crossproc_complete: [
        `ProcessOpen|1970-01-01 00:00:01.011|${guid(3)}|${"d".repeat(32)}|c:\\c.exe|1|2097151|false|false`,
      ],
    });
    expect(JSON.parse(events(4).processblock_complete[0])).toMatchObject({ block_result: "ProcessTerminated" });
    expect(events(3).netconn_complete[0]).toMatchObject({ remote_ip: -1062731357, local_ip: 167772162 });
    expect(events(2).childproc_complete[1]).toBe(
      `1970-01-01 00:00:01.010|${guid(2)}|${"c".repeat(32)}|c:\\b.exe|2|false|true`,
    );
    expect(events(1).netconn_complete).toEqual(["1970-01-01 00:00:01.008|-1062731357|443|6|www.example.com|true"]);
    expect(json(newest, `/api/v5/process/${ID}/6000/event`).process).not.toHaveProperty("filemod_complete");
    const second = json(newest, `/api/v4/process/${ID}/0/event?cb.event_start=1&cb.event_count=5`).process;
    expect(second.childproc_complete).toHaveLength(1);
    expect(second).not.toHaveProperty("modload_complete");
  });

  it("shows a preview and what feeds say", () => {
    const preview = json(server, `/api/v1/process/${ID}/0/preview?q=modload:x.dll`);
    expect(preview.modload_complete[0]).toContain("PREPREPREx.dllPOSTPOSTPOST");
    expect(json(server, `/api/v1/process/${ID}/0/threat_intel_hits`)).toEqual([
      { feed_name: "srs", score: 60, link: "https://example.com" },
    ]);
    const alone = product({ behaviour: { totalOverestimate: 0, shiftRows: 0, sharingEnabled: false } });
    expect(get(alone, `/api/v1/process/${ID}/0/threat_intel_hits`).status).toBe(500);
  });
});
