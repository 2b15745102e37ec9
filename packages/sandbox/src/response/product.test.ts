import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import type { ProcessRecord } from "../domain.js";
import { HttpProblem, type Product, type SandboxReply } from "../server/product.js";
import { sampleBinary, sampleProcess, sampleSensor } from "../store/samples.js";
import { Store } from "../store/store.js";
import { createResponseProduct, type ResponseOptions } from "./index.js";

const NOW = Date.UTC(2026, 0, 5, 9);
const ID = sampleProcess().id;
const guid = (n: number): string => `00000001-0000-0000-0000-${String(n).padStart(12, "0")}`;
const at = (time: number) => ({ segment_id: time, last_update: time, last_server_update: time });

function organisation(): Store {
  const store = Store.open();
  store.sensor(sampleSensor({ last_checkin_time: NOW }));
  store.sensor(sampleSensor({ id: 2, computer_name: "LINUX-2", online: false, os_type: "linux" }));
  store.binary(sampleBinary());
  store.binary(sampleBinary({ md5: "b".repeat(32), copied_mod_len: 0, digsig_result: "Unsigned" }));
  store.process(
    sampleProcess({
      parent_id: guid(1),
      end: 9000,
      alliance: { alliance_score_srs: 60, alliance_link_srs: "https://example.com" },
      segments: [at(5000), at(6000)],
      events: {
        modload: [{ time: 1005, md5: "b".repeat(32), path: "c:\\x.dll", segment: 1 }],
        filemod: [{ time: 1006, type: 2, path: "c:\\x.txt" }],
        regmod: [{ time: 1007, type: 1, path: "\\registry\\machine\\x", tamper: true }],
        netconn: [
          {
            ...{ time: 1008, remote_ip: "192.168.1.163", remote_port: 443, local_ip: "10.0.0.2", local_port: 50_000 },
            ...{ proto: 6, domain: "www.example.com", outbound: true },
          },
        ],
        childproc: [
          { time: 1009, child_id: guid(2), md5: "c".repeat(32), path: "c:\\b.exe", pid: 2, started: true },
          { time: 1010, child_id: guid(2), md5: "c".repeat(32), path: "c:\\b.exe", pid: 2, started: false, tamper: true },
        ],
        crossproc: [
          {
            ...{ time: 1011, kind: "ProcessOpen", subtype: 1, other_id: guid(3), md5: "d".repeat(32), path: "c:\\c.exe" },
            ...{ privileges: 2097151, is_target: false },
          },
        ],
        processblock: [
          {
            ...{ time: 1012, block_type: "1", block_event: "2", block_result: "ProcessTerminated", block_error: 0 },
            ...{ blocked_md5: "e".repeat(32), blocked_path: "c:\\e.exe", blocked_cmdline: "e", blocked_uid: "S-1" },
            blocked_username: "me",
          },
        ],
      },
    }),
  );
  store.process(sampleProcess({ id: guid(1), start: 500, process_name: "explorer.exe", parent_id: guid(9), pid: 7 }));
  store.process(sampleProcess({ id: guid(2), parent_id: ID, start: 2000, process_name: "b.exe", pid: 2 }));
  store.process(sampleProcess({ id: guid(4), parent_id: ID, start: 1500, process_name: "hidden.exe", suppressed: true }));
  store.process(sampleProcess({ id: guid(5), parent_id: guid(1), start: 1600, process_name: "brother.exe", sensor_id: 2 }));
  store.process(sampleProcess({ id: guid(6), start: 0, process_name: "ghost.exe", placeholder: true }));
  return store;
}

type Options = Omit<Partial<ResponseOptions>, "store">;

function product(options: Options = {}, store = organisation()): Product {
  return createResponseProduct({ store, clock: { now: () => NOW }, ...options });
}

/** Asks a product as the server would: fixed parts of a path win over named ones. */
function get(product: Product, url: string): SandboxReply {
  const { pathname, searchParams } = new URL(url, "https://sandbox");
  const parts = pathname.split("/");
  const fits = product.routes.filter(({ path }) => {
    const names = path.split("/");
    return names.length === parts.length && names.every((name, n) => name.startsWith(":") || name === parts[n]);
  });
  const named = (path: string): number => path.split(":").length;
  const [route] = fits.sort((a, b) => named(a.path) - named(b.path));
  if (route === undefined) return { status: 404, body: "no such route" };
  const params = Object.fromEntries(
    route.path.split("/").flatMap((name, n) => (name.startsWith(":") ? [[name.slice(1), parts[n] ?? ""]] : [])),
  );
  const request = { method: "GET", path: pathname, params, query: searchParams, headers: {}, body: Buffer.alloc(0) };
  const user = { token: "t", username: "u", globalAdmin: true };
  try {
    const reply = route.handle({ ...request, user, json: () => undefined, signal: new AbortController().signal });
    if (reply instanceof Promise) throw new TypeError("no route is asynchronous");
    return reply;
  } catch (error) {
    if (error instanceof HttpProblem) return product.problem(error, request);
    throw error;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: documents are looked into at will here
const json = (product: Product, url: string): any => {
  const reply = get(product, url);
  expect(reply.status, url).toBe(200);
  return reply.body;
};
const ids = (product: Product, url: string): string[] =>
  json(product, url).results.map((row: { unique_id: string }) => row.unique_id);

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
        ...{ id: ID, unique_id: `${ID}-000000001770`, segment_id: 6000, sensor_id: 1, hostname: "host-1" },
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
    expect(ids(server, "/api/v1/process?cb.group=id")).toEqual([
      `${ID}-000000001770`,
      ...[1, 2, 5].map((n) => `${guid(n)}-000000001388`),
    ].toSorted((a, b) => (a.endsWith("1770") ? -1 : b.endsWith("1770") ? 1 : a < b ? -1 : 1)));
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
        { name: "host-1", value: 4, percent: 100, ratio: "80.0" },
        { name: "linux-2", value: 1, percent: 25, ratio: "20.0" },
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
        { type: "end", end: "1970-01-01T00:00:01.010Z", is_tampered: true },
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

describe("binaries", () => {
  const server = product({ binaryContent: () => Buffer.from("MZ content"), binaryIcon: () => Buffer.from("PNG") });

  it("are found and shown", () => {
    const [row] = json(server, "/api/v1/binary?q=digsig_result:Signed").results;
    expect(row).toMatchObject({
      ...{ md5: "A".repeat(32), host_count: 2, endpoint: ["HOST-1|1", "LINUX-2|2"], group: ["Default Group"] },
      ...{ signed: "Signed", digsig_result_code: "0", server_added_timestamp: "1970-01-01T00:00:01.000Z" },
    });
    expect(row).not.toHaveProperty("sha256");
    const summary = json(server, `/api/v1/binary/${"a".repeat(32)}/summary`);
    expect(summary).toEqual({ ...row, icon: Buffer.from("PNG").toString("base64") });
    const facets = json(server, "/api/v1/binary?rows=0&facet=true&facet.field=digsig_result").facets;
    expect(facets.digsig_result.map((each: { name: string }) => each.name)).toEqual(["Signed", "Unsigned"]);
    expect(get(server, "/api/v1/binary?sort=cmdline%20asc").status).toBe(400);
  });

  it("are downloaded as an archive", () => {
    const reply = get(server, `/api/v1/binary/${"A".repeat(32)}`);
    expect(reply.headers?.["Content-Type"]).toBe("application/zip");
    const entries = unzipSync(reply.body as Uint8Array);
    expect(Buffer.from(entries["filedata"] ?? []).toString()).toBe("MZ content");
    expect(Buffer.from(entries["metadata"] ?? []).toString()).toBe(
      "Timestamp : 01/01/1970 00:00:01\r\nOrigFilename : c:\\windows\\system32\\cmd.exe\r\n",
    );
    expect(get(server, `/api/v1/binary/${"b".repeat(32)}`)).toMatchObject({ status: 404, body: "Binary not found" });
    expect(get(server, `/api/v1/binary/${"f".repeat(32)}/summary`).status).toBe(404);
    expect(get(server, `/api/v1/binary/${"a".repeat(32)}/icon`).body).toEqual(Buffer.from("PNG"));
    expect(get(product(), `/api/v1/binary/${"a".repeat(32)}/icon`).status).toBe(404);
  });

  it("have a frequency", () => {
    const answer = json(server, `/api/v1/process/host/count?cb.freqver=1&name=md5&md5=${"B".repeat(32)}`);
    expect(answer).toEqual({ hostCount: 1, globalCount: 1, numDocs: 5 });
  });
});

describe("sensors, groups, server", () => {
  const server = product();

  it("lists sensors", () => {
    const sensors = (parameters: string) => json(server, `/api/v2/sensor?${parameters}`);
    expect(sensors("sort.col=computer_name&sort.dir=desc&rows=1")).toMatchObject({
      total_results: 2,
      results: [{ id: 2, computer_name: "LINUX-2", status: "Offline", os_type: 4 }],
    });
    expect(sensors("hostname=HOST").results).toHaveLength(1);
    expect(sensors("hostname=host").results).toHaveLength(0);
    expect(sensors("groupid=1&ip=168.1").total_results).toBe(2);
    const facets = sensors("facet=true&rows=100&facet.field=status").facets;
    expect(facets.status.map((each: { name: string }) => each.name)).toEqual(["Offline", "Online"]);
    expect(get(server, "/api/v2/sensor?sort.col=nothing").status).toBe(400);
  });

  it("shows one", () => {
    expect(json(server, "/api/v1/sensor/1")).toMatchObject({
      ...{ id: 1, status: "Online", network_adapters: "192.168.1.163,00155d019c08|", os_type: 1 },
      ...{ last_checkin_time: "2026-01-05 09:00:00.000000+00:00", physical_memory_size: "1024" },
    });
    expect(get(server, "/api/v1/sensor/9").status).toBe(404);
    expect(json(server, "/api/v1/sensor/1/queued")[0]).toMatchObject({ sensor_id: 1, num_eventlogs: "0" });
    expect(get(server, "/api/v1/sensor/2/activity").status).toBe(204);
    expect(json(server, "/api/v1/sensor/1/resourcestatus")[0]).toMatchObject({ sensor_id: 1 });
    expect(json(server, "/api/v1/sensor/statistics")).toMatchObject({ sensor_count: 2, active_sensor_count: 1 });
  });

  it("shows groups and sites as lists", () => {
    expect(json(server, "/api/v3/group")).toHaveLength(1);
    expect(json(server, "/api/group/1")[0]).toMatchObject({ id: 1, name: "Default Group", number_of_hosts: 2 });
    expect(json(server, "/api/v3/group/7")).toEqual([]);
    expect(json(server, "/api/site/1")).toEqual([{ id: 1, name: "Default Site" }]);
  });

  it("tells about itself", () => {
    expect(json(server, "/api/info")).toMatchObject({ version: "6.5.2.191219.1200", maxSearchResultRows: 1000 });
    expect(json(server, "/api/v1/storage/events/partition").writer).toMatchObject({
      name: "writer",
      status: "hot",
      info: { isLegacy: false, numDocs: 5 },
    });
    expect(json(server, "/api/license")).toMatchObject({ license_valid: true, actual_sensor_count: 2 });
    expect(json(server, "/api/v1/dashboard/statistics")).toMatchObject({ sensor_count: 2, binary_count: 2 });
    expect(Object.keys(json(server, "/api/v2/builds"))).toEqual(["Windows", "Linux", "OSX"]);
    expect(get(server, `/api/v1/banning/blacklist/${"a".repeat(32)}`).status).toBe(404);
    expect(server.owns("/api/v1/process")).toBe(true);
    expect(server.owns("/api/bit9platform/v1/computer")).toBe(false);
    expect(server.problem(new HttpProblem(401, "no"), { method: "GET", path: "/" }).body).toMatch(/unauthorized/);
  });
});

describe("versions", () => {
  it("5.x counts segments and knows fewer routes", () => {
    const old = product({ version: "5.2.0.161004.1206" });
    expect(json(old, "/api/v1/process?q=process_name:cmd.exe&facet=false").results).toMatchObject([
      { unique_id: `${ID}-00000002`, segment_id: 2, parent_unique_id: `${guid(1)}-00000001` },
      { unique_id: `${ID}-00000001`, segment_id: 1 },
    ]);
    expect(json(old, "/api/v1/process?cb.group=id&rows=0").total_results).toBe(5);
    expect(json(old, "/api/v1/process?cb.min_last_update=2020-01-01&rows=0").total_results).toBe(5);
    expect(json(old, `/api/v1/process/${ID}/2`).process).toMatchObject({ segment_id: 2, modload_count: 1 });
    expect(json(old, `/api/v3/process/${ID}/1/event`).process).toHaveProperty("filemod_complete");
    for (const missing of ["/api/v1/storage/events/partition", `/api/v4/process/${ID}/1/event`, `/api/v1/process/${ID}/0`]) {
      expect(get(old, missing).status, missing).toBe(404);
    }
    expect(get(old, `/api/v1/process/${ID}/segment`).status).toBe(404);
  });

  it("7.x sends addresses as text and a longer hash", () => {
    const recent = product({ version: "7.8.0.230101.1200" });
    expect(json(recent, "/api/v1/process?rows=1").results[0]).toMatchObject({ comms_ip: "192.168.1.163" });
    expect(json(recent, "/api/v1/binary?rows=1").results[0].sha256).toHaveLength(64);
    expect(json(recent, "/api/v1/sensor?hostname=nobody")).toEqual([]);
  });

  it("6.x fails where it always failed", () => {
    expect(get(product(), "/api/v1/sensor?hostname=nobody").status).toBe(500);
    expect(get(product(), `/api/v5/process/${ID}/0/event`).status).toBe(404);
  });

  it("refuses what is no version", () => {
    expect(() => product({ version: "latest" })).toThrow(RangeError);
  });
});
