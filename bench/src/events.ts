import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { EventConsumer } from "cbapi/events";
import { Connection } from "rabbitmq-client";
import { compare, measure } from "./measure.js";

const BROKER = { host: "127.0.0.1", port: 5672, user: "guest", password: "guest" };
const ROUNDS = 5;
const EVENTS = 10_000;
const WAITING = 50_000;
const PREFETCH = 50;
const KEY = "watchlist.hit.process";

/** A hit of a watchlist, as large as they are: about 2 KB. */
function hit(n: number): object {
  const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0");
  const sensor = (n % 50) + 1;
  const guid = `${hex(sensor, 8)}-0000-${hex(1000 + (n % 30_000), 4)}-01d2-${hex(0x2efd3af50000 + n, 12)}`;
  return {
    server_name: "cb.example.com",
    cb_version: "6.5.2.191219.1200",
    event_timestamp: 1_478_898_271.5 + n / 10,
    watchlist_id: 7,
    watchlist_name: "Newly loaded modules",
    highlights: [{ name: `PREPREPREc:\\windows\\system32\\svchost.exePOSTPOSTPOST`, ids: [`${guid}-00000001`] }],
    docs: [
      {
        ...{ process_guid: guid, unique_id: `${guid}-00000001`, segment_id: 1, sensor_id: sensor },
        ...{ hostname: `HOST-${sensor}`, group: "default group", host_type: "workstation", os_type: "windows" },
        ...{
          process_name: "svchost.exe",
          path: "c:\\windows\\system32\\svchost.exe",
          process_pid: 1000 + (n % 30_000),
        },
        cmdline: `C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule ${n}`,
        ...{ username: "NT AUTHORITY\\SYSTEM", process_md5: hex(n, 32), process_sha256: hex(n, 64) },
        ...{ parent_name: "services.exe", parent_pid: 612, parent_md5: "0".repeat(32) },
        parent_id: `${hex(sensor, 8)}-0000-0264-01d2-2efd3af51186`,
        parent_unique_id: `${hex(sensor, 8)}-0000-0264-01d2-2efd3af51186-000000000001`,
        ...{ start: "2016-11-11T20:59:31.631Z", last_update: "2016-11-11T21:04:31.631Z", terminated: true },
        ...{ comms_ip: -1_062_731_357, interface_ip: -1_062_731_357, modload_count: 61, filemod_count: 4 },
        ...{ regmod_count: 12, netconn_count: 1, crossproc_count: 2, childproc_count: 0, emet_count: 0 },
        ...{
          processblock_count: 0,
          filtering_known_dlls: true,
          emet_config: "",
          logon_type: 5,
          fork_children_count: 0,
        },
        alliance_data_srstrust: ["1b1a5e2e04a4f2a3c3fbc2a8a6d3e3b9"],
        ...{ alliance_score_srstrust: -100, alliance_updated_srstrust: "2016-11-10T08:15:43.000Z" },
        alliance_link_srstrust: "https://services.bit9.com/Services/extinfo.aspx?ak=b8b4e631d4884ad1c56f50e4a5ee9279",
        watchlists: [{ wid: "7", value: "2016-11-11T21:05:02.093Z" }],
      },
    ],
  };
}

async function isThere(): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: BROKER.host, port: BROKER.port, timeout: 2000 });
    const settle = (found: boolean) => {
      socket.destroy();
      resolve(found);
    };
    socket.once("connect", () => settle(true));
    for (const event of ["error", "timeout"]) socket.once(event, () => settle(false));
  });
}

/** An exchange and a queue of this process, filled before each measurement. */
class Filled {
  readonly exchange = `cbapi-bench-${process.pid}`;
  readonly queue = `${this.exchange}-queue`;
  readonly rabbit = new Connection({
    ...{ hostname: BROKER.host, port: BROKER.port, username: BROKER.user, password: BROKER.password },
  });
  readonly #publisher = this.rabbit.createPublisher({ confirm: true });

  async make(): Promise<void> {
    await this.rabbit.exchangeDeclare({ exchange: this.exchange, type: "topic", durable: true });
    await this.rabbit.queueDeclare({ queue: this.queue, durable: true });
    await this.rabbit.queueBind({ queue: this.queue, exchange: this.exchange, routingKey: "#" });
  }

  async fill(events: number): Promise<void> {
    await this.rabbit.queuePurge({ queue: this.queue });
    const CHUNK = 500;
    for (let from = 0; from < events; from += CHUNK) {
      const chunk = Array.from({ length: CHUNK }, (_, i) => from + i);
      await Promise.all(
        chunk.map((n) =>
          this.#publisher.send({ exchange: this.exchange, routingKey: KEY, messageId: String(n) }, hit(n)),
        ),
      );
    }
  }

  async end(): Promise<void> {
    await this.#publisher.close();
    await this.rabbit.queueDelete({ queue: this.queue });
    await this.rabbit.exchangeDelete({ exchange: this.exchange });
    await this.rabbit.close();
  }
}

/** The floor: the client library alone, which parses the JSON. */
async function bare({ queue, rabbit }: Filled, prefetch: number, concurrency: number): Promise<void> {
  let length = 0;
  let left = EVENTS;
  await new Promise<void>((resolve, reject) => {
    const consumer = rabbit.createConsumer(
      { queue, queueOptions: { durable: true }, qos: { prefetchCount: prefetch }, concurrency },
      async ({ body }: { body: { docs: { cmdline: string }[] } }) => {
        length += body.docs[0]?.cmdline.length ?? 0;
        if (--left === 0) setImmediate(() => void consumer.close().then(resolve, reject));
      },
    );
  });
  if (length === 0) throw new Error("nothing was read");
}

async function ours({ queue, exchange }: Filled, prefetch: number, concurrency: number): Promise<void> {
  await using events = new EventConsumer(BROKER, { queue, exchange, prefetch, concurrency });
  let length = 0;
  let left = EVENTS;
  await new Promise<void>((resolve, reject) => {
    events.on(KEY, ({ docs: [document] }) => {
      length += document.cmdline?.length ?? 0;
      if (--left === 0) setImmediate(resolve);
    });
    events.start().catch(reject);
  });
  if (length === 0) throw new Error("nothing was read");
}

async function throughput(filled: Filled): Promise<void> {
  const bytes = JSON.stringify(hit(1)).length;
  console.log(`\nEvents: ${EVENTS.toLocaleString("en")} of ${bytes} bytes wait in a queue; median of ${ROUNDS} rounds`);
  for (const [prefetch, concurrency] of [
    [PREFETCH, 1],
    [500, 20],
  ] as const) {
    const floorName = "rabbitmq-client";
    const costs = await compare(
      ROUNDS,
      {
        [floorName]: () => bare(filled, prefetch, concurrency),
        EventConsumer: () => ours(filled, prefetch, concurrency),
      },
      () => filled.fill(EVENTS),
    );
    const floor = costs[floorName];
    console.log(`  prefetch ${prefetch}, concurrency ${concurrency}`);
    for (const [name, { wall, cpu, peak }] of Object.entries(costs)) {
      const ratio = (mine: number, other: number | undefined) => (mine / (other ?? Number.NaN)).toFixed(2);
      const rate = Math.round((EVENTS / wall) * 1000).toLocaleString("en");
      console.log(
        `    ${name.padEnd(16)} ${rate.padStart(7)} a second (wall x${ratio(wall, floor?.wall)})   CPU ${((cpu * 1000) / EVENTS).toFixed(0).padStart(4)} us each (x${ratio(cpu, floor?.cpu)})   peak heap +${peak.toFixed(0)} MiB`,
      );
    }
  }
}

/** Many wait and the handler is slow: what is here is what was fetched ahead, not what waits. */
async function backlog(filled: Filled): Promise<void> {
  const PAUSE = 20;
  console.log(
    `\nEvents: ${WAITING.toLocaleString("en")} wait behind a handler of ${PAUSE} ms for each; memory over 5 seconds`,
  );
  await filled.fill(WAITING);
  for (const prefetch of [PREFETCH, 1000]) {
    let handled = 0;
    const { peak } = await measure(async () => {
      await using events = new EventConsumer(BROKER, { queue: filled.queue, exchange: filled.exchange, prefetch });
      events.on(KEY, async () => {
        await pause(PAUSE);
        handled++;
      });
      await events.start();
      await pause(5000);
    });
    console.log(
      `  ${`EventConsumer, prefetch ${prefetch}`.padEnd(40)} peak heap +${peak.toFixed(1).padStart(6)} MiB, ${handled} handled`,
    );
  }
  const { peak } = await measure(async () => {
    const consumer = filled.rabbit.createConsumer(
      { queue: filled.queue, queueOptions: { durable: true }, concurrency: 1 },
      () => pause(PAUSE),
    );
    await pause(5000);
    await consumer.close();
  });
  console.log(`  ${"rabbitmq-client without a prefetch".padEnd(40)} peak heap +${peak.toFixed(1).padStart(6)} MiB`);
}

export async function events(): Promise<void> {
  if (!(await isThere())) {
    console.log(`\nEvents: skipped, as there is no RabbitMQ at ${BROKER.host}:${BROKER.port}`);
    return;
  }
  const filled = new Filled();
  try {
    await filled.make();
    await throughput(filled);
    await backlog(filled);
  } finally {
    await filled.end();
  }
}
