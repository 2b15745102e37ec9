// Chapter 4.5 of the developer guide: its samples, run as they are printed there, on the data that they were printed from.
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Sandbox } from "@cbapi/sandbox";
import type { Clock } from "cbapi";
import {
  Alert,
  BannedHash,
  Binary,
  type CbResponseAPI,
  ClientError,
  Feed,
  Process,
  Sensor,
  SensorGroup,
  TimeoutError,
  User,
  Watchlist,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { cb, sandbox, useSandbox } from "../support/given.js";
import { clientOf, loggedClientOf, requested } from "../support/sandbox.js";
import { sharedClock } from "../support/shared-clock.js";

// Whoever waits for an endpoint moves the sandbox's time on.
useSandbox({}, { sharedTime: true });

/** What the guide calls `query`. */
const mounts = (cb: CbResponseAPI) => cb.select(Process).where("process_name:net.exe").and("cmdline:\\\\test\\blah");

describe("the first sample", () => {
  it("reads the first bytes of a binary in four requests", async () => {
    sandbox.requests.clear();
    expect(await cb.select(Process).where("process_name:notepad.exe").first().binary.file.read(2)).toEqual(
      Buffer.from("MZ"),
    );
    const paths = requested(sandbox);
    expect(paths.map((path) => path.replace(/\?.*|[0-9A-F]{32}/, ""))).toEqual([
      "/api/info",
      "/api/v1/storage/events/partition",
      "/api/v1/process",
      "/api/v1/binary/",
    ]);
  });

  it("takes three before 6.0", async () => {
    await using old = await Sandbox.start({ organisation: "small", version: "5.2.0.161004.1206" });
    await using client = clientOf(old);
    expect(await client.select(Process).where("process_name:notepad.exe").first().binary.file.read(2)).toEqual(
      Buffer.from("MZ"),
    );
    expect(requested(old)).toHaveLength(3);
  });

  it("isolates every host on which a program ran, in the direct form", async () => {
    const sensors = new Set<Sensor>();
    for await (const proc of cb.select(Process).where("process_name:evil.exe")) {
      const sensor = await proc.sensor;
      if (sensor !== undefined) sensors.add(sensor);
    }
    expect(new Set([...sensors].map(({ id }) => id)).size).toBe(sensors.size);
    expect(sensors.size).toBeGreaterThan(0);
    for (const s of sensors) {
      s.network_isolation_enabled = true;
      await s.save();
      expect(s.network_isolation_enabled).toBe(true);
      await s.unisolate({ timeout: 20_000 });
    }
  });
});

describe("4.5.1 Download a Binary from CB Response", () => {
  it("copies the file piece by piece, and reads its first bytes", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cbapi-guide-"));
    try {
      const binary = await cb.select(Binary, "7FB55F5A62E78AF9B58D08AAEEAEF848");
      // A server's name for a file is never a path by itself.
      const target = join(folder, basename(binary.original_filename ?? "binary"));
      await pipeline(binary.file.stream(), createWriteStream(target));
      const copy = await readFile(target);
      expect(copy.length).toBe(binary.copied_size);
      expect(copy.subarray(0, 2)).toEqual(Buffer.from("MZ"));
      expect(await binary.file.read(2)).toEqual(Buffer.from("MZ"));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("4.5.2 Ban a Binary", () => {
  it("bans it once; a second time is an error", async () => {
    const { cb, taken } = loggedClientOf(sandbox);
    await using _ = cb;
    const binary = await cb.select(Binary, "7FB55F5A62E78AF9B58D08AAEEAEF848");
    taken();
    const bh = cb.create(BannedHash);
    bh.md5hash = binary.md5;
    bh.text = "Banned from API";
    await bh.save();
    const hash = "7fb55f5a62e78af9b58d08aaeeaef848";
    expect(taken()).toEqual([
      "Creating a new BannedHash object",
      expect.stringMatching(
        /^Sending HTTP POST \/api\/v1\/banning\/blacklist with \{"enabled": true, "md5hash": "7fb55f5a62e78af9b58d08aaeeaef848", "text": "Banned from API"\}$/i,
      ),
      "HTTP POST /api/v1/banning/blacklist took 0.000s (response 200)",
      'Received response: {"result": "success"}',
      `HTTP GET /api/v1/banning/blacklist/${hash} took 0.000s (response 200)`,
    ]);
    const twice = cb.create(BannedHash, { md5hash: binary.md5, text: "again" });
    const error = await twice.save().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ status: 409, retryable: false });
    expect(String(error)).toContain(`Banned hash already exists: ${hash}`);
  });
});

describe("4.5.3 Isolate a Sensor", () => {
  it("waits until the sensor has confirmed it, both ways", async () => {
    const { cb, taken } = loggedClientOf(sandbox, { clock: sharedClock(sandbox) });
    await using _ = cb;
    const sensor = await cb.select(Sensor).where("hostname:HOSTNAME").one();
    expect(sensor.id).toBe(4);
    taken();
    expect(await sensor.isolate()).toMatchObject({ changed: true, state: "isolated" });
    expect(sensor.is_isolating).toBe(true);
    const log = taken();
    expect(log).toContain("Updating Sensor with unique ID 4");
    expect(log).toContain("HTTP PUT /api/v1/sensor/4 took 0.000s (response 204)");
    expect(log.at(-1)).toBe("HTTP GET /api/v1/sensor/4 took 0.000s (response 200)");
    expect(await sensor.unisolate()).toMatchObject({ changed: true, state: "none" });
    expect(sensor.is_isolating).toBe(false);
  });

  it("gives up waiting after the timeout", async () => {
    // The client's time goes by, and that of the endpoint does not.
    let now = sandbox.clock.now();
    const alone: Clock = {
      now: () => now,
      sleep: async (milliseconds) => {
        now += milliseconds;
      },
    };
    await using impatient = clientOf(sandbox, { clock: alone });
    const sensor = await impatient.select(Sensor).where("hostname:HOSTNAME").one();
    await expect(sensor.isolate({ timeout: 1500 })).rejects.toThrow(TimeoutError);
    // The request stays in force: the endpoint follows when it speaks next.
    await sandbox.clock.step(4);
    await sensor.refresh();
    expect(sensor.is_isolating).toBe(true);
  });
});

describe("4.5.4 Querying Processes and Events", () => {
  const lines = [
    "2016-11-11T20:59:31.631Z: WIN-IA9NQ1GN8OI\\bit9rad ran net  use y: \\\\test\\blah",
    "2016-11-11T20:59:25.667Z: WIN-IA9NQ1GN8OI\\bit9rad ran net  use z: \\\\test\\blah",
  ];
  const ancestors = [
    '2016-10-25T20:20:29.790Z: WIN-IA9NQ1GN8OI\\bit9rad ran "C:\\Windows\\system32\\cmd.exe"',
    " 2016-10-25T14:08:49.651Z: WIN-IA9NQ1GN8OI\\bit9rad ran C:\\Windows\\Explorer.EXE",
    "  2016-10-25T14:08:49.370Z: WIN-IA9NQ1GN8OI\\bit9rad ran C:\\Windows\\system32\\userinit.exe",
    "   2016-10-25T14:08:26.382Z: SYSTEM ran winlogon.exe",
    "    2016-10-25T14:08:26.242Z: SYSTEM ran \\SystemRoot\\System32\\smss.exe 00000001 00000030",
    "     2016-10-25T14:08:23.590Z: SYSTEM ran \\SystemRoot\\System32\\smss.exe",
    "      2016-10-25T14:08:23.559Z: SYSTEM ran c:\\windows\\system32\\ntoskrnl.exe",
    "       2016-10-25T14:08:23.374Z:  ran c:\\windows\\system32\\ntoskrnl.exe",
  ];

  it.each(["one row for each segment", "one row for each process"])("prints the guide's lines: %s", async (rows) => {
    sandbox.requests.clear();
    const printed: string[] = [];
    const printDetails = (proc: Process, depth: number) =>
      printed.push(`${" ".repeat(depth)}${proc.start?.toISOString()}: ${proc.username ?? ""} ran ${proc.cmdline}`);
    const query = mounts(cb);
    for await (const proc of rows === "one row for each process" ? query.groupBy("id") : query) {
      printDetails(proc, 0);
      await proc.walkParents(printDetails);
    }
    expect(printed).toEqual([lines[0], ...ancestors, lines[1], ...ancestors]);
    const summaries = requested(sandbox).filter((path) => path.includes("children="));
    expect(new Set(summaries).size).toBe(summaries.length);
    // A summary brings the parent along, so every second ancestor costs nothing.
    expect(summaries).toHaveLength(5);
  });

  it("knows how deep a process stands", async () => {
    expect(await (await mounts(cb).first())?.depth).toBe(8);
  });

  const shell = "00000001-0000-0e48-01d2-c2a397f4cfe0";
  const segments = [
    1495465643405, 1495465407157, 1495463680155, 1495463807694, 1495463543944, 1495463176570, 1495463243492,
  ];

  it("gives every segment, or each process once", async () => {
    const { cb, taken } = loggedClientOf(sandbox);
    await using _ = cb;
    await cb.connect();
    taken();
    const yesterday = new Date("2017-05-21T18:41:58Z");
    const query = cb.select(Process).where("process_name:cmd.exe").minLastUpdate(yesterday);
    const pairs: [string, number | undefined][] = [];
    for await (const proc of query) if (proc.id === shell) pairs.push([proc.id, proc.segment]);
    expect(taken()).toEqual([
      "HTTP GET /api/v1/process?cb.min_last_update=2017-05-21T18%3A41%3A58Z&cb.urlver=1&facet=false&q=process_name%3Acmd.exe&rows=100&sort=last_update+desc&start=0 took 0.000s (response 200)",
    ]);
    expect(pairs).toEqual(segments.map((segment) => [shell, segment]));

    const grouped = (await query.groupBy("id").all()).filter(({ id }) => id === shell);
    expect(grouped.map(({ segment }) => segment)).toEqual([1495465643405]);
    expect(taken()[0]).toContain("/api/v1/process?cb.group=id&cb.min_last_update=2017-05-21T18%3A41%3A58Z&cb.urlver=1");
  });

  it("narrows by the clocks of endpoint and server, from both sides", async () => {
    const query = cb.select(Process).where(`process_id:${shell}`);
    const middle = new Date(1495463680155);
    const rows = await query.all();
    const segments = async (narrowed: typeof query) => (await narrowed.all()).map(({ segment }) => segment).sort();
    for (const [field, until, since] of [
      ["last_update", query.maxLastUpdate(middle), query.minLastUpdate(middle)],
      ["last_server_update", query.maxLastServerUpdate(middle), query.minLastServerUpdate(middle)],
    ] as const) {
      // The server is told whole seconds.
      const whole = Math.floor(middle.getTime() / 1000) * 1000;
      const those = (when: (time: number) => boolean) =>
        rows
          .filter((row) => when(row[field]?.getTime() ?? Number.NaN))
          .map(({ segment }) => segment)
          .sort();
      const [before, after] = [those((time) => time <= whole), those((time) => time >= whole)];
      expect([before.length, after.length], field).not.toContain(0);
      expect(await segments(until), field).toEqual(before);
      expect(await segments(since), field).toEqual(after);
    }
  });
});

describe("4.5.5 Feed and Watchlist Maintenance", () => {
  it("makes a watchlist of a query, reads its query, runs it and disables it", async () => {
    const { cb, taken } = loggedClientOf(sandbox);
    await using _ = cb;
    await cb.connect();
    taken();
    const made = await mounts(cb).createWatchlist("[WARN] Attempts to mount internal share");
    expect(Number(made.id)).toBe(222);
    expect(taken()).toEqual([
      "Creating a new Watchlist object",
      'Sending HTTP POST /api/v1/watchlist with {"index_type": "events", "name": "[WARN] Attempts to mount internal share", "search_query": "cb.urlver=1&facet=false&q=process_name%3Anet.exe+cmdline%3A%5C%5Ctest%5Cblah&sort=last_update+desc"}',
      "HTTP POST /api/v1/watchlist took 0.000s (response 200)",
      'Received response: {"id": 222}',
      "Only received an ID back from the server, forcing a refresh",
      "HTTP GET /api/v1/watchlist/222 took 0.000s (response 200)",
    ]);

    const mine = await cb.select(Watchlist).where("name:[WARN] Attempts to mount internal share").one();
    expect(mine.query).toBe("process_name:net.exe cmdline:\\\\test\\blah");
    taken();
    expect(await mine.search().count()).toBe(2);
    expect(taken()).toEqual([
      expect.stringMatching(
        /^HTTP GET \/api\/v1\/process\?cb\.urlver=1&facet=false&q=process_name%3Anet\.exe\+cmdline%3A%5C%5Ctest%5Cblah&rows=0&(sort=last_update\+desc&)?start=0 took 0\.000s \(response 200\)$/,
      ),
    ]);

    mine.enabled = false;
    await mine.save();
    expect(taken()).toEqual([
      "Updating Watchlist with unique ID 222",
      expect.stringMatching(
        /^Sending HTTP PUT \/api\/v1\/watchlist\/222 with \{"alliance_id": null, .*"enabled": false, /,
      ),
      "HTTP PUT /api/v1/watchlist/222 took 0.000s (response 200)",
      'Received response: {"result": "success"}',
      "HTTP GET /api/v1/watchlist/222 took 0.000s (response 200)",
    ]);
    expect(mine.enabled).toBe(false);
  });
});

describe("4.5.6 Managing Threat Reports & Alerts", () => {
  it("ignores all reports of a feed whose title holds a word", async () => {
    const feed = await cb.select(Feed).where("name:SOC").one();
    const reports = feed.reports.where("title:FUZZYWOMBAT");
    const before = await reports.all();
    expect(before.length).toBeGreaterThan(0);
    await reports.setIgnored();
    for (const report of await feed.reports.where("title:FUZZYWOMBAT").all()) expect(report.is_ignored).toBe(true);
    await reports.setIgnored(false);
  });

  it("changes alerts in bulk", async () => {
    const open = cb.select(Alert).where("status:Unresolved");
    const total = await open.count();
    expect(total).toBeGreaterThan(0);
    const report = await open.changeStatus("Resolved");
    expect(report.complete).toBe(true);
    await sandbox.clock.step(2);
    expect(await cb.select(Alert).where("status:Unresolved").count()).toBe(0);
    await cb.select(Alert).where("status:Resolved").assign("admin");
    await sandbox.clock.step(2);
    const assigned = await cb.select(Alert).where('status:"In Progress"').all();
    expect(assigned.length).toBeGreaterThanOrEqual(total);
    expect(new Set(assigned.map((alert) => alert.assigned_to))).toContain("admin");
    await cb.select(Alert).setIgnored();
    await sandbox.clock.step(2);
    expect(await cb.select(Alert).where('-status:"False Positive"').count()).toBe(0);
  });
});

describe("4.5.7 Joining Everything Together", () => {
  it("gives host, group and signature, and asks for each once", async () => {
    sandbox.requests.clear();
    const printed: string[] = [];
    const printDetails = async (proc: Process) => {
      printed.push(`On host ${proc.hostname} (part of sensor group ${await proc.sensor.group.name}):`);
      printed.push(`- At ${proc.start?.toISOString()}, process ${proc.cmdline} was executed by ${proc.username ?? ""}`);
      const binary = await proc.binary;
      const { sign_time, publisher } = binary?.signing_data ?? {};
      if (binary?.signed !== true || sign_time === undefined || proc.start === undefined) return;
      const days = Math.floor((proc.start.getTime() - sign_time.getTime()) / 86_400_000);
      printed.push(
        `- That binary (${proc.process_md5}) was signed by ${publisher} ${days} days before it was executed.`,
      );
    };
    for await (const proc of mounts(cb)) {
      await printDetails(proc);
      await proc.walkParents(printDetails);
    }
    expect(printed.slice(0, 6)).toEqual([
      "On host WIN-IA9NQ1GN8OI (part of sensor group Default Group):",
      "- At 2016-11-11T20:59:31.631Z, process net  use y: \\\\test\\blah was executed by WIN-IA9NQ1GN8OI\\bit9rad",
      "- That binary (79b6d4c5283fc806387c55b8d7c8b762) was signed by Microsoft Corporation 1569 days before it was executed.",
      "On host WIN-IA9NQ1GN8OI (part of sensor group Default Group):",
      '- At 2016-10-25T20:20:29.790Z, process "C:\\Windows\\system32\\cmd.exe" was executed by WIN-IA9NQ1GN8OI\\bit9rad',
      "- That binary (bf93a2f9901e9b3dfca8a7982f4a9868) was signed by Microsoft Corporation 1552 days before it was executed.",
    ]);
    const paths = requested(sandbox);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths.filter((path) => path === "/api/v1/sensor/3")).toHaveLength(1);
    expect(paths.filter((path) => path === "/api/v3/group/1")).toHaveLength(1);
  });
});

describe("4.5.8 Facets", () => {
  it("draws the guide's histogram", async () => {
    const query = cb.select(Process).where("hostname:WIN-IA9NQ1GN8OI").and("username:bit9rad");
    const { process_name } = await query.facets("process_name");
    const printed = process_name.map(
      ({ name, ratio, percent }) =>
        `${name.slice(0, 15).padStart(15)}: ${ratio.padStart(5)}% ${"\u25A0".repeat(Math.trunc(percent / 2))}`,
    );
    for (const name of ["taskhost.exe", "conhost.exe", "ping.exe", "wermgr.exe"]) {
      expect(printed.join("\n")).toMatch(new RegExp(`^ *${name}: +\\d+\\.\\d% \u25A0+$`, "m"));
    }
    const several = await query.facets("username", "process_name");
    expect(Object.keys(several).sort()).toEqual(["process_name", "username"]);
  });
});

describe("4.5.9 Administrative Tasks", () => {
  it("creates a user", async () => {
    const { cb, taken } = loggedClientOf(sandbox);
    await using _ = cb;
    await cb.connect();
    taken();
    const user = cb.create(User);
    user.username = "jgarman";
    user.password = "cbisawesome";
    user.first_name = "Jason";
    user.last_name = "Garman";
    user.email = "jgarman@carbonblack.com";
    user.teams = [];
    user.global_admin = false;
    await user.save();
    expect(taken().slice(0, 4)).toEqual([
      "Creating a new User object",
      'Sending HTTP POST /api/user with {"email": "jgarman@carbonblack.com", "first_name": "Jason", "global_admin": false, "last_name": "Garman", "password": "********", "teams": [], "username": "jgarman"}',
      "HTTP POST /api/user took 0.000s (response 200)",
      'Received response: {"result": "success"}',
    ]);
    await user.delete();
  });

  it("moves a sensor to a new group", async () => {
    const { cb, taken } = loggedClientOf(sandbox);
    await using _ = cb;
    await cb.connect();
    taken();
    const sg = cb.create(SensorGroup);
    sg.name = "Critical Endpoints";
    sg.site = 1;
    // The guide leaves it out; the server demands it.
    sg.sensorbackend_server = sandbox.url;
    await sg.save();
    expect(taken()).toEqual([
      "Creating a new SensorGroup object",
      expect.stringMatching(
        /^Sending HTTP POST \/api\/v3\/group with \{"name": "Critical Endpoints", .*"site_id": 1\}$/,
      ),
      "HTTP POST /api/v3/group took 0.000s (response 200)",
      expect.stringMatching(/^Received response: \{"id": \d+\}$/),
      "Only received an ID back from the server, forcing a refresh",
      expect.stringMatching(/^HTTP GET \/api\/v3\/group\/\d+ took 0\.000s \(response 200\)$/),
    ]);
    const sensor = await cb.select(Sensor).where("hostname:WIN-IA9NQ1GN8OI").first();
    if (sensor === undefined) throw new Error("the guide's sensor is not there");
    taken();
    sensor.group = sg;
    await sensor.save();
    expect(taken()).toEqual([
      "Updating Sensor with unique ID 3",
      expect.stringMatching(/^Sending HTTP PUT \/api\/v1\/sensor\/3 with \{/),
      "HTTP PUT /api/v1/sensor/3 took 0.000s (response 204)",
      "HTTP GET /api/v1/sensor/3 took 0.000s (response 200)",
    ]);
    expect(await sensor.group.name).toBe("Critical Endpoints");
    sensor.group = 1;
    await sensor.save();
    await sg.delete();
  });
});
