import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CbResponseAPI, type LiveResponseSession, Sensor } from "cbapi/response";
import type { BenchSandbox, Order, Ready } from "./sandbox-process.js";

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const PATH = "C:\\bench.bin";
const SLOTS = 10;

/** A sandbox in a process of its own. */
async function sandbox(options: BenchSandbox): Promise<{
  cb: CbResponseAPI;
  another(): CbResponseAPI;
  order(order: Order): Promise<void>;
  stop(): Promise<void>;
}> {
  const child = fork(fileURLToPath(new URL("./sandbox-process.js", import.meta.url)), [JSON.stringify(options)]);
  const [{ url, token }] = (await once(child, "message")) as [Ready];
  const another = () => new CbResponseAPI({ url, token, allowHttp: true });
  const cb = another();
  await cb.connect();
  return {
    cb,
    another,
    order: async (order) => {
      const done = once(child, "message");
      child.send(order);
      await done;
    },
    stop: async () => {
      await cb.close();
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

/** One file of 1 MiB from 50 endpoints, against what ten slots allow when each session takes as long as it does alone. */
async function fleet(): Promise<void> {
  const hosts = 50;
  console.log(
    `\nLive Response: 1 MiB from ${hosts} sensors, ${SLOTS} slots, answers after 5 ms, check-ins every 50 ms`,
  );
  const { cb, another, stop } = await sandbox({ hosts: 2 * hosts, size: MIB, delay: 5, tick: 50 });
  const sensors = (await cb.select(Sensor).all())
    .filter(({ os_type, status }) => os_type === 1 && status === "Online")
    .slice(0, hosts);
  const job = async (session: LiveResponseSession) => (await session.getFile(PATH)).length;

  const alone: number[] = [];
  for (const sensor of [...sensors.slice(0, 3), ...sensors.slice(0, 15)]) {
    const start = performance.now();
    await using session = await sensor.lrSession();
    await job(session);
    await session.close();
    alone.push(performance.now() - start);
  }
  const ids = sensors.map(({ id }) => id);
  // The first ones warm the machine up.
  const one = median(alone.slice(3));
  const bound = (one * sensors.length) / SLOTS;
  for (let round = 1; round <= 4; round++) {
    await using own = another();
    await own.connect();
    const cpu = process.cpuUsage();
    const start = performance.now();
    let bytes = 0;
    for await (const { value = 0 } of own.liveResponse.run(job, ids)) bytes += value;
    await own.liveResponse.close();
    const wall = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    if (bytes !== sensors.length * MIB) throw new Error(`${bytes} bytes came of ${sensors.length} MiB`);
    console.log(
      `  round ${round}: ${sensors.length} files in ${wall.toFixed(0)} ms; bound ${bound.toFixed(0)} ms (${one.toFixed(0)} ms alone): x${(wall / bound).toFixed(2)}   CPU of the client ${((user + system) / 1000).toFixed(0)} ms`,
    );
  }
  await stop();
}

/** The most memory of this process above where it began, in MiB. */
async function growth(work: () => Promise<unknown>): Promise<{ rss: number; heap: number; wall: number }> {
  globalThis.gc?.();
  const before = process.memoryUsage();
  let { rss, heapUsed } = before;
  const sampler = setInterval(() => {
    const now = process.memoryUsage();
    rss = Math.max(rss, now.rss);
    heapUsed = Math.max(heapUsed, now.heapUsed);
  }, 50);
  const start = performance.now();
  await work();
  clearInterval(sampler);
  return {
    rss: (rss - before.rss) / MIB,
    heap: (heapUsed - before.heapUsed) / MIB,
    wall: performance.now() - start,
  };
}

/** A file of 2 GiB down and up, over a connection that is cut once in each direction. */
export async function large(): Promise<void> {
  const size = 2 * GIB;
  console.log("\nLive Response: 2 GiB, the connection cut once after 1 GiB");
  const folder = await mkdtemp(join(tmpdir(), "cbapi-bench-"));
  const { cb, order, stop } = await sandbox({ hosts: 12, size, delay: 0, tick: 50 });
  try {
    await using session = await (await cb.select(Sensor, 1)).lrSession({ commandTimeout: 3_600_000 });
    const local = join(folder, "bench.bin");
    // What any transfer needs is there already; not by bytes(), which would leave room for what is to be measured.
    await session.downloadFile(PATH, local, { count: 8 * MIB });
    await rm(local);
    const show = (name: string, { rss, heap, wall }: Awaited<ReturnType<typeof growth>>) =>
      console.log(
        `  ${name.padEnd(5)} ${(wall / 1000).toFixed(1).padStart(6)} s   memory +${rss.toFixed(0)} MiB resident, +${heap.toFixed(0)} MiB heap`,
      );

    await order({ cutDown: GIB });
    show(
      "down",
      await growth(async () => {
        const done = await session.downloadFile(PATH, local);
        if (done.size !== size) throw new Error(`${done.size} bytes came of ${size}`);
      }),
    );
    await rm(local);

    const file = await open(local, "w");
    await file.truncate(size);
    await file.close();
    await order({ cutUp: GIB });
    show(
      "up",
      await growth(async () => {
        const done = await session.putFile({ path: local }, "C:\\temp\\bench.bin", { verify: true });
        if (done.size !== size) throw new Error(`${done.size} bytes went of ${size}`);
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
    await stop();
  }
}

export async function liveResponse(): Promise<void> {
  await fleet();
  await large();
}
