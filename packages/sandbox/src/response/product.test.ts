import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { HttpProblem } from "../server/product.js";
import { sampleBinary, sampleProcess, sampleSensor } from "../store/samples.js";
import { get, guid, ID, json, organisation, product } from "./samples.js";

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
    for (const more of ["", "&hostname=nobody", "&rows=0"]) {
      expect(get(server, `/api/v2/sensor?sort.col=nothing${more}`).status, more).toBe(400);
    }
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
    expect(json(server, "/api/v1/storage/events/partition")).toMatchObject({
      writer: { name: "writer", status: "hot", info: { isLegacy: false, numDocs: 0 } },
      cbevents_1970_01_01_0000: { status: "warm", info: { numDocs: 5, startDate: "1970-01-01T00:00:00.000Z" } },
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
    for (const missing of [
      "/api/v1/storage/events/partition",
      `/api/v4/process/${ID}/1/event`,
      `/api/v1/process/${ID}/0`,
    ]) {
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

describe("documents and answers, version by version", () => {
  it("5.x calls highlights of processes events, and does not search across segments", () => {
    const old = json(
      product({ version: "5.2.0.161004.1206" }),
      "/api/v1/process?q=cmd.exe&cb.comprehensive_search=true",
    );
    expect(old.events.length).toBeGreaterThan(0);
    expect(old).not.toHaveProperty("highlights");
    expect(old).not.toHaveProperty("all_segments");
    const store = organisation();
    const across = "/api/v1/process?q=modload:x.dll filemod:x.txt&cb.comprehensive_search=true&rows=0";
    expect(json(product({ version: "5.2.0.161004.1206" }, store), across).total_results).toBe(0);
    expect(json(product({}, store), across)).toMatchObject({ total_results: 2, all_segments: true });
  });

  it("what belongs to processes is not in answers about binaries", () => {
    const answer = json(product(), "/api/v1/binary?q=digsig_publisher:microsoft");
    expect(Object.keys(answer).sort()).toEqual(
      ["elapsed", "facets", "highlights", "results", "start", "terms", "total_results"].sort(),
    );
    expect(answer.highlights[0].name).toContain("PREPREPREMicrosoftPOSTPOSTPOST");
  });

  it("takes a number of children that makes no sense for the usual one", () => {
    const store = organisation();
    for (let n = 20; n < 60; n++) store.process(sampleProcess({ id: guid(n), pid: n, parent_id: ID, start: 3000 + n }));
    const children = (text: string): number =>
      json(product({}, store), `/api/v1/process/${ID}/0?children=${text}`).children.length;
    expect([children("20"), children("0"), children("1000")]).toEqual([20, 0, 42]);
    expect(["-1", "x", "1001", "", "99999999999", "1e2"].map(children)).toEqual([15, 15, 15, 15, 15, 15]);
  });
});

describe("letters of all alphabets", () => {
  const store = organisation();
  store.group({ id: 2, name: "Büro ÄÖÜ", site_id: 1 });
  store.sensor(sampleSensor({ id: 3, group_id: 2, computer_name: "ŻÓŁW-1" }));
  store.process(
    sampleProcess({
      id: guid(70),
      sensor_id: 3,
      username: "BÜRO\\ÖZGÜR",
      path: "C:\\İstanbul\\Straße.EXE",
      process_name: "Straße.EXE",
    }),
  );
  store.binary(sampleBinary({ md5: "f".repeat(32), company_name: "ÅNGSTRÖM ab" }));
  const server = product({}, store);
  const count = (query: string, route = "process"): number =>
    json(server, `/api/v1/${route}?rows=0&q=${encodeURIComponent(query)}`).total_results;

  it("are compared without case", () => {
    for (const query of [
      ...[
        "hostname:żółw-1",
        "group:büro\\ äöü",
        "username:özgür",
        'username_full:"büro\\özgür"',
        "username_full:büro*",
      ],
      ...["process_name:STRAßE.exe", "path_full:c:/İSTANBUL/straße.exe", "path:straße.exe"],
    ]) {
      expect(count(query), query).toBe(1);
    }
    expect(count("username_full:özgür")).toBe(0);
    expect(count("path_full:straße.exe")).toBe(0);
    expect(count('company_name_facet:"ångström AB"', "binary")).toBe(1);
    expect(count("company_name_facet:ångström", "binary")).toBe(0);
  });

  it("stay whole in highlights, and facets lead back to their documents", () => {
    const { highlights } = json(server, `/api/v1/process?q=${encodeURIComponent("straße")}*`.replace("%2A", "*"));
    expect(highlights.map((each: { name: string }) => each.name)).toContain(
      "C:\\İstanbul\\PREPREPREStraßePOSTPOSTPOST.EXE",
    );
    const fields = ["username_full", "path_full", "group", "hostname"];
    const url = `/api/v1/process?facet=true&rows=0&${fields.map((field) => `facet.field=${field}`).join("&")}`;
    const { facets } = json(server, url);
    for (const field of fields) {
      for (const { name, value } of facets[field]) {
        const query = `/api/v1/process?rows=0&cb.fq.${field}=${encodeURIComponent(name)}`;
        expect(json(server, query).total_results, `${field} ${name}`).toBe(value);
      }
    }
  });
});
