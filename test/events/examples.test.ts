// The examples that wait for events, run as their users run them, and what the server has then.
import { randomBytes } from "node:crypto";
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EventOptions, Sandbox } from "@cbapi/sandbox";
import { BannedHash, type CbResponseAPI, type IndexType, Sensor, Watchlist } from "cbapi/response";
import Libsql from "libsql";
import { describe, expect, it, vi } from "vitest";
import { COMPANY, WINDOWS } from "../support/live-response.js";
import { type Ended, ExampleFolder } from "../support/run-example.js";
import { clientOf } from "../support/sandbox.js";
import { isThere } from "../support/services.js";
import { amqpUrl, withBroker } from "./told.js";

const there = await isThere("RabbitMQ");
const MD5 = "C0FFEE".repeat(5).padEnd(32, "0");
const EXAMPLES = ["get-reg-autoruns", "if-event-then-run", "watchlist-automation"] as const;
const RUN = "\\registry\\machine\\software\\microsoft\\windows\\currentversion\\run";
const PATIENT = { timeout: 40_000, interval: 50 };

/** A sandbox that tells events over a pipe, a client of it, and a folder in which examples run that know it. */
class Scene implements AsyncDisposable {
  readonly #listening: Listening[] = [];

  private constructor(
    readonly sandbox: Sandbox,
    readonly cb: CbResponseAPI,
    readonly folder: ExampleFolder,
    /** Where the examples find the events, as options. */
    readonly source: readonly string[],
    readonly file: string,
    private readonly exchange: string | undefined,
  ) {}

  static async open(pipe: "bus" | "file", events: EventOptions = {}): Promise<Scene> {
    const exchange = pipe === "bus" ? `cbapi-test-${randomBytes(6).toString("hex")}` : undefined;
    const place = await mkdtemp(join(tmpdir(), "cbapi-event-examples-"));
    const file = join(place, "events.json");
    const told = exchange === undefined ? { file } : { amqp: amqpUrl(), exchange };
    const sandbox = await Sandbox.start({ ...COMPANY, events: { rawEvents: true, ...told, ...events } });
    const folder = await ExampleFolder.make({ response: sandbox.profile() });
    const source = exchange === undefined ? ["--file", file, "--from-start"] : ["--exchange", exchange];
    return new Scene(sandbox, clientOf(sandbox), folder, source, file, exchange);
  }

  /** Starts an example and waits until it listens. */
  async listen(name: (typeof EXAMPLES)[number], ...args: readonly string[]): Promise<Listening> {
    const started = new Listening(this.folder.start(`response/${name}`, [...this.source, ...args]));
    this.#listening.push(started);
    await started.says(/^Listening on /m);
    return started;
  }

  async watch(name: string, index_type: IndexType, query: string): Promise<void> {
    const search_query = `cb.urlver=1&q=${encodeURIComponent(query)}`;
    await this.cb.create(Watchlist, { name, index_type, search_query }).save();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Those that a failed test has left.
    await Promise.all(this.#listening.map((each) => each.end()));
    await this.cb.close();
    await this.sandbox.stop();
    await this.folder[Symbol.asyncDispose]();
    await rm(join(this.file, ".."), { recursive: true });
    const { exchange } = this;
    if (exchange !== undefined) await withBroker((rabbit) => rabbit.exchangeDelete({ exchange }));
  }
}

/** An example that runs. */
class Listening {
  stdout = "";
  #ended: Ended | undefined;

  constructor(private readonly started: ReturnType<ExampleFolder["start"]>) {
    started.child.stdout?.on("data", (text: string) => {
      this.stdout += text;
    });
    void started.ended.then((ended) => {
      this.#ended = ended;
    });
  }

  async says(text: RegExp): Promise<void> {
    await vi.waitFor(() => {
      if (this.#ended !== undefined && !text.test(this.stdout)) throw new Error(JSON.stringify(this.#ended));
      expect(this.stdout).toMatch(text);
    }, PATIENT);
  }

  /** Ends it at once, if it runs yet. */
  async end(): Promise<void> {
    this.started.child.kill("SIGKILL");
    await this.started.ended;
  }

  /** Presses Ctrl-C. */
  async interrupt(): Promise<Ended> {
    this.started.child.kill("SIGINT");
    return this.started.ended;
  }
}

/** The history of a browser, as the browser keeps it. More pages than fit on one page of the file, one of them long. */
async function historyOf(pages: number): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "cbapi-history-"));
  const file = join(folder, "History");
  const database = new Libsql(file);
  database.exec(
    "CREATE TABLE meta(key TEXT); CREATE TABLE urls(id INTEGER PRIMARY KEY AUTOINCREMENT, url LONGVARCHAR, title LONGVARCHAR, visit_count INTEGER DEFAULT 0 NOT NULL, last_visit_time INTEGER NOT NULL)",
  );
  const insert = database.prepare("INSERT INTO urls (url, title, last_visit_time) VALUES (?, ?, ?)");
  for (let n = 0; n < pages; n++) {
    const microseconds = (Date.UTC(2026, 0, 1) + 11_644_473_600_000 + n * 1000) * 1000;
    insert.run(`https://example.com/${n}`, n === 5 ? "x".repeat(20_000) : `Page ${n}`, microseconds);
  }
  database.close();
  const bytes = await readFile(file);
  await rm(folder, { recursive: true });
  return bytes;
}

const launch = (scene: Scene, name: string, more: object = {}) =>
  scene.sandbox.launch({ sensor: WINDOWS, path: `c:\\temp\\${name}`, ...more });

describe.each(EXAMPLES)("%s", (name) => {
  it("says what it does, and does nothing when it does not understand an option", async () => {
    await using folder = await ExampleFolder.make({});
    const help = await folder.run(`response/${name}`, ["--help"]);
    expect({ status: help.status, stderr: help.stderr }).toEqual({ status: 0, stderr: "" });
    expect(help.stdout).toContain(`Usage: node ${name}.js`);
    expect(help.stdout).toMatch(/--file FILE[\s\S]*--exchange NAME[\s\S]*--cburl URL/);
    const wrong = await folder.run(`response/${name}`, ["--exchanje", "x"]);
    expect({ status: wrong.status, stdout: wrong.stdout }).toEqual({ status: 2, stdout: "" });
    expect(wrong.stderr).toMatch(new RegExp(`^${name}: Unknown option '--exchanje'\nUsage: node ${name}\\.js`));
  });

  it("says what is missing for the bus", async () => {
    await using folder = await ExampleFolder.make({
      response: "[default]\nurl=https://127.0.0.1:1\ntoken=0123456789abcdef0123456789abcdef01234567\n",
    });
    const args = name === "if-event-then-run" ? ["--then", "whoami"] : [];
    const { status, stdout, stderr } = await folder.run(`response/${name}`, args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/no rabbitmq_pass/);
  });
});

describe.each(["file", "bus"] as const)("over the %s", (pipe) => {
  const test = it.skipIf(pipe === "bus" && !there);

  test("watchlists isolate endpoints and ban programs", async () => {
    await using scene = await Scene.open(pipe);
    const { cb } = scene;
    await scene.watch("ISOLATE: cut off", "events", "process_name:cut.exe");
    await scene.watch("BAN: not wanted", "events", "process_name:ban.exe");
    await scene.watch("LOCK: files", "modules", "observed_filename:lock.exe");
    await scene.watch("Isolate: nothing of the kind", "events", "process_name:harmless.exe");
    const example = await scene.listen("watchlist-automation");
    await launch(scene, "harmless.exe", { sensor: 2 });
    await launch(scene, "cut.exe");
    await launch(scene, "ban.exe", { sensor: 3, md5: MD5 });
    await launch(scene, "lock.exe", { sensor: 4, md5: "D".repeat(32) });
    const [one, , , four] = await Promise.all([WINDOWS, 2, 3, 4].map((id) => cb.select(Sensor, id)));
    await example.says(new RegExp(`^Successfully isolated sensor ${one?.computer_name} based on watchlist hit$`, "m"));
    await example.says(new RegExp(`^Successfully isolated sensor ${four?.computer_name} based on watchlist hit$`, "m"));
    await example.says(new RegExp(`^Successfully banned binary MD5sum ${MD5} based on watchlist hit$`, "m"));
    await example.says(/^Successfully banned binary MD5sum D{32} based on watchlist hit$/m);
    expect(await example.interrupt()).toMatchObject({
      ...{ status: 0, stdout: expect.stringMatching(/Exiting event loop\n$/), stderr: "" },
    });
    const isolated = (await cb.select(Sensor).all()).filter((sensor) => sensor.is_isolating === true);
    expect(isolated.map(({ id }) => Number(id)).sort()).toEqual([4, WINDOWS]);
    const bans = await cb.select(BannedHash).all();
    expect(bans.find(({ md5hash }) => String(md5hash).toUpperCase() === MD5)).toMatchObject({
      ...{ enabled: true, text: "Found by the watchlist BAN: not wanted" },
    });
  });

  test("watchlists look around on endpoints", async () => {
    await using scene = await Scene.open(pipe);
    await using session = await (await scene.cb.select(Sensor, WINDOWS)).lrSession();
    const desktop = (await session.listProcesses()).find(({ path }) => /\\explorer\.exe$/i.test(path));
    const user = desktop?.username.split("\\").at(-1) ?? "";
    let path = `C:\\Users\\${user}\\AppData\\Local`;
    for (const name of ["Google", "Chrome", "User Data", "Default"]) {
      path = `${path}\\${name}`;
      await session.createDirectory(path).catch(() => undefined);
    }
    await session.deleteFile(`${path}\\History`).catch(() => undefined);
    await session.putFile(await historyOf(500), `${path}\\History`);
    await session.close();
    await scene.watch("LIVERESPONSE: look", "events", "process_name:look.exe");
    const example = await scene.listen("watchlist-automation");
    await launch(scene, "look.exe");
    await example.says(
      /^Live Response on sensor \S+ \(7\):\n {2}\d+ processes:\n[\s\S]*Output of net start:\n.*Windows/m,
    );
    const { status, stdout, stderr } = await example.interrupt();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const visited = stdout.split("\n").filter((line) => line.includes("https://example.com/"));
    expect(visited).toEqual(
      Array.from({ length: 10 }, (_, n) => {
        const at = new Date(Date.UTC(2026, 0, 1) + (499 - n) * 1000).toISOString();
        return `    ${at} https://example.com/${499 - n}`;
      }),
    );
    expect(await readdir(scene.folder.path)).toEqual([".carbonblack"]);
  });

  test("values that start programs are read where they are written", async () => {
    await using scene = await Scene.open(pipe);
    const example = await scene.listen("get-reg-autoruns");
    // Its value has gone again when it is looked for.
    scene.sandbox.liveResponse.configure({ faults: [{ command: "reg query value", outcome: 2, times: 1 }] });
    const keys = RUN.split("\\").slice(3).join("\\");
    await launch(scene, "writes.exe", {
      regmods: [
        { path: "\\registry\\machine\\software\\vendor\\wicked" },
        { path: `${RUN}mru\\wicked` },
        { path: `${RUN}\\gone` },
        { path: `${RUN}\\deleted`, type: 8 },
        { path: `\\Registry\\Machine\\${keys.toUpperCase()}\\Wicked` },
      ],
    });
    await example.says(/ value is /);
    const { status, stdout, stderr } = await example.interrupt();
    // Jobs of one endpoint are done in their order.
    expect(stderr).toMatch(/^Reading HKLM\\software\\[^\n]*\\run\\gone on sensor 7: [^\n]+\n$/);
    expect(stdout.split("\n").slice(1)).toEqual([
      `Sensor ID 7: registry key HKLM\\${keys}\\deleted was deleted`,
      `Got result for sensor ID 7 registry key HKLM\\${keys.toUpperCase()}\\Wicked: value is "c:\\temp\\writes.exe"`,
      "Exiting event loop",
      "Encountered the following errors:",
      `  ${stderr.trimEnd()}`,
      "",
    ]);
    expect(status).toBe(1);
  });

  test("a program is run where an event has happened", async () => {
    await using scene = await Scene.open(pipe);
    const args = ["--if", "ingress.event.regmod", "--then", "cmd.exe /c echo It is here"];
    const dry = await scene.listen("if-event-then-run", ...args, "--dry-run");
    const example = await scene.listen("if-event-then-run", ...args);
    await launch(scene, "writes.exe", { regmods: [{ path: `${RUN}\\wicked` }] });
    await example.says(/^cmd\.exe \/c echo It is here on sensor \S+ \(7\) ended with 0:\n {2}It is here$/m);
    expect(await example.interrupt()).toMatchObject({ status: 0, stderr: "" });
    await dry.says(/^Would run cmd\.exe \/c echo It is here on sensor \S+ \(7\)$/m);
    expect((await dry.interrupt()).stdout).not.toContain("ended with");
  });
});

describe("with a file", () => {
  const hit = (watchlist_name: string, document: object, type = "watchlist.hit.binary") =>
    `${JSON.stringify({ type, watchlist_name, watchlist_id: 3, timestamp: 1, docs: [document] })}\n`;

  it("all that have a file are isolated, unless they are too many, and nothing with --dry-run", async () => {
    await using scene = await Scene.open("file");
    const file = join(scene.folder.path, "forwarded.json");
    const endpoint = ["A|2", "B|3"];
    await writeFile(
      file,
      hit("LOCK: both", { md5: MD5, endpoint }) + hit("ISOLATE: few", { md5: MD5, endpoint: ["A|2", "B|3", "C|4"] }),
    );
    const args = ["--file", file, "--most", "2"];
    const dry = await scene.listen("watchlist-automation", ...args, "--dry-run");
    await dry.says(
      new RegExp(`^Would ban binary MD5sum ${MD5}\nWould isolate sensor \\S+\nWould isolate sensor `, "m"),
    );
    await dry.interrupt();
    const banned = (await scene.cb.select(BannedHash).all()).map(({ md5hash }) => String(md5hash).toUpperCase());
    expect(banned).not.toContain(MD5);
    expect((await scene.cb.select(Sensor).all()).filter((sensor) => sensor.network_isolation_enabled)).toEqual([]);
    const example = await scene.listen("watchlist-automation", ...args);
    await example.says(/(Successfully isolated[\s\S]*){2}/);
    const { status, stdout, stderr } = await example.interrupt();
    expect(status).toBe(1);
    expect(stderr).toBe("ISOLATE: few: nobody is isolated, as 3 endpoints have the file (--most)\n");
    expect(stdout).toMatch(/Exiting event loop\nEncountered the following errors:\n {2}ISOLATE: few: nobody.*\n$/);
  });

  it("what makes no sense is said and passed over, and what was handled is not handled again", async () => {
    await using scene = await Scene.open("file");
    const file = join(scene.folder.path, "forwarded.json");
    const bad = [
      "{broken\n",
      hit("BAN: no hash", { endpoint: ["A|2"] }),
      hit("ISOLATE: no endpoint", { md5: MD5, endpoint: ["A|x"] }),
      hit("ISOLATE: no such", { sensor_id: 9999 }, "watchlist.hit.process"),
      `${JSON.stringify({ type: "watchlist.hit.process", watchlist_name: 5, docs: [null] })}\n`,
    ];
    await writeFile(file, bad.join("") + hit("BAN: it", { md5: MD5 }));
    const args = ["--file", file, "--position", join(scene.folder.path, "position.json")];
    const first = await scene.listen("watchlist-automation", ...args);
    await first.says(/^Successfully banned/m);
    const { status, stderr } = await first.interrupt();
    expect(status).toBe(1);
    expect(stderr.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/broken|JSON/),
      "watchlist.hit.binary: BAN: no hash: the hit names no MD5",
      "watchlist.hit.binary: ISOLATE: no endpoint: the hit names no endpoint",
      expect.stringMatching(/^watchlist\.hit\.process: .*9999/),
    ]);
    await appendFile(file, hit("BAN: another", { md5: "E".repeat(32) }));
    const second = await scene.listen("watchlist-automation", ...args);
    await second.says(/banned binary MD5sum E{32}/);
    // What was in hand when it was ended comes again; what came before that does not.
    expect((await second.interrupt()).stderr).toBe("");
  });

  it("Ctrl-C ends what waits for an endpoint that is not there", async () => {
    await using scene = await Scene.open("file");
    scene.sandbox.behaviour.liveResponseSlots = 0;
    const example = await scene.listen("get-reg-autoruns");
    await launch(scene, "writes.exe", { regmods: [{ path: `${RUN}\\wicked` }, { path: `${RUN}\\wicked` }] });
    await vi.waitFor(
      () => expect(scene.sandbox.requests.entries().some(({ path }) => path.includes("/cblr/session"))).toBe(true),
      PATIENT,
    );
    const { status, stdout } = await example.interrupt();
    expect(status).toBe(0);
    expect(stdout).toMatch(/Exiting event loop\n\d jobs were not done any more\n$/);
  });
});
