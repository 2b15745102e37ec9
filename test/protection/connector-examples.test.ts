// The examples of connectors, run as their users run them: against the sandbox, and stand-ins for the services that they ask.
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AnalysisStatus, CbProtectionAPI, Connector, Event, FileAnalysis, FileCatalog } from "cbapi/protection";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { ServiceError } from "../../examples/src/http.js";
import { VirusTotal } from "../../examples/src/virus-total.js";
import { sandbox, useSandbox } from "../support/given.js";
import { type Ended, ExampleFolder } from "../support/run-example.js";
import { DetonationService, type Scan, VirusTotalService } from "../support/web-services.js";

// Examples have the time of this computer: so has the server, whose agents upload within a tenth of a second.
useSandbox({ clock: { tickInterval: 50 } }, { fresh: true });

const API = "/api/bit9platform/v1";
let cb: CbProtectionAPI;
let folder: ExampleFolder | undefined;
let connector: Connector;

beforeEach(async () => {
  const { url, token, caFile } = sandbox;
  cb = new CbProtectionAPI({ url, token, ...(caFile === undefined ? {} : { sslCertFile: caFile }) });
  folder ??= await ExampleFolder.make({ protection: sandbox.profile() });
  return () => cb.close();
});
afterAll(() => folder?.[Symbol.asyncDispose]());

/** An example under way. It is ended with the test. */
function start(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  if (folder === undefined) throw new Error("there is no folder yet");
  const started = folder.start(`protection/${name}`, args, env);
  onTestFinished(() => void started.child.kill("SIGKILL"));
  return started;
}

/** Waits for something that the example brings about. */
const until = (holds: () => boolean | Promise<boolean>): Promise<void> =>
  vi.waitFor(async () => expect(await holds(), String(holds)).toBe(true), { timeout: 50_000, interval: 30 });

async function interrupted({ child, ended }: { child: ChildProcess; ended: Promise<Ended> }): Promise<Ended> {
  child.kill("SIGINT");
  return ended;
}

/** Orders the analysis of some files of the catalog by a connector of this name. */
async function order(name: string, count: number): Promise<{ ids: number[]; files: FileCatalog[] }> {
  connector = await Connector.register(cb, { name, connectorVersion: "1.0" });
  const files = await cb.select(FileCatalog).where("fileSize<400000").all({ limit: count });
  expect(files.length).toBe(count);
  const ids: number[] = [];
  for (const { id } of files) {
    const wanted = { fileCatalogId: id, connectorId: connector.id, computerId: 0 };
    ids.push(Number((await cb.create(FileAnalysis, wanted).save()).id));
  }
  return { ids, files };
}

/** Status and result of each analysis, in the order of their ids. */
async function ends(): Promise<(readonly [number | undefined, number | undefined])[]> {
  const all = await cb
    .select(FileAnalysis)
    .where({ connectorId: Number(connector.id) })
    .sort("id")
    .all();
  return all.map(({ analysisStatus, analysisResult }) => [analysisStatus, analysisResult] as const);
}
const haveEnded = async (): Promise<boolean> =>
  (await ends()).every(([status]) => (status ?? 0) > AnalysisStatus.Processed);
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function temporary(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "cbapi connector "));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe("empty-analysis-connector", () => {
  it("keeps a copy of each file under its hash, reports all of them once, and ends with Ctrl-C", async () => {
    const { files } = await order("EmptyAnalysis", 5);
    const copies = await temporary();
    const started = start("empty-analysis-connector", ["--folder", copies, "--interval", "1"]);
    await until(haveEnded);
    const { status, stdout, stderr } = await interrupted(started);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr.trimEnd().split("\n").at(-1)).toBe("5 analysed");
    expect(stderr.match(/: malicious$/gm)).toHaveLength(5);
    expect((await readdir(copies)).sort()).toEqual(files.map((file) => `${file.sha256}.dat`).sort());
    for (const name of await readdir(copies)) expect(`${sha256(await readFile(join(copies, name)))}.dat`).toBe(name);
    expect(await ends()).toEqual(files.map(() => [3, 3]));
    expect(await cb.select(Event).where({ indicatorName: "TEST MALWARE" }).count()).toBe(5);
  });

  it("ends each analysis once, however often and wherever it is killed", async () => {
    const { ids } = await order("EmptyAnalysis", 12);
    const copies = await temporary();
    sandbox.faults.add({ match: { path: API }, do: { latency: 15 } });
    const kills = fc.sample(fc.integer({ min: 1, max: 9 }), { numRuns: 7, seed: 20 });
    for (const after of kills) {
      if (await haveEnded()) break;
      const before = sandbox.requests.total;
      const { child, ended } = start("empty-analysis-connector", ["--folder", copies, "--interval", "1"]);
      await until(() => sandbox.requests.total >= before + after || child.exitCode !== null);
      child.kill("SIGKILL");
      await ended;
    }
    const before = sandbox.requests.total;
    const last = start("empty-analysis-connector", ["--folder", copies, "--interval", "1"]);
    await until(async () => sandbox.requests.total > before && (await haveEnded()));
    expect((await interrupted(last)).status).toBe(0);
    expect(await ends()).toEqual(ids.map(() => [3, 3]));
    // One event for each: nothing was reported twice, and nothing was tried that was over.
    expect(await cb.select(Event).where({ indicatorName: "TEST MALWARE" }).count()).toBe(ids.length);
    const reports = sandbox.requests
      .entries()
      .filter(({ method, path }) => method === "POST" && path.endsWith("/notification"));
    expect(reports.filter(({ status }) => status >= 400)).toEqual([]);
    // What was cut off on its way has not got the name of a file.
    for (const name of await readdir(copies)) {
      if (name.endsWith(".dat")) expect(`${sha256(await readFile(join(copies, name)))}.dat`).toBe(name);
    }
  });

  it("goes on when the folder is full of surprises, and prints nothing that could steer a terminal", async () => {
    const { ids } = await order("EmptyAnalysis", 2);
    await until(async () => (await connector.nextAnalyses()).every(({ uploaded }) => uploaded === true));
    const record = (await cb.object("pendingAnalysis").get(Number(ids[0]))) as Record<string, unknown>;
    await sandbox.put("protection_fileAnalysis", {
      ...{
        ...record,
        computerId: 1,
        dateCreated: 0,
        dateModified: 0,
        fileName: "..\\\u001b[2Jevil\n.exe",
        pathName: "/",
      },
      // biome-ignore lint/suspicious/noExplicitAny: as the server keeps it
    } as any);
    const copies = await temporary();
    await mkdir(join(copies, `${String(record["sha256"])}.dat`));
    const started = start("empty-analysis-connector", ["--folder", copies, "--interval", "1"]);
    await until(haveEnded);
    const { status, stderr } = await interrupted(started);
    expect(status).toBe(0);
    expect(stderr).toContain(`${String.raw`..\\u001b[2Jevil\u000a.exe`}: could not be analysed`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(stderr).not.toMatch(/\u001b/);
    expect(await ends()).toEqual([
      [4, 0],
      [3, 3],
    ]);
  });

  it("says in one line what is wrong with the server or the token", async () => {
    const wrong = await start("empty-analysis-connector", ["--apitoken", "not-the-token-at-all"]).ended;
    expect(wrong).toMatchObject({ status: 1, stdout: "" });
    expect(wrong.stderr.trimEnd().split("\n")).toEqual([expect.stringContaining("token")]);
    expect(wrong.stderr).not.toContain("not-the-token-at-all");
  });
});

describe("virus-total-connector", () => {
  let service: VirusTotalService;
  let config: string;

  const setUp = async (settings: Readonly<Record<string, string>> = {}): Promise<void> => {
    service = await new VirusTotalService().start();
    onTestFinished(() => service[Symbol.asyncDispose]());
    config = join(await temporary(), "bridge.ini");
    const all = { vt_api_key: service.key, vt_url: `${service.url}/api/v3`, ...settings };
    const lines = Object.entries(all).map(([key, value]) => `${key} = ${value}`);
    await writeFile(config, ["# the bridge", "[other]", "vt_api_key=x", "[bridge]", ...lines, ""].join("\r\n"));
  };
  const bridge = (...args: string[]) =>
    start("virus-total-connector", ["-c", config, "--interval", "1", "--recheck", "1", ...args]);
  const scan = (found: number, undetected: number): Scan => ({
    found: Object.fromEntries(Array.from({ length: found }, (_, index) => [`AV${index}`, `Evil.${index}`])),
    undetected,
  });

  it("answers with what VirusTotal knows, by its thresholds, and cancels what it does not know", async () => {
    const log = join(await temporary(), "bridge.log");
    await setUp({ log_file: log, retrieve_files: "true" });
    const { files } = await order("VirusTotal", 7);
    const scans = [scan(51, 49), scan(50, 50), scan(11, 89), scan(10, 90), scan(0, 60), scan(0, 0), undefined];
    for (const [index, known] of scans.entries()) {
      if (known !== undefined) service.scans.set(String(files[index]?.sha1), known);
    }
    const started = bridge("--verbose");
    await until(haveEnded);
    const { status, stderr } = await interrupted(started);
    expect(status).toBe(0);
    expect(await ends()).toEqual([...[3, 2, 2, 1, 1].map((result) => [3, result]), [5, 0], [5, 0]]);
    const bodies = stderr.split("\n").flatMap((line) => /POST \S+\/notification with (\{.*\})$/.exec(line)?.[1] ?? []);
    const told = bodies.map((body) => JSON.parse(body) as Record<string, unknown>);
    const of = (index: number) => told.find(({ sha1 }) => sha1 === files[index]?.sha1);
    expect(of(0)).toMatchObject({
      ...{ analysisResult: 3, severity: "critical", type: "malicious_file", product: "VirusTotal" },
      malwareName: "Evil.0; Evil.1; Evil.2; Evil.3...",
      malwareType: "AV0:Evil.0; AV1:Evil.1; AV2:Evil.2; AV3:Evil.3...",
      externalUrl: `https://www.virustotal.com/gui/file/${files[0]?.sha1}`,
    });
    expect(of(2)).toMatchObject({ analysisResult: 2, severity: "high", type: "potential_risk_file" });
    expect(of(4)).toMatchObject({ analysisResult: 1, severity: "low", type: "clean_file", malwareName: "" });
    expect(service.requests.filter((request) => request.startsWith("POST"))).toEqual([]);
    expect(stderr).not.toContain(service.key);
    const logged = (await readFile(log, "utf8")).trimEnd().split("\n");
    expect(logged.length).toBe(files.length + 1);
    for (const line of logged) expect(line).toMatch(/^\d{4}-\S+Z ".*"$/);
  });

  it("does not need a file whose hash is known", async () => {
    await setUp();
    // Nobody uploads anything while the time of the server stands still.
    sandbox.clock.running = false;
    const { files } = await order("VirusTotal", 1);
    service.scans.set(String(files[0]?.sha1), scan(0, 60));
    const started = bridge();
    await until(haveEnded);
    expect((await interrupted(started)).status).toBe(0);
    expect(await ends()).toEqual([[3, 1]]);
  });

  it("sends what VirusTotal does not know, where that is allowed, once, and waits for the report", async () => {
    await setUp({ upload_binaries_to_vt: "yes", connector_name: "Bridge", log_file: join(await temporary(), "b.log") });
    const { files } = await order("Bridge", 3);
    service.onUpload = (bytes) => {
      const file = files.find((each) => each.sha256 === sha256(bytes));
      // A report without results comes first.
      service.scans.set(String(file?.sha1), scan(0, 0));
      if (service.uploads.length === 3) for (const each of files) service.scans.set(String(each.sha1), scan(3, 1));
    };
    const started = bridge();
    await until(haveEnded);
    const { status, stderr } = await interrupted(started);
    expect(status).toBe(0);
    expect(stderr).toContain("sent to VirusTotal");
    expect(service.uploads.map(({ bytes }) => sha256(bytes)).sort()).toEqual(files.map((file) => file.sha256).sort());
    expect(service.uploads.map(({ name }) => name).sort()).toEqual(files.map((file) => `${file.sha256}.dat`).sort());
    expect(await ends()).toEqual([1, 2, 3].map(() => [3, 3]));
  });

  it("remembers over a restart what was sent", async () => {
    await setUp();
    const { files } = await order("VirusTotal", 1);
    const first = bridge("--upload");
    await until(async () => (await ends())[0]?.[0] === AnalysisStatus.Submitted);
    first.child.kill("SIGKILL");
    await first.ended;
    const second = bridge("--upload");
    const looks = service.requests.length;
    await until(() => service.requests.length >= looks + 2);
    service.scans.set(String(files[0]?.sha1), scan(9, 1));
    await until(haveEnded);
    expect((await interrupted(second)).status).toBe(0);
    expect(service.uploads.length).toBe(1);
    expect(await ends()).toEqual([[3, 3]]);
  });

  it("keeps to the limit of requests, and asks again afterwards", async () => {
    await setUp();
    const { files } = await order("VirusTotal", 3);
    for (const { sha1 } of files) service.scans.set(String(sha1), scan(0, 60));
    service.refusals.push({ status: 429, retryAfter: 2 }, { status: 429, retryAfter: 1 });
    const started = bridge();
    await until(haveEnded);
    const { status, stderr } = await interrupted(started);
    expect(status).toBe(0);
    expect(stderr).toContain("the limit of requests is reached");
    expect(await ends()).toEqual(files.map(() => [3, 1]));
    // Up to four are asked for at a time; nobody else asks before the time is up.
    expect(service.requests.length).toBeLessThanOrEqual(3 + 3);
  });

  it("leaves a file pending when VirusTotal is out of order", async () => {
    await setUp();
    await order("VirusTotal", 1);
    service.refusals.push({ status: 503 });
    const started = bridge();
    let said = "";
    started.child.stderr?.on("data", (text: string) => {
      said += text;
    });
    await until(() => said.includes("waits until"));
    const { status, stderr } = await interrupted(started);
    expect(status).toBe(0);
    expect(stderr).toContain(`${service.url} answered 503`);
    expect(await ends()).toEqual([[0, 0]]);
  });

  it("ends when VirusTotal does not accept the key, which is nowhere printed; nothing is reported then", async () => {
    await setUp({ vt_api_key: "wrong-key-of-mine" });
    await order("VirusTotal", 2);
    const { status, stderr } = await bridge().ended;
    expect(status).toBe(1);
    expect(stderr.trimEnd().split("\n").at(-1)).toBe("virus-total-connector: VirusTotal does not accept vt_api_key");
    expect(stderr).not.toMatch(/wrong-key-of-mine|^\s+at /m);
    expect(await ends()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it.each([
    ["no file", undefined, "does not exist"],
    ["no section", "[other]\nvt_api_key=x\n", "has no section [bridge]"],
    ["no key", "[bridge]\nconnector_name=x\n", "has no vt_api_key"],
    ["no such address", "[bridge]\nvt_api_key=s3cret\nvt_url=http://vt.example/api\n", "https://... is expected"],
    ["no yes or no", "[bridge]\nvt_api_key=s3cret\nupload_binaries_to_vt=maybe\n", "either yes or no"],
    ["no setting", "[bridge]\ns3cret\n", 'line 2, is neither a [section] nor "key = value"'],
  ])("says what is wrong with its configuration: %s", async (_, text, complaint) => {
    const path = join(await temporary(), "virustotal.ini");
    if (text !== undefined) await writeFile(path, text);
    const { status, stdout, stderr } = await start("virus-total-connector", ["--config", path]).ended;
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toEqual([expect.stringContaining(complaint)]);
    expect(stderr).not.toContain("s3cret");
  });

  it("sends large files to the address that VirusTotal gives for them", async () => {
    await setUp();
    const path = join(await temporary(), "large.bin");
    const file = await open(path, "w");
    await file.truncate(33 * 2 ** 20);
    await file.close();
    const client = new VirusTotal(service.url, service.key);
    const { signal } = new AbortController();
    await client.upload(path, signal);
    expect(service.requests).toEqual(["GET /files/upload_url", "POST /large"]);
    expect(service.uploads.map(({ bytes }) => bytes.length)).toEqual([33 * 2 ** 20]);
    service.refusals.push({ status: 204 }, { status: 500 });
    await expect(client.report("a", signal)).rejects.toMatchObject({ retryAfter: 60_000 });
    await expect(new VirusTotal(service.url, service.key).report("a", signal)).rejects.toBeInstanceOf(ServiceError);
  });
});

describe("sandbox-connector", () => {
  let service: DetonationService;
  beforeEach(async () => {
    service = await new DetonationService().start();
    return () => service[Symbol.asyncDispose]();
  });
  const bridge = (...args: string[]) =>
    start("sandbox-connector", ["--sandbox", `${service.url}/api/`, "--poll", "1", ...args]);

  it("detonates each file, tells how far it has come, and reports what came of it", async () => {
    const { files } = await order("Detonation", 3);
    const verdicts = ["clean", "suspicious", "malicious"];
    const progress = new Set<number | undefined>();
    service.report = (bytes, looks) => {
      const index = files.findIndex((file) => file.sha256 === sha256(bytes));
      if (looks < 2) return { state: looks === 0 ? "queued" : "running" };
      const found = {
        malware: "Dropper",
        link: `${service.url}/r`,
        files: [{ path: "c:\\d.dll", sha256: "a".repeat(64) }],
      };
      return { state: "done", verdict: verdicts[index], ...found };
    };
    const started = bridge("--machines", "2", "--verbose");
    await until(async () => {
      for (const [status] of await ends()) progress.add(status);
      return haveEnded();
    });
    const { status, stderr } = await interrupted(started);
    expect(status).toBe(0);
    expect(await ends()).toEqual([
      [3, 1],
      [3, 2],
      [3, 3],
    ]);
    expect([...service.samples.values()].map(sha256).sort()).toEqual(files.map((file) => file.sha256).sort());
    expect(service.most).toBeLessThanOrEqual(2);
    expect(progress.has(AnalysisStatus.Submitted)).toBe(true);
    expect(stderr).toContain('"files": [{"filePath": "c:\\\\d.dll", "sha256": "');
  });

  it("reports as an error what the sandbox cannot do, and goes on with the rest", async () => {
    const { files } = await order("Detonation", 3);
    service.report = (bytes) => {
      const index = files.findIndex((file) => file.sha256 === sha256(bytes));
      if (index === 0) return { state: "failed", error: "no such \u001b[2Jarchitecture" };
      return { state: "done", verdict: index === 1 ? "constructor" : "clean" };
    };
    const started = bridge();
    await until(haveEnded);
    expect((await interrupted(started)).status).toBe(0);
    expect(await ends()).toEqual([
      [4, 0],
      [4, 0],
      [3, 1],
    ]);
    const texts = await Promise.all(
      (
        await cb
          .select(FileAnalysis)
          .where({ connectorId: Number(connector.id), analysisStatus: 4 })
          .all()
      ).map(
        async ({ id }) =>
          ((await cb.object("pendingAnalysis").get(Number(id))) as { analysisError: string }).analysisError,
      ),
    );
    expect(texts.sort()).toEqual([
      "The sandbox failed: no such [2Jarchitecture",
      "The sandbox gives a verdict that is not known: constructor",
    ]);
  });

  it("leaves what is under way for the next time when it is ended, and shows its key to nobody", async () => {
    service.key = "sandbox-key-0123";
    await order("Detonation", 2);
    service.report = () => ({ state: "running" });
    const env = { SANDBOX_KEY: service.key };
    const args = ["--sandbox", `${service.url}/api`, "--poll", "1", "--verbose"];
    const started = start("sandbox-connector", args, env);
    await until(() => service.samples.size === 2);
    const { status, stderr } = await interrupted(started);
    expect(status).toBe(0);
    expect(stderr.trimEnd().split("\n").at(-1)).toBe("2 left");
    expect(stderr).not.toContain(service.key);
    expect((await ends()).every(([each]) => (each ?? 0) <= AnalysisStatus.Processed)).toBe(true);
    service.report = () => ({ state: "done", verdict: "clean" });
    const next = start("sandbox-connector", args, env);
    await until(haveEnded);
    await interrupted(next);
    expect(await ends()).toEqual([
      [3, 1],
      [3, 1],
    ]);
  });

  it("sends nothing where it could be read on the way", async () => {
    const { status, stderr } = await start("sandbox-connector", ["--sandbox", "http://sandbox.example"]).ended;
    expect(status).toBe(1);
    expect(stderr).toBe(
      'sandbox-connector: "http://sandbox.example" is no address of a service: https://... is expected\n',
    );
  });
});
