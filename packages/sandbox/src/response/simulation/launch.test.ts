import { describe, expect, it, vi } from "vitest";
import { Database } from "../../store/database.js";
import { type Ask, startSmall } from "../routes/samples.js";
import type { LaunchReport, StartedProcess } from "./launch.js";

const EVIL = {
  sensor: "hostname",
  path: "C:\\Users\\Public\\Fresh.exe",
  cmdline: "fresh.exe --now \\\\share\\x",
  netconns: [{ domain: "c2.example", port: 8443 }, { ip: "2001:db8::7" }],
  filemods: [{ path: "C:\\Temp\\Drop.dll", md5: "C".repeat(32) }],
  regmods: [{ path: "\\registry\\machine\\software\\x" }],
  modloads: [{ path: "C:\\Windows\\System32\\Fresh.dll" }],
};
const started = (report: LaunchReport): StartedProcess => {
  if (report.outcome !== "started") throw new Error(report.outcome);
  return report;
};
const search = async (ask: Ask, q: string) => (await ask("GET", `/api/v1/process?q=${encodeURIComponent(q)}`)).body;

describe("a launch", () => {
  it("makes a process that is found at once by all that it does", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const documents = sandbox.info()["organisation"];
    const report = started((await ask("POST", "/_sandbox/launch", EVIL)).body);
    const { id, unique_id, parent_id = "", md5, pid } = report;
    for (const query of [
      ...["process_name:fresh.exe", "cmdline:fresh.exe", "domain:c2.example", "ipport:8443", 'ipaddr:"2001:db8::7"'],
      ...["filemod:drop.dll", `filewrite_md5:${"c".repeat(32)}`, "regmod:x", "modload:fresh.dll"],
      ...["hostname:hostname", `process_id:${id}`, `process_md5:${md5}`, "start:-1m", "parent_name:explorer.exe"],
    ]) {
      const { results } = await search(ask, `process_name:fresh.exe ${query}`);
      expect(results, query).toMatchObject([{ unique_id, sensor_id: 4, process_pid: pid, terminated: false }]);
    }
    const [row] = (await search(ask, "process_name:fresh.exe")).results;
    expect(row).toMatchObject({
      ...{ start: "2026-01-05T09:00:00.000Z", last_server_update: "2026-01-05T09:00:00.000Z", group: "default group" },
      ...{
        path: "c:\\users\\public\\fresh.exe",
        netconn_count: 2,
        filemod_count: 1,
        regmod_count: 1,
        modload_count: 1,
      },
    });
    expect(unique_id).toBe(`${id}-${Date.UTC(2026, 0, 5, 9).toString(16).padStart(12, "0")}`);
    expect(Number.parseInt(id.replaceAll("-", "").slice(8, 16), 16)).toBe(pid);
    expect(sandbox.info()["organisation"]).not.toEqual(documents);

    // Its parent tells of it, in a segment of its own.
    const parent = (await ask("GET", `/api/v1/process/${parent_id}/0?children=1000`)).body;
    expect(parent.children).toMatchObject([...parent.children.slice(0, -1), { id, process_name: "fresh.exe" }]);
    const events = (await ask("GET", `/api/v4/process/${parent_id}/0/event`)).body.process.childproc_complete;
    expect(events.at(-1)).toMatchObject({ processId: id, type: "start", pid, commandLine: EVIL.cmdline, md5 });
    expect((await search(ask, "childproc_name:fresh.exe")).results).toMatchObject([
      { id: parent_id, childproc_count: 1, last_update: "2026-01-05T09:00:00.000Z" },
    ]);
    expect((await ask("GET", `/api/v1/process/${id}/0`)).body.parent).toMatchObject({ id: parent_id });

    // The file was never seen before: the server has it now.
    const binary = (await ask("GET", `/api/v1/binary/${md5}/summary`)).body;
    expect(binary).toMatchObject({ endpoint: ["HOSTNAME|4"], host_count: 1, signed: "Unsigned" });
    expect((await ask("GET", `/api/v1/binary/${md5}`)).status).toBe(200);
    // Started again it is the same file, and another process of the same parent.
    const again = started(await sandbox.launch(EVIL));
    expect(again).toMatchObject({ md5, parent_id });
    expect(again.pid).not.toBe(pid);
    expect((await search(ask, "process_name:fresh.exe")).total_results).toBe(2);
    expect((await search(ask, "childproc_name:fresh.exe")).total_results).toBe(2);
    expect(sandbox.requests.failures()).toEqual([]);
    await sandbox.reset();
    expect((await search(ask, "process_name:fresh.exe")).total_results).toBe(0);
    expect(started(await sandbox.launch(EVIL))).toEqual(report);
  });

  it("runs what the organisation knows, from where it is told", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const [net] = (await search(ask, "process_name:net.exe")).results;
    const known = started(await sandbox.launch({ sensor: 3, path: net.path }));
    expect(known.md5.toLowerCase()).toBe(net.process_md5.toLowerCase());
    const copy = started(await sandbox.launch({ sensor: 3, path: "c:\\temp\\net.exe", parent: known.id }));
    expect(copy).toMatchObject({ md5: known.md5, parent_id: known.id });
    const names = (await ask("GET", `/api/v1/binary/${known.md5}/summary`)).body.observed_filename;
    expect(names).toContain("c:\\temp\\net.exe");
    const child = started(
      await sandbox.launch({ sensor: 3, path: "c:\\x.exe", parent: "NET.EXE", md5: "D".repeat(32) }),
    );
    expect(child).toMatchObject({ parent_id: copy.id, md5: "d".repeat(32) });
    // Of a file whose hash is made up there is no copy.
    expect((await ask("GET", `/api/v1/binary/${"d".repeat(32)}`)).status).toBe(404);
    expect((await ask("GET", `/api/v1/binary/${"d".repeat(32)}/summary`)).status).toBe(200);
    const service = started(await sandbox.launch({ sensor: 3, path: "c:\\s.exe", username: "NT AUTHORITY\\SYSTEM" }));
    const { username } = (await ask("GET", `/api/v1/process/${service.id}/0`)).body.process;
    expect(username).toBe("NT AUTHORITY\\SYSTEM");
  });

  it("leaves a known file the document that it is, under whatever name it is seen", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const binaries = async (q: string) => (await ask("GET", `/api/v1/binary?q=${encodeURIComponent(q)}`)).body;
    const watchlist = {
      name: "n",
      search_query: "cb.urlver=1&q=observed_filename%3Anotepad.exe",
      index_type: "modules",
    };
    await ask("POST", "/api/v1/watchlist", { ...watchlist, id: 300 });
    await ask("POST", "/api/v1/watchlist/300/action", { action_type: 3, watchlist_id: 300 });
    await sandbox.clock.step(30);
    const hits = async (): Promise<unknown[]> => [
      (await ask("GET", "/api/v1/watchlist/300")).body.total_hits,
      (await binaries("watchlist_300:*")).total_results,
      (await ask("GET", "/api/v2/alert?rows=0&q=watchlist_id:300")).body.total_results,
    ];
    const before = await hits();
    const [notepad] = (await binaries("observed_filename:notepad.exe")).results;
    for (let n = 0; n < 3; n++) {
      await sandbox.launch({ sensor: 1, path: `c:\\new${n}\\notepad.exe`, md5: notepad.md5 });
      expect(await hits()).toEqual(before);
      expect((await binaries(`observed_filename:new${n}\\notepad.exe`)).results).toMatchObject([{ md5: notepad.md5 }]);
      await sandbox.clock.step(30);
    }
    expect(await hits()).toEqual(before);
    expect((await binaries("observed_filename:notepad.exe")).total_results).toBe(Number(before[0]));
    const { observed_filename } = (await ask("GET", `/api/v1/binary/${notepad.md5}/summary`)).body;
    expect(observed_filename).toEqual([
      ...notepad.observed_filename,
      ...[0, 1, 2].map((n) => `c:\\new${n}\\notepad.exe`),
    ]);
  });

  it("reads no more from the database when its parent has told of hundreds of others", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    const launches = async (count: number): Promise<number> => {
      const reads = vi.spyOn(Database.prototype, "all");
      for (let n = 0; n < count; n++) await sandbox.launch({ sensor: 4, path: "c:\\windows\\system32\\net.exe" });
      const rows = reads.mock.results.reduce((sum, { value }) => sum + (value as unknown[]).length, 0);
      reads.mockRestore();
      return rows;
    };
    await launches(20);
    const first = await launches(100);
    expect(first).toBeGreaterThan(100);
    await launches(800);
    expect(await launches(100)).toBe(first);
    const [child] = (await search(ask, "process_name:net.exe hostname:HOSTNAME")).results;
    const { segments } = (await ask("GET", `/api/v1/process/${child.parent_id}/segment`)).body.process;
    expect(segments.length).toBeGreaterThan(1000);
    expect(new Set(segments.map((each: { segment_id: number }) => each.segment_id)).size).toBe(segments.length);
    expect(sandbox.requests.failures()).toEqual([]);
  });

  it("of a banned program ends at once: its parent tells, and the ban counts", async () => {
    await using server = await startSmall({ version: "5.2.0.161004.1206" });
    const { ask, sandbox } = server;
    const { md5, id } = started(await sandbox.launch(EVIL));
    expect(id.length).toBe(36);
    const ban = `/api/v1/banning/blacklist/${md5.toUpperCase()}`;
    await ask("POST", "/api/v1/banning/blacklist", { md5hash: md5, text: "bad" });
    await sandbox.clock.step(5);
    const report = await sandbox.launch(EVIL);
    expect(report).toMatchObject({ outcome: "blocked", md5 });
    if (report.outcome !== "blocked") return;
    expect((await search(ask, "process_name:fresh.exe")).total_results).toBe(1);
    const [row] = (await search(ask, `blocked_md5:${md5} blocked_status:ProcessTerminated`)).results;
    expect(row).toMatchObject({ unique_id: report.parent_unique_id, processblock_count: 1 });
    const route = `/api/v3/process/${row.id}/${row.segment_id}/event`;
    const [block] = (await ask("GET", route)).body.process.processblock_complete.map((text: string) =>
      JSON.parse(text),
    );
    expect(block).toMatchObject({
      ...{ blocked_md5: md5, blocked_cmdline: EVIL.cmdline, block_result: "ProcessTerminated" },
      ...{ blocked_path: EVIL.path.toLowerCase(), timestamp: "2026-01-05T09:00:05.000Z" },
    });
    expect((await ask("GET", ban)).body).toMatchObject({
      ...{ block_count: 1, last_block_sensor_id: 4, last_block_hostname: "HOSTNAME" },
      last_block_time: expect.stringMatching(/^2026-01-05 09:00:05/),
    });
    // Not where the group does not ban, nor once the ban is lifted.
    await ask("PUT", "/api/v3/group/1", { banning_enabled: false });
    expect((await sandbox.launch(EVIL)).outcome).toBe("started");
    await ask("PUT", "/api/v3/group/1", { banning_enabled: true });
    expect((await sandbox.launch(EVIL)).outcome).toBe("blocked");
    await ask("DELETE", ban);
    expect((await sandbox.launch(EVIL)).outcome).toBe("started");
    expect((await ask("GET", ban)).body).toMatchObject({ block_count: 2, enabled: false });
  });

  it("stays unknown to a server that filters it, and has no connections from an isolated endpoint", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    await ask("PUT", "/api/v1/sensor/4", { network_isolation_enabled: true });
    expect((await sandbox.launch(EVIL)).outcome).toBe("started");
    await sandbox.clock.step(2);
    const isolated = started(await sandbox.launch(EVIL));
    const { process } = (await ask("GET", `/api/v4/process/${isolated.id}/0/event`)).body;
    expect(process).toMatchObject({ netconn_count: 0, filemod_count: 1 });
    expect(process).not.toHaveProperty("netconn_complete");
    const filter = {
      ...{ id: "fresh", name: "fresh", description: "", os_mask: 1, global: true, enabled: true, priority: 1 },
      ...{ filter_on_server: true, filter_on_sensor: false, filter_all_events: true, path_filters: ["**\\fresh.exe"] },
    };
    const created = await ask("POST", "/api/v1/ingress_whitelist", [filter]);
    expect(created.status, JSON.stringify(created.body)).toBe(200);
    const report = await sandbox.launch(EVIL);
    expect(report).toMatchObject({ outcome: "filtered", filter_id: "fresh" });
    expect((await search(ask, "process_name:fresh.exe")).total_results).toBe(2);
    if (report.outcome === "filtered") expect((await ask("GET", `/api/v1/process/${report.id}/0`)).status).toBe(404);
  });

  it("is refused when it cannot be, and leaves nothing behind", async () => {
    await using server = await startSmall();
    const { ask, reader, sandbox } = server;
    await sandbox.setOnline(2, false);
    const before = sandbox.info()["organisation"];
    const path = "c:\\x.exe";
    const wrong: [request: unknown, says: RegExp][] = [
      [undefined, /object/],
      [[], /object/],
      ['"x"', /object/],
      [{ path }, /sensor/],
      [{ sensor: {}, path }, /sensor/],
      [{ sensor: 1.5, path }, /sensor/],
      [{ sensor: 1e308, path }, /sensor/],
      [{ sensor: 9_007_199_254_740_991, path }, /no sensor/],
      [{ sensor: "HOST'; DROP TABLE sensor", path }, /no sensor/],
      [{ sensor: 2, path }, /switched off/],
      [{ sensor: 4 }, /path/],
      [{ sensor: 4, path: 5 }, /path/],
      [{ sensor: 4, path: "" }, /path/],
      [{ sensor: 4, path: "x".repeat(40_000) }, /32768/],
      [{ sensor: 4, path, parent: "nobody.exe" }, /not running on HOSTNAME/],
      [{ sensor: 4, path, parent: "00000003-0000-036c-01d2-2efd3af51186" }, /not running/],
      [{ sensor: 4, path, md5: "abc" }, /md5/],
      [{ sensor: 4, path, netconns: {} }, /netconns/],
      [{ sensor: 4, path, netconns: [{}] }, /netconns\[0\]/],
      [{ sensor: 4, path, netconns: [{ ip: "1.2.3.400" }] }, /netconns\[0\]\.ip/],
      [{ sensor: 4, path, netconns: [{ domain: "x", port: 70_000 }] }, /port/],
      [{ sensor: 4, path, filemods: [{ path, type: 3 }] }, /filemods\[0\]\.type/],
      [{ sensor: 4, path, filemods: ["c:\\y"] }, /filemods\[0\]/],
      [{ sensor: 4, path, regmods: [{}] }, /regmods\[0\]\.path/],
      [{ sensor: 4, path, modloads: Array.from({ length: 1001 }, () => ({ path })) }, /1000/],
      [{ sensor: 4, path, command: "x" }, /command/],
    ];
    for (const [request, says] of wrong) {
      const answer = await ask("POST", "/_sandbox/launch", request);
      expect(answer, JSON.stringify(request)?.slice(0, 100)).toEqual({
        status: 400,
        body: { message: expect.stringMatching(says) },
      });
    }
    expect((await reader("POST", "/_sandbox/launch", { sensor: 4, path })).status).toBe(403);
    await expect(sandbox.launch({ sensor: 2, path })).rejects.toThrow(/WIN-7Q1HBU2LKP3 is switched off/);
    expect(sandbox.info()["organisation"]).toEqual(before);
    expect(sandbox.requests.failures()).toEqual([]);
    // Names that look like something else are names.
    const odd = "c:\\'; DROP TABLE process; --\\..\\x'.exe";
    const { id } = started(await sandbox.launch({ sensor: 4, path: odd }));
    expect((await ask("GET", `/api/v1/process/${id}/0`)).body.process.path).toBe(odd.toLowerCase());
  });
});

describe("a launch on other systems", () => {
  it("has the parent and the spelling of the system", async () => {
    await using server = await startSmall({ organisation: { hosts: 12, processes: 800, binaries: 100 } });
    const { ask, sandbox } = server;
    const sensors = (await ask("GET", "/api/v1/sensor")).body as { id: number; os_type: number }[];
    for (const [os_type, path] of [
      [4, "/opt/Tools/Fresh"],
      [2, "/Applications/Fresh"],
    ] as const) {
      const sensor = sensors.find((each) => each.os_type === os_type)?.id ?? 0;
      const { id, md5, parent_id } = started(await sandbox.launch({ sensor, path }));
      const { process, parent } = (await ask("GET", `/api/v1/process/${id}/0`)).body;
      expect(process).toMatchObject({ path, process_name: "Fresh", cmdline: `"${path}"`, sensor_id: sensor });
      expect(parent).toMatchObject({ id: parent_id });
      expect(parent.process_pid).toBeLessThan(process.process_pid);
      expect((await ask("GET", `/api/v1/binary/${md5}/summary`)).body.os_type).toBe(os_type === 4 ? "Linux" : "OSX");
    }
  });
});
