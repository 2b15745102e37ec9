import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { CbResponseAPI, Process } from "cbapi/response";
import { Agent, request } from "undici";
import { events } from "./events.js";
import { liveResponse } from "./live-response.js";
import { type Cost, compare, measure } from "./measure.js";

const ROUNDS = 5;
const PAGE = 100;

/** A server in a process of its own. */
async function server(rows: number, delay: number): Promise<{ url: string; stop(): void }> {
  const child = fork(
    fileURLToPath(new URL("./server-process.js", import.meta.url)),
    [rows, 50, 200, delay].map(String),
  );
  const [url] = (await once(child, "message")) as [string];
  return { url, stop: () => child.disconnect() };
}

const client = (url: string) => new CbResponseAPI({ url, token: "0".repeat(40), allowHttp: true });

/** The floor: undici and JSON.parse, one page after the other. */
async function plainLoop(url: string, ahead: boolean): Promise<number> {
  const agent = new Agent({ connections: 10 });
  const page = async (start: number) => {
    const path = `/api/v1/process?cb.urlver=1&facet=false&q=process_name%3Asvchost.exe&rows=${PAGE}&sort=last_update+desc&start=${start}`;
    const { body } = await request(url + path, { dispatcher: agent, headers: { "x-auth-token": "0".repeat(40) } });
    return JSON.parse(await body.text()) as { total_results: number; results: { cmdline: string }[] };
  };
  let read = 0;
  let length = 0;
  let next: ReturnType<typeof page> | undefined = page(0);
  while (next !== undefined) {
    const { results, total_results }: Awaited<ReturnType<typeof page>> = await next;
    const more: boolean = read + results.length < total_results;
    next = more && ahead ? page(read + results.length) : undefined;
    for (const row of results) length += row.cmdline.length;
    read += results.length;
    if (more && !ahead) next = page(read);
  }
  await agent.close();
  return length;
}

async function ours(url: string): Promise<number> {
  await using cb = client(url);
  let length = 0;
  for await (const proc of cb.select(Process).where("process_name:svchost.exe")) length += proc.cmdline?.length ?? 0;
  return length;
}

const ratio = (a: number, b: number) => (a / b).toFixed(2);
const ms = (number: number) => `${number.toFixed(0)} ms`.padStart(9);

function row(name: string, cost: Cost, floor: Cost): void {
  const { wall, cpu, peak } = cost;
  console.log(
    `  ${name.padEnd(34)} wall ${ms(wall)} (x${ratio(wall, floor.wall)})   CPU ${ms(cpu)} (x${ratio(cpu, floor.cpu)})   peak heap +${peak.toFixed(0)} MiB`,
  );
}

async function paging(): Promise<void> {
  const rows = 20_000;
  console.log(
    `\n${rows.toLocaleString("en")} rows at ${PAGE} per page, answers after 5 ms; median of ${ROUNDS} rounds`,
  );
  const { url, stop } = await server(rows, 5);
  const floorName = "undici + JSON.parse, one ahead";
  const costs = await compare(ROUNDS, {
    [floorName]: () => plainLoop(url, true),
    "undici + JSON.parse, none ahead": () => plainLoop(url, false),
    cbapi: () => ours(url),
  });
  const floor = costs[floorName];
  if (floor !== undefined) for (const [name, cost] of Object.entries(costs)) row(name, cost, floor);
  stop();
}

async function joins(): Promise<void> {
  console.log("\n2,000 processes with sensor.hostname and binary, over 50 sensors and 200 binaries");
  const { url, stop } = await server(2000, 5);
  const counts = async () => (await (await fetch(`${url}/counts`)).json()) as Record<string, number>;
  const read = async (include: boolean) => {
    await using cb = client(url);
    const query = cb.select(Process).where("process_name:svchost.exe");
    let signed = 0;
    for await (const proc of include ? query.include("sensor", "binary") : query) {
      const hostname = await proc.sensor.hostname;
      const binary = await proc.binary;
      if (hostname !== undefined && binary?.signed === true) signed++;
    }
    if (signed !== 2000) throw new Error(`expected 2,000 signed processes, found ${signed}`);
  };
  for (const include of [false, true]) {
    await read(include);
    await counts();
    const cost = await measure(() => read(include));
    const requests = await counts();
    console.log(
      `  ${(include ? 'include("sensor", "binary")' : "joins as they are read").padEnd(34)} wall ${ms(cost.wall)}   CPU ${ms(cost.cpu)}`,
    );
    for (const [route, count] of Object.entries(requests)) console.log(`      ${String(count).padStart(5)} ${route}`);
  }
  stop();
}

async function memory(): Promise<void> {
  console.log("\nPeak heap while iterating, by number of rows (1,000 a page, no delay)");
  for (const rows of [10_000, 40_000, 160_000]) {
    const { url, stop } = await server(rows, 0);
    const cost = await measure(async () => {
      await using cb = client(url);
      let seen = 0;
      // Past the highest offset the reading goes on by time, which this server does not know.
      for await (const _ of cb.select(Process).where("process_name:svchost.exe").batchSize(1000))
        if (++seen >= 99_000) break;
    });
    console.log(
      `  ${rows.toLocaleString("en").padStart(9)} rows   +${cost.peak.toFixed(1).padStart(6)} MiB   ${ms(cost.wall)}`,
    );
    stop();
  }
}

console.log(`Node ${process.versions.node}, ${process.platform} ${process.arch}`);
await paging();
await joins();
await memory();
await liveResponse();
await events();
