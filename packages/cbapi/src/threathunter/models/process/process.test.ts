import { describe, expect, it } from "vitest";
import { ApiError, ObjectNotFoundError, TimeoutError } from "../../../core/errors.js";
import { Device } from "../../../psc/models/devices/device.js";
import type { CloudRequest } from "../../../test-support/cloud-server.js";
import { cloudServer } from "../../../test-support/cloud-server.js";
import { JumpClock } from "../../../test-support/jump-clock.js";
import { searchServer } from "../../../test-support/search-server.js";
import { CbThreatHunterAPI } from "../../client.js";
import { Binary } from "../binary/binary.js";
import { Tree } from "../tree/tree.js";
import { Process } from "./process.js";

const V1 = "/api/investigate/v1/orgs/{org}/processes";
const V2 = "/api/investigate/v2/orgs/{org}/processes";
const MD5 = "0".repeat(31);
const SHA = "a".repeat(64);

const row = (guid: string, more: object = {}) => ({
  process_guid: guid,
  process_name: `c:\\${guid}.exe`,
  process_hash: [`${MD5}1`, SHA],
  process_pid: [800, 801],
  process_start_time: "2020-08-28T19:14:40.394Z",
  device_id: 7,
  ...more,
});

/** A server that answers each kind of job at the second look. */
async function jobServer(kinds: Readonly<Record<string, (body: object, request: CloudRequest) => object>>, more = {}) {
  let body: object = {};
  const routes: Record<string, (request: CloudRequest) => object> = {};
  for (const [kind, answer] of Object.entries(kinds)) {
    let looks = 0;
    routes[`POST ${V2}/${kind}`] = (request) => {
      body = request.body as object;
      return { job_id: "j" };
    };
    routes[`GET ${V2}/${kind}/j/results`] = (request) =>
      looks++ === 0 ? { contacted: 2, completed: 1 } : { contacted: 2, completed: 2, ...answer(body, request) };
  }
  return cloudServer({ ...routes, ...more }, { clock: new JumpClock() }, CbThreatHunterAPI);
}

describe("a process", () => {
  it("tells what its row tells", async () => {
    const { cb, requests } = await searchServer({
      rows: () => [row("G-1", { process_cmdline: ["a.exe -x"], extra: 5 })],
    });
    const [proc] = await cb.select(Process).all();
    const asked = requests.length;
    expect(proc?.process_md5).toBe(`${MD5}1`);
    expect(proc?.process_sha256).toBe(SHA);
    expect(proc?.process_pids).toEqual([800, 801]);
    expect(proc?.process_start_time).toEqual(new Date("2020-08-28T19:14:40.394Z"));
    expect(proc?.process_cmdline).toEqual(["a.exe -x"]);
    expect(proc?.device_id).toBe(7);
    expect(proc?.get("extra")).toBe(5);
    expect(proc?.parents).toBeUndefined();
    expect(requests).toHaveLength(asked);
  });

  it("has no hashes and no ids where the row has none", async () => {
    const { cb } = await searchServer({ rows: () => [{ process_guid: "G-1" }] });
    const [proc] = await cb.select(Process).all();
    expect([proc?.process_md5, proc?.process_sha256]).toEqual([undefined, undefined]);
    expect(proc?.process_pids).toEqual([]);
  });

  it("is read by its GUID as a job", async () => {
    const { cb, requests, bodies } = await jobServer({
      detail_jobs: () => ({ results: [row("G-1"), row("G-1", { process_name: "older" })] }),
    });
    const proc = cb.select(Process, "G-1");
    expect(requests).toEqual([]);
    expect((await proc).process_name).toBe("c:\\G-1.exe");
    expect(bodies).toEqual([{ process_guids: ["G-1"] }]);
    expect((await proc).isLoaded).toBe(true);
  });

  it("is asked for together with others where many are joined to", async () => {
    const { cb, bodies } = await jobServer({ detail_jobs: () => ({ results: [row("G-1"), row("G-2")] }) });
    const children = ["G-1", "G-2", "G-9"].map(
      (parent_guid) => new Process({ client: cb, key: `C-${parent_guid}`, document: { parent_guid }, completeness: 2 }),
    );
    const parents = await Promise.allSettled(children.map(async (child) => (await child.parent)?.process_name));
    expect(parents).toMatchObject([
      { value: "c:\\G-1.exe" },
      { value: "c:\\G-2.exe" },
      { reason: expect.any(ObjectNotFoundError) as unknown },
    ]);
    // One that is missing among many is asked for by itself, before it is said to be missing.
    expect(bodies).toEqual([{ process_guids: ["G-1", "G-2", "G-9"] }, { process_guids: ["G-9"] }]);
  });

  it("that the server does not have is not found", async () => {
    const { cb } = await jobServer({ detail_jobs: () => ({ results: [] }) });
    await expect(cb.select(Process, "G-9")).rejects.toThrow(ObjectNotFoundError);
  });

  it("is searched for where routes are classic", async () => {
    const { cb, searches } = await searchServer({ rows: () => [row("G-1")] }, { routes: "classic" });
    expect((await cb.select(Process, "G-1")).process_name).toBe("c:\\G-1.exe");
    expect(searches[0]?.body["query"]).toBe("process_guid:G\\-1");
  });

  it("joins to its device, its file and its parent", async () => {
    const { cb, requests } = await jobServer(
      { detail_jobs: () => ({ results: [row("G-0")] }) },
      {
        "GET /appservices/v6/orgs/{org}/devices/7": { id: 7, name: "win7" },
        [`GET /ubs/v1/orgs/{org}/sha256/${SHA}/metadata`]: { sha256: SHA, file_size: 10 },
      },
    );
    const proc = new Process({ client: cb, key: "G-1", document: row("G-1", { parent_guid: "G-0" }), completeness: 2 });
    const device = await proc.device;
    expect(device).toBeInstanceOf(Device);
    expect(device.name).toBe("win7");
    const binary = await proc.binary;
    expect(binary).toBeInstanceOf(Binary);
    expect((await proc.parent)?.process_name).toBe("c:\\G-0.exe");
    expect(requests).toHaveLength(5);
  });
});

const summary = {
  process: row("G-1", { parent_guid: "G-0" }),
  parent: row("G-0"),
  children: [row("G-2"), row("G-3")],
  siblings: [row("G-4")],
};

describe("the family of a process", () => {
  it("comes with its summary, a job", async () => {
    const { cb, requests } = await jobServer({ summary_jobs: () => ({ exception: "", summary }) });
    const found = await cb.select(Process.Summary, "G-1");
    expect(found.process?.process_guid).toBe("G-1");
    expect(found.parent?.process_guid).toBe("G-0");
    expect(found.children.map(({ process_guid }) => process_guid)).toEqual(["G-2", "G-3"]);
    expect(found.siblings.map(({ process_guid }) => process_guid)).toEqual(["G-4"]);
    expect(found.children[0]).toBe(found.children[0]);
    expect(requests).toEqual([
      `POST ${V2}/summary_jobs`,
      `GET ${V2}/summary_jobs/j/results?format=summary`,
      `GET ${V2}/summary_jobs/j/results?format=summary`,
    ]);
    const proc = found.process as Process;
    expect((await proc.children).map(({ process_guid }) => process_guid)).toEqual(["G-2", "G-3"]);
    expect((await proc.siblings).map(({ process_guid }) => process_guid)).toEqual(["G-4"]);
    expect((await proc.summary.parent)?.process_guid).toBe("G-0");
    // The summary is kept, and its parent is as good as read.
    expect((await proc.parent)?.process_name).toBe("c:\\G-0.exe");
    expect(requests).toHaveLength(3);
    expect(proc.parents?.query).toBe("process_guid:G\\-0");
  });

  it("is empty where the server leaves it out", async () => {
    const { cb } = await jobServer({ summary_jobs: () => ({ summary: { process: row("G-1"), siblings: null } }) });
    const found = await cb.select(Process.Summary, "G-1");
    expect([found.parent, found.children, found.siblings]).toEqual([undefined, [], []]);
  });

  it.each([
    ["NOT_FOUND", ObjectNotFoundError],
    ["TOO_MANY_NODES", ApiError],
  ] as const)("is an error where the server says %s", async (exception, kind) => {
    const { cb } = await jobServer({ summary_jobs: () => ({ exception }) });
    await expect(cb.select(Process.Summary, "G-1")).rejects.toThrow(kind);
    await expect(cb.select(Process, "G-1").tree()).rejects.toThrow(
      exception === "NOT_FOUND" ? /no Process/ : exception,
    );
  });

  it("is asked for again until it is whole where routes are classic", async () => {
    const clock = new JumpClock();
    let asked = 0;
    const { cb, requests } = await cloudServer(
      { [`GET ${V1}/summary`]: () => ({ ...summary, incomplete_results: ++asked < 3 }) },
      { routes: "classic", clock },
      CbThreatHunterAPI,
    );
    expect((await cb.select(Process.Summary, "G-1")).children).toHaveLength(2);
    expect(requests).toHaveLength(3);
    expect(clock.pauses).toEqual([500, 500]);
  });

  it("is given up in the end", async () => {
    const { cb } = await cloudServer(
      { [`GET ${V1}/summary`]: () => ({ incomplete_results: true }) },
      { routes: "classic", clock: new JumpClock() },
      CbThreatHunterAPI,
    );
    await expect(cb.select(Process.Summary, "G-1")).rejects.toThrow(TimeoutError);
  });
});

describe("a tree", () => {
  const tree = { ...row("G-1"), children: [{ ...row("G-2"), children: [row("G-4")] }, row("G-3")] };

  it("is a job", async () => {
    const { cb, requests } = await jobServer({ summary_jobs: () => ({ exception: "", tree }) });
    const found = await cb.select(Process, "G-1").tree();
    expect(found).toBeInstanceOf(Tree);
    expect(found.children.map(({ process_guid }) => process_guid)).toEqual(["G-2", "G-3"]);
    expect(found.nodes?.["process_name"]).toBe("c:\\G-1.exe");
    expect([...found.walk()].map(({ process, depth }) => `${process.process_guid} ${depth}`)).toEqual([
      "G-2 0",
      "G-4 1",
      "G-3 0",
    ]);
    expect(requests[0]).toBe(`POST ${V2}/summary_jobs`);
    expect(requests.at(-1)).toBe(`GET ${V2}/summary_jobs/j/results?format=tree`);
  });

  it("is found by the process at its root, and by nothing else", async () => {
    const { cb, requests } = await jobServer({ summary_jobs: () => ({ tree }) });
    const query = cb.select(Tree).where({ process_guid: "G-1" });
    expect((await query.one()).process_guid).toBe("G-1");
    expect(await query.count()).toBe(1);
    const sent = requests.length;
    await expect(cb.select(Tree).all()).rejects.toThrow("required parameter process_guid missing");
    expect(() => query.or({ process_guid: "G-2" })).toThrow(/cannot be called on Tree/);
    expect(() => query.and({ process_guid: "" })).toThrow(/a text/);
    expect(() => query.where({ process_guid: "G", name: "x" } as never)).toThrow(/not by name/);
    expect(requests).toHaveLength(sent);
  });

  it("is put together of all answers where routes are classic, each child once", async () => {
    const answers = [
      { incomplete_results: true, nodes: { name: "a", children: [row("G-2")] } },
      { incomplete_results: false, nodes: { name: "a", children: [row("G-2"), row("G-3")] } },
    ];
    const { cb } = await cloudServer(
      { "GET /threathunter/search/v1/orgs/{org}/processes/tree": () => answers.shift() ?? {} },
      { routes: "classic", clock: new JumpClock() },
      CbThreatHunterAPI,
    );
    const found = await cb.select(Process, "G-1").tree();
    expect(found.children.map(({ process_guid }) => process_guid)).toEqual(["G-2", "G-3"]);
    expect(found.incomplete_results).toBe(false);
  });
});

describe("walks", () => {
  /** Who started whom; G-9 is named by others and not there. */
  const parents: Readonly<Record<string, string>> = {
    "G-1": "G-0",
    "G-2": "G-1",
    "G-3": "G-1",
    "G-4": "G-2",
    "G-0": "G-9",
  };
  const process = (guid: string) => row(guid, { parent_guid: parents[guid] });
  const family = async () => {
    const known = Object.keys(parents);
    return jobServer({
      detail_jobs: (body) => {
        const { process_guids } = body as { process_guids: string[] };
        return { results: process_guids.filter((guid) => known.includes(guid)).map(process) };
      },
      summary_jobs: (body) => {
        const { process_guid } = body as { process_guid: string };
        const children = known.filter((guid) => parents[guid] === process_guid).map(process);
        return { summary: { process: process(process_guid), children, siblings: [] } };
      },
    });
  };

  it("go up as far as the server knows", async () => {
    const { cb } = await family();
    const seen: string[] = [];
    const report = await (await cb.select(Process, "G-4")).walkParents((proc, depth) => {
      seen.push(`${proc.process_guid} ${depth}`);
    });
    expect(seen).toEqual(["G-2 0", "G-1 1", "G-0 2"]);
    expect(report).toEqual({ visited: 3, missing: ["G-9"], repeated: false, truncated: false });
    const short = await (await cb.select(Process, "G-4")).walkParents(() => {}, { maxDepth: 0 });
    expect(short).toEqual({ visited: 1, missing: [], repeated: false, truncated: true });
  });

  it("go down, a process before its children", async () => {
    const { cb } = await family();
    const seen: string[] = [];
    const start = await cb.select(Process, "G-0");
    const report = await start.walkChildren((proc, depth) => {
      seen.push(`${proc.process_guid} ${depth}`);
    });
    expect(seen).toEqual(["G-1 0", "G-2 1", "G-4 2", "G-3 1"]);
    expect(report).toEqual({ visited: 4, missing: [], repeated: false, truncated: false });
    expect(await start.walkChildren(() => {}, { maxDepth: 0 })).toMatchObject({ visited: 1, truncated: true });
    await expect(start.walkChildren(() => {}, { maxDepth: -1 })).rejects.toThrow(/maxDepth/);
  });
});
