// Whole trees of processes: in order whatever the order of the answers, with everything that can be wrong with one.
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type Answer, edrServer } from "../../../test-support/edr-server.js";
import { until } from "../../../test-support/until.js";
import { ObjectNotFoundError, Process, type ProcessNode, ServerError, UnauthorizedError } from "../../index.js";
import { formatProcessGuid } from "../../process-guid.js";

/** A process as the server of a test has it. */
interface Kin {
  readonly id: string;
  readonly start: number;
  readonly children: Kin[];
  fate: "there" | "gone" | "broken" | "suppressed";
  /** Whether its parent's summary counts its children. */
  counted: boolean;
  /** How many children the server says there are, and how many of them it has. */
  count?: number;
}

const EPOCH = Date.UTC(2020, 0, 1);
const guid = (pid: number, start: number) => formatProcessGuid({ sensorId: 7, pid, created: new Date(start) });
const kin = (pid: number, start = EPOCH + pid * 1000): Kin => ({
  id: guid(pid, start),
  start,
  children: [],
  fate: "there",
  counted: false,
});

/** Numbers that look random and are the same every time. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

function shuffled<T>(list: readonly T[], roll: (sides: number) => number): T[] {
  const left = [...list];
  return list.flatMap(() => left.splice(roll(left.length), 1));
}

/** Two thousand processes: many small families and a large one, some lost, broken, left out, and some in circles. */
function forest(size = 2000): { readonly root: Kin; readonly wide: Kin; readonly cut: Kin } {
  const roll = dice(42);
  const all = [kin(1)];
  const [root] = all as [Kin];
  const wide = kin(2);
  const cut = kin(3);
  root.children.push(wide, cut);
  all.push(wide, cut);
  for (const [parent, count] of [[wide, 60] as const, [cut, 20] as const]) {
    for (let i = 0; i < count; i++) {
      const child = kin(all.length + 1);
      parent.children.push(child);
      all.push(child);
    }
  }
  cut.count = 90;
  while (all.length < size) {
    const parent = all[3 + roll(all.length - 3)] as Kin;
    if (parent.children.length >= 12 || parent === wide || parent === cut) continue;
    // Some start at the same time, so that their ids decide.
    const child = kin(all.length + 1, EPOCH + roll(500) * 1000);
    parent.children.push(child);
    all.push(child);
  }
  for (const [index, process] of all.slice(3).entries()) {
    const leaf = process.children.length === 0;
    if (leaf) process.counted = index % 3 !== 0;
    if (index % 41 === 0) process.fate = "gone";
    else if (index % 53 === 0) process.fate = "broken";
    else if (leaf && index % 17 === 0) process.fate = "suppressed";
    else if (!leaf && index % 29 === 0) process.children.push(root, all[index] as Kin);
    if (process.fate === "gone" || process.fate === "broken") process.counted = false;
  }
  return { root, wide, cut };
}

/** What the whole tree should give, worked out without a server: `depth id marks`. */
function expected(root: Kin): { readonly lines: string[]; readonly asked: string[] } {
  const lines: string[] = [];
  const asked: string[] = [];
  const seen = new Set([root.id]);
  let level: { readonly process: Kin; readonly path: readonly string[]; readonly marks: string }[] = [
    { process: root, path: [], marks: "" },
  ];
  for (let depth = 0; level.length > 0; depth++) {
    const below: typeof level = [];
    for (const { process, path, marks } of level) {
      const { id, fate } = process;
      const known = marks !== "" ? marks : fate === "there" ? "" : fate;
      lines.push(`${depth} ${id} ${process.count !== undefined && known === "" ? "cut" : known}`);
      if (marks !== "" || fate === "suppressed" || process.counted) continue;
      asked.push(id);
      if (fate !== "there") continue;
      const order = [...process.children].sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
      for (const child of order) {
        const repeated = seen.has(child.id);
        seen.add(child.id);
        const cycle = child.id === id || path.includes(child.id);
        below.push({ process: child, path: [...path, id], marks: cycle ? "cycle" : repeated ? "repeated" : "" });
      }
    }
    level = below;
  }
  return { lines, asked };
}

const line = (node: ProcessNode): string => {
  const mark = [
    node.cycle && "cycle",
    node.repeated && "repeated",
    node.suppressed && "suppressed",
    node.stub && "gone",
    node.failed !== undefined && "broken",
    node.truncated.length > 0 && "cut",
  ].find((name) => name !== false);
  return `${node.depth} ${node.process.id} ${mark ?? ""}`;
};

const path = (id: string) => `/api/v1/process/${id}/0`;
const shown = ({ id, start, fate, counted }: Kin) => ({
  id,
  unique_id: `${id}-000000000001`,
  process_name: `p${start}.exe`,
  start: new Date(start).toISOString(),
  is_suppressed: fate === "suppressed",
  ...(counted ? { childproc_count: 0 } : {}),
});

/** A server with this tree, whose answers take their time and come in any order. */
async function serverOf(root: Kin, seed = 1, answers: Readonly<Record<string, Answer>> = {}) {
  const roll = dice(seed);
  const load = { now: 0, most: 0 };
  const routes: Record<string, (query: URLSearchParams) => Promise<Answer>> = {};
  const waiting = [root];
  for (let process = waiting.pop(); process !== undefined; process = waiting.pop()) {
    const { id, fate, children, count = children.length } = process;
    if (path(id) in routes) continue;
    const list = shuffled(children, roll).map(shown);
    waiting.push(...children);
    routes[path(id)] = async (query) => {
      load.most = Math.max(load.most, ++load.now);
      await new Promise((resolve) => setTimeout(resolve, roll(6)));
      load.now--;
      if (answers[id] !== undefined) return answers[id];
      if (fate === "gone" || fate === "suppressed") return { status: 404, text: "Process not found" };
      if (fate === "broken") return { status: 500, text: "out of memory" };
      return {
        process: { ...shown(process), childproc_count: count },
        children: list.slice(0, Number(query.get("children"))),
      };
    };
  }
  return { ...(await edrServer(routes)), load };
}

describe("a tree of two thousand processes", () => {
  const { root, wide, cut } = forest();
  const { lines, asked } = expected(root);

  it("comes level by level, by start and id, however the answers arrive, and asks for nothing twice", async () => {
    for (const seed of [1, 2]) {
      const { cb, requests, load } = await serverOf(root, seed);
      const tree = (await cb.select(Process, root.id)).tree();
      requests.length = 0;
      const nodes = await tree.all();
      expect(nodes.map(line)).toEqual(lines);
      expect(new Set(requests).size).toBe(requests.length);
      const families = [wide, cut].map(({ id, count = 60 }) => `${path(id)}?children=${count}`);
      expect(new Set(requests)).toEqual(
        new Set([...asked.slice(1).map((id) => `${path(id)}?children=15`), ...families]),
      );
      expect(load.most).toBeLessThanOrEqual(8);
      expect(load.most).toBeGreaterThan(5);
      // What leads to a node is the node itself, not a copy.
      for (const node of nodes) if (node.parent !== undefined) expect(nodes).toContain(node.parent);
      expect(nodes.report().requests).toBe(requests.length);
    }
  });

  it("is reported with everything that is missing", async () => {
    const { cb } = await serverOf(root);
    const tree = await cb.select(Process, root.id).tree();
    const nodes = await tree.all();
    const report = nodes.report();
    expect(tree.report()).toEqual(report);
    const marked = (mark: string) => lines.filter((text) => text.endsWith(` ${mark}`));
    for (const mark of ["repeated", "cycle", "suppressed", "gone", "broken"])
      expect(marked(mark).length).toBeGreaterThan(5);
    expect(report).toMatchObject({
      visited: new Set(lines.map((text) => text.split(" ")[1])).size,
      repeated: marked("repeated").length + marked("cycle").length,
      cycle: true,
      suppressed: marked("suppressed").length,
      missingChildren: 70,
      complete: false,
    });
    expect(report.stubs).toHaveLength(marked("gone").length);
    expect(report.failed).toHaveLength(marked("broken").length);
    expect(report.failed[0]?.error).toBeInstanceOf(ServerError);
    expect(report.truncated).toEqual([{ id: cut.id, by: "server", missing: 70 }]);
    expect(report.reasons).toEqual([
      expect.stringMatching(/^the server no longer has \d+ processes: what they started is not known$/),
      expect.stringMatching(/^the children of \d+ processes could not be read, first: .*out of memory/),
      "70 children of 1 process are missing: the server gives no more of them",
    ]);
    expect(nodes.find(({ process }) => process.id === wide.id)).toMatchObject({ childCount: 60, complete: true });
    expect(nodes.find(({ process }) => process.id === cut.id)).toMatchObject({ childCount: 20, complete: false });
  });

  it("takes as many requests at a time as it is told", async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on("warning", listen);
    const { cb, load } = await serverOf(root, 5);
    const nodes = await (await cb.select(Process, root.id)).tree({ concurrency: 24 }).all();
    process.off("warning", listen);
    expect(nodes.map(line)).toEqual(lines);
    expect(load.most).toBeLessThanOrEqual(24);
    expect(warnings).toEqual([]);
  });

  it("is cut at its limits in the same place every time, and says so", async () => {
    const runs = [];
    for (const seed of [3, 4]) {
      const { cb, requests } = await serverOf(root, seed);
      const nodes = await (await cb.select(Process, root.id)).tree({ maxNodes: 100 }).all();
      expect(nodes.map(({ process }) => process.id)).toEqual(lines.slice(0, 100).map((text) => text.split(" ")[1]));
      expect(requests.length).toBeLessThan(100);
      expect(nodes.report()).toMatchObject({ complete: false });
      expect(nodes.report().reasons.at(-1)).toMatch(
        /^the walk ended at its maxNodes: \d+ processes may have more children$/,
      );
      runs.push(nodes.map(line), nodes.report().truncated);
    }
    expect(runs.slice(0, 2)).toEqual(runs.slice(2));

    const { cb, requests } = await serverOf(root);
    const nodes = await (await cb.select(Process, root.id)).tree({ maxDepth: 2, concurrency: 2 }).all();
    expect(nodes.map(({ process }) => process.id)).toEqual(
      lines.filter((text) => Number(text.split(" ")[0]) <= 2).map((text) => text.split(" ")[1]),
    );
    expect(requests.filter((each) => !each.includes("=15"))).toHaveLength(2);
    const causes = new Set(nodes.report().truncated.map(({ by }) => by));
    expect(causes).toEqual(new Set(["server", "maxDepth"]));
    // A child of which its parent's summary says that it started nobody is not cut off from anything.
    const leaves = nodes.filter(({ depth, childCount }) => depth === 2 && childCount === 0);
    expect(leaves.length).toBeGreaterThan(0);
    expect(leaves.every(({ complete }) => complete)).toBe(true);
  });

  it("ends at once when its caller goes away", async () => {
    const { cb, requests, load } = await serverOf(root);
    const first = await cb.select(Process, root.id);
    const controller = new AbortController();
    const tree = first.tree({ signal: controller.signal });
    let seen = 0;
    const walk = async () => {
      for await (const _ of tree) if (++seen === 50) controller.abort(new Error("enough"));
    };
    await expect(walk()).rejects.toThrow("enough");
    expect(seen).toBe(50);
    const sent = requests.length;
    expect(tree.report()).toMatchObject({ complete: false });
    expect(tree.report()?.reasons.at(-1)).toMatch(/^the walk ended after \d+ processes: enough$/);

    const other = first.tree({ concurrency: 3 });
    for await (const { depth } of other) if (depth === 2) break;
    expect(other.report()?.reasons.at(-1)).toMatch(/^the caller stopped after \d+ processes$/);
    await until(() => load.now === 0);
    expect(requests.length).toBeLessThan(sent + 40);
    await expect(first.tree({ signal: AbortSignal.abort(new Error("gone")) }).all()).rejects.toThrow("gone");
  });

  it("ends a wait for the next node when its reading is ended", async () => {
    const { cb, requests } = await edrServer({ [path(root.id)]: () => new Promise<Answer>(() => {}) });
    await cb.connect();
    const walk = new Process({ client: cb, key: root.id }).tree()[Symbol.asyncIterator]();
    const pending = walk.next();
    await until(() => requests.length > 0);
    expect(walk.report().complete).toBeUndefined();
    expect(await walk.return()).toEqual({ value: undefined, done: true });
    expect(await pending).toEqual({ value: undefined, done: true });
    expect(inspect(walk)).toContain("the caller stopped after 0 processes");
  });
});

describe("a tree", () => {
  /** 1 started 2 and 3, and 2 started 4. */
  function small() {
    const [root, second, third, fourth] = [1, 2, 3, 4].map((pid) => kin(pid)) as [Kin, Kin, Kin, Kin];
    root.children.push(second, third);
    second.children.push(fourth);
    return { root, second, third, fourth };
  }

  it("hangs together in memory, and prints and serialises", async () => {
    const { root, second, third, fourth } = small();
    third.fate = "gone";
    const { cb } = await serverOf(root);
    const tree = (await cb.select(Process, root.id)).tree();
    expect(tree.report()).toBeUndefined();
    const top = await tree.toTree();
    expect(top.children.map(({ process }) => process.id)).toEqual([second.id, third.id]);
    expect([...top].map(({ process }) => process.id)).toEqual([root.id, second.id, fourth.id, third.id]);
    expect(top.children[0]?.children[0]?.parent?.parent).toBe(top);
    expect(inspect(top.children[1])).toBe(`ProcessBranch <p${third.start}.exe ${third.id} at depth 1 (stub)>`);
    expect(inspect(tree)).toBe(`ProcessTree <below ${root.id}>`);
    expect(JSON.parse(JSON.stringify(top))).toMatchObject({
      depth: 0,
      process: { id: root.id },
      children: [
        { parent: root.id, childCount: 1, children: [{ depth: 2 }] },
        { stub: true, children: [] },
      ],
    });
    expect(tree.report()).toMatchObject({ visited: 4, complete: false, stubs: [third.id] });
  });

  it("needs its first process, and a server that lets it in", async () => {
    const { root, second } = small();
    const refused = (status: number) => serverOf(root, 1, { [second.id]: { status, text: "no" } });
    const treeOf = async ({ cb }: Awaited<ReturnType<typeof refused>>) => (await cb.select(Process, root.id)).tree();
    await expect((await treeOf(await refused(401))).all()).rejects.toThrow(UnauthorizedError);
    await expect((await treeOf(await refused(403))).all()).rejects.toMatchObject({ status: 403 });
    expect((await (await treeOf(await refused(400))).all()).report().failed).toMatchObject([{ id: second.id }]);
    root.fate = "gone";
    const { cb } = await serverOf(root);
    await expect((await cb.select(Process, root.id).tree()).toTree()).rejects.toThrow(ObjectNotFoundError);
  });

  it("counts a request that took too long as the failure of one process", async () => {
    const { root, second, third, fourth } = small();
    const routes = {
      [path(root.id)]: { process: shown(root), children: [shown(second), shown(third)] },
      [path(second.id)]: () => new Promise<Answer>(() => {}),
      [path(third.id)]: { process: shown(third), children: [shown(fourth)] },
      [path(fourth.id)]: { process: shown(fourth), children: [] },
    };
    const { cb } = await edrServer(routes);
    const nodes = await (await cb.select(Process, root.id)).tree({ timeout: 100 }).all();
    expect(nodes.map(({ process }) => process.id)).toEqual([root.id, second.id, third.id, fourth.id]);
    expect(nodes[1]?.failed).toMatchObject({ code: "TIMEOUT" });
  });

  it("asks for nobody whom the server cannot know", async () => {
    const { root } = small();
    const unknown = "00000007-ffff-ffff-0000-000000000000";
    const children = [
      { id: unknown, unique_id: `${unknown}-000000000001`, process_pid: -1 },
      { id: unknown, unique_id: `${unknown}-000000000001`, process_name: "again.exe" },
      { process_name: "nameless.exe" },
      { id: "what is this", process_name: "odd.exe" },
    ];
    const { cb, requests } = await edrServer({ [path(root.id)]: { process: { id: root.id }, children } });
    const nodes = await (await cb.select(Process, root.id)).tree().all();
    expect(requests).toHaveLength(1);
    expect(nodes.slice(1).map(({ stub, repeated }) => [stub, repeated])).toEqual(Array(3).fill([true, false]));
    // Left out by its sensor, it has nothing below it, and nothing is asked for.
    const suppressed = { ...shown(kin(9)), is_suppressed: true };
    const other = await edrServer({ [path(root.id)]: { process: { id: root.id }, children: [suppressed] } });
    const [child] = await (await other.cb.select(Process, root.id)).childProcesses();
    expect(await child?.tree().all()).toMatchObject([{ depth: 0, suppressed: true, complete: true }]);
    expect(other.requests).toHaveLength(1);
  });

  it("of a search row does not believe what one segment counts", async () => {
    const { root, second } = small();
    const row = { ...shown(root), childproc_count: 0, segment_id: 5 };
    const { cb } = await edrServer({
      "/api/v1/process": { total_results: 1, results: [row] },
      [path(root.id)]: {
        process: { ...shown(root), childproc_count: 1 },
        children: [shown({ ...second, counted: true })],
      },
    });
    const found = await cb.select(Process).where("process_name:p.exe").first();
    const nodes = await found?.tree().all();
    expect(nodes?.map(({ process }) => process.id)).toEqual([root.id, second.id]);
    expect(nodes?.report()).toMatchObject({ visited: 2, requests: 1, complete: true, reasons: [] });
    // A child that is listed with several segments has children when one of them counts any.
    const twice = [shown({ ...second, counted: true }), { ...shown(second), childproc_count: 2 }];
    const other = await edrServer({ [path(root.id)]: { process: shown(root), children: twice } });
    const report = (await (await other.cb.select(Process, root.id)).tree().all()).report();
    expect(report).toMatchObject({ visited: 2, stubs: [second.id] });
  });

  it("refuses limits that are none", async () => {
    const { cb } = await edrServer({});
    await cb.connect();
    const process = new Process({ client: cb, key: kin(1).id });
    for (const options of [
      { maxDepth: -1 },
      { maxNodes: 0 },
      { concurrency: 0 },
      { concurrency: Number.POSITIVE_INFINITY },
    ]) {
      expect(() => process.tree(options)).toThrow(
        /^(maxDepth|maxNodes|concurrency) wants a whole number from \d on, got /,
      );
    }
    expect(await process.tree({ maxDepth: 0 }).all()).toMatchObject([{ truncated: [{ by: "maxDepth" }] }]);
  });
});
