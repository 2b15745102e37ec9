// The samples of the guide, run as they are printed there, on the data that they were printed from.
import { Sandbox } from "@cbapi/sandbox";
import { Binary, Process } from "cbapi/response";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf, requested } from "./support/sandbox.js";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.start({ organisation: "small" });
});
afterAll(() => sandbox.stop());

describe("the first sample", () => {
  it("reads the first bytes of a binary in four requests", async () => {
    await using cb = clientOf(sandbox);
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
});

describe("Querying Processes and Events", () => {
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

  it("prints the guide's lines, and asks for no ancestor twice", async () => {
    await using client = clientOf(sandbox);
    sandbox.requests.clear();
    const printed: string[] = [];
    const printDetails = (proc: Process, depth: number) =>
      printed.push(`${" ".repeat(depth)}${proc.start?.toISOString()}: ${proc.username ?? ""} ran ${proc.cmdline}`);
    for await (const proc of client.select(Process).where("process_name:net.exe").and("cmdline:\\\\test\\blah")) {
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
    await using client = clientOf(sandbox);
    const proc = await client.select(Process).where("process_name:net.exe").and("cmdline:\\\\test\\blah").first();
    expect(await proc?.depth).toBe(8);
  });
});

describe("Joining Everything Together", () => {
  it("gives host, group and signature, and asks for each once", async () => {
    await using client = clientOf(sandbox);
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
    for await (const proc of client.select(Process).where("process_name:net.exe").and("cmdline:\\\\test\\blah")) {
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

describe("Concepts", () => {
  it("counts, slices and takes the last process", async () => {
    await using client = clientOf(sandbox);
    // The guide's own organisation has no others; here they are on two of the sensors.
    const query = client.select(Process).where("process_name:cmd.exe").and("sensor_id:2 or sensor_id:3");
    expect(await query.count()).toBe(3);
    const first = await query.slice(0, 2);
    expect(first.map((proc) => proc.id)).toEqual([
      "00000003-0000-036c-01d2-2efd3af51186",
      "00000003-0000-07d4-01d2-2efcd4949dfc",
    ]);
    expect(await query.at(-1).id).toBe("00000002-0000-0f2c-01d2-2a57625ca0dd");
    expect((await query.slice(-1))[0]?.id).toBe("00000002-0000-0f2c-01d2-2a57625ca0dd");
  });

  it("selects a binary by its hash", async () => {
    await using client = clientOf(sandbox);
    const binary = await client.select(Binary, "CA4FAFFA957C71C006B59E29DFE3EB8B");
    expect(binary.file_desc).toBe("PNRP Name Space Provider");
    const appwiz = await client.select(Binary, "08d1631faf39538a133d94585644d5a8");
    expect(appwiz).toMatchObject({
      host_count: 1,
      signed: true,
      size: 669696,
      is_executable_image: false,
      is_64bit: false,
    });
    expect(appwiz.digsig_sign_time).toEqual(new Date("2012-07-26T08:56:00Z"));
  });

  it("groups the segments of a process", async () => {
    await using client = clientOf(sandbox);
    const id = "00000001-0000-0e48-01d2-c2a397f4cfe0";
    const segments = await client.select(Process).where(`process_id:${id}`).all();
    expect(segments).toHaveLength(7);
    expect(await client.select(Process).where(`process_id:${id}`).groupBy("id").count()).toBe(1);
    expect((await client.select(Process, id).getSegments()).sort()).toEqual(
      segments.map((segment) => segment.segment).sort(),
    );
  });

  it("counts the values of a field", async () => {
    await using client = clientOf(sandbox);
    const { process_name } = await client
      .select(Process)
      .where("hostname:WIN-IA9NQ1GN8OI")
      .and("username:bit9rad")
      .facets("process_name");
    const top = process_name.map(({ name }) => name);
    expect(top).toEqual(expect.arrayContaining(["taskhost.exe", "conhost.exe", "ping.exe", "wermgr.exe"]));
    for (const { ratio, percent, value } of process_name) {
      expect(ratio).toMatch(/^\d+\.\d$/);
      expect(percent).toBeLessThanOrEqual(100);
      expect(value).toBeGreaterThan(0);
    }
  });
});
