// Every kind of event that EDR's bus has, through a real RabbitMQ: as JSON, and as sensors send theirs. Messages of sensors are
// put together here from the numbers of their fields, and not from anybody's table.
import { randomBytes } from "node:crypto";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type AnyEvent, EventConsumer } from "cbapi/events";
import { Connection, type Publisher } from "rabbitmq-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isThere, rabbitMq } from "../support/services.js";

const there = await isThere("RabbitMQ");

const GUID = "00000003-0000-0f24-01d2-9f9f8f7b0001";
const CREATED = 0x01d2_9f9f_8f7b_0001n;
const MD5 = "0123456789ABCDEF0123456789ABCDEF";

/** A field: its number with a message, a text or bytes, or with a number. */
type Part = readonly [number: number, value: readonly Part[] | string | Uint8Array | number | bigint | boolean];

function encoded(parts: readonly Part[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of parts) {
    if (typeof value === "number") writer.tag(number, WireType.Varint).int32(value);
    else if (typeof value === "bigint") writer.tag(number, WireType.Varint).int64(value);
    else if (typeof value === "boolean") writer.tag(number, WireType.Varint).bool(value);
    else if (typeof value === "string") writer.tag(number, WireType.LengthDelimited).string(value);
    else if (value instanceof Uint8Array) writer.tag(number, WireType.LengthDelimited).bytes(value);
    else writer.tag(number, WireType.LengthDelimited).bytes(encoded(value));
  }
  return writer.finish();
}

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const utf8 = (text: string) => new Uint8Array(Buffer.from(text));
const HEADER: Part = [
  1,
  [
    [1, 4],
    [4, 131_415_840_000_000_000n],
    [6, 5n],
    [9, CREATED],
    [10, 0x0f24],
    [11, bytes(MD5)],
    [12, "c:\\windows\\system32\\cmd.exe"],
  ],
];
const STRINGS: Part = [
  2,
  [
    [1, 5n],
    [2, utf8("c:\\temp\\x.dll")],
  ],
];
const ENVIRONMENT: Part = [
  13,
  [
    [
      1,
      [
        [1, 3],
        [2, "WIN-1"],
      ],
    ],
  ],
];

const COMMON = { sensor_id: 3, computer_name: "WIN-1", timestamp: new Date("2017-06-10T16:00:00Z") };
const BY_PROCESS = { ...COMMON, process_guid: GUID, pid: 0x0f24, process_path: "c:\\windows\\system32\\cmd.exe" };

/** By the routing key: the part of the message that tells what has happened, and what is read from it. */
const SENSOR_EVENTS: readonly (readonly [key: string, part: Part, expected: object])[] = [
  [
    "ingress.event.procstart",
    [
      3,
      [
        [2, true],
        [3, 4],
        [4, CREATED],
        [6, bytes(MD5)],
        [9, utf8("cmd /c dir")],
        [15, "ACME\\ann"],
      ],
    ],
    {
      ...{
        ...BY_PROCESS,
        event_type: "proc",
        created: true,
        command_line: "cmd /c dir",
        username: "ACME\\ann",
        md5: MD5,
      },
      ...{ path: "c:\\temp\\x.dll", parent_pid: 4, parent_guid: "00000003-0000-0004-01d2-9f9f8f7b0001" },
    },
  ],
  ["ingress.event.procend", [3, [[2, false]]], { ...BY_PROCESS, event_type: "proc", created: false }],
  [
    "ingress.event.moduleload",
    [4, [[3, bytes(MD5)]]],
    { ...BY_PROCESS, event_type: "modload", path: "c:\\temp\\x.dll", md5: MD5 },
  ],
  [
    "ingress.event.filemod",
    [
      5,
      [
        [2, 1],
        [4, bytes(MD5)],
        [5, 1],
      ],
    ],
    {
      ...BY_PROCESS,
      event_type: "filemod",
      action: "create",
      file_md5: MD5,
      filetype_name: "Pe",
      path: "c:\\temp\\x.dll",
    },
  ],
  [
    "ingress.event.netconn",
    [
      6,
      [
        [6, 6],
        [7, utf8("example.com")],
        [8, false],
        [13, 0x0100_a8c0],
        [14, 0xbb01],
      ],
    ],
    {
      ...{ ...BY_PROCESS, event_type: "netconn", direction: "inbound", protocol: 6, domain: "example.com" },
      ...{ remote_ip: "192.168.0.1", remote_port: 443 },
    },
  ],
  [
    "ingress.event.netconn",
    [
      20,
      [
        [1, 17],
        [8, [[2, 0x0100_a8c0]]],
        [12, "ja3 of it"],
      ],
    ],
    {
      ...BY_PROCESS,
      event_type: "netconn",
      direction: "outbound",
      protocol: 17,
      remote_ip: "192.168.0.1",
      ja3: "ja3 of it",
    },
  ],
  [
    "ingress.event.regmod",
    [
      7,
      [
        [2, 2],
        [4, utf8("\\registry\\machine\\software\\x")],
        [5, true],
      ],
    ],
    {
      ...{ ...BY_PROCESS, event_type: "regmod", action: "writeval", path: "\\registry\\machine\\software\\x" },
      ...{ tamper: true, tamper_sent: false },
    },
  ],
  [
    "ingress.event.childproc",
    [
      12,
      [
        [1, true],
        [3, bytes(MD5)],
        [5, "c:\\x.exe"],
        [6, 9n],
        [7, CREATED],
        [12, 1],
      ],
    ],
    {
      ...{
        ...BY_PROCESS,
        event_type: "childproc",
        created: true,
        path: "c:\\x.exe",
        child_pid: 9,
        childproc_type: "Fork",
      },
      ...{ child_process_guid: "00000003-0000-0009-01d2-9f9f8f7b0001", md5: MD5 },
    },
  ],
  [
    "ingress.event.crossprocopen",
    [
      14,
      [
        [
          1,
          [
            [1, 1],
            [2, 9],
            [3, CREATED],
            [4, 0x1f],
            [5, "c:\\lsass.exe"],
          ],
        ],
        [4, false],
      ],
    ],
    {
      ...{ ...BY_PROCESS, event_type: "cross_process", cross_process_type: "open_process", requested_access: 0x1f },
      ...{
        target_path: "c:\\lsass.exe",
        target_process_guid: "00000003-0000-0009-01d2-9f9f8f7b0001",
        is_target: false,
      },
    },
  ],
  [
    "ingress.event.remotethread",
    [
      14,
      [
        [
          2,
          [
            [1, 9],
            [4, bytes(MD5)],
          ],
        ],
        [4, true],
      ],
    ],
    { ...BY_PROCESS, cross_process_type: "remote_thread", target_pid: 9, target_md5: MD5, is_target: true },
  ],
  ["ingress.event.tamper", [15, [[1, 2]]], { ...COMMON, event_type: "tamper", tamper_type: "NetworkDriverUnloaded" }],
  [
    "ingress.event.processblock",
    [
      16,
      [
        [1, 1],
        [2, 2],
        [3, bytes(MD5)],
        [4, "c:\\bad.exe"],
        [5, 0],
      ],
    ],
    {
      ...{ ...COMMON, event_type: "blocked_process", blocked_reason: "Md5Hash", blocked_event: "RunningProcess" },
      ...{ blocked_result: "ProcessTerminated", md5: MD5, path: "c:\\bad.exe" },
    },
  ],
  [
    "ingress.event.emetmitigation",
    [
      17,
      [
        [1, 7n],
        [3, [[1, 4]]],
        [4, "stopped"],
        [5, true],
      ],
    ],
    {
      ...BY_PROCESS,
      event_type: "emet_mitigation",
      mitigation: "Aslr",
      log_message: "stopped",
      blocked: true,
      log_id: 7n,
    },
  ],
  [
    "ingress.event.netconnblocked",
    [
      18,
      [
        [1, 1],
        [14, 0x5000],
      ],
    ],
    { ...BY_PROCESS, event_type: "blocked_netconn", remote_port: 80, direction: "outbound" },
  ],
  [
    "ingress.event.module",
    [
      9,
      [
        [1, utf8(MD5.toLowerCase())],
        [3, 77n],
        [5, "ACME"],
        [21, "Signed"],
      ],
    ],
    {
      ...COMMON,
      event_type: "binary_info",
      md5: MD5,
      size: 77,
      company_name: "ACME",
      digsig: expect.objectContaining({ result: "Signed" }),
    },
  ],
  [
    "ingress.event.filelessscriptload",
    [
      23,
      [
        [1, "1 + 1"],
        [2, "FF"],
      ],
    ],
    { ...BY_PROCESS, event_type: "filelessscriptload", script: "1 + 1", script_sha256: "FF" },
  ],
];

const processHit = { unique_id: `${GUID}-00000002`, process_md5: MD5.toLowerCase(), sensor_id: 3, hostname: "WIN-1" };
const found = { docs: [{ process_guid: GUID, segment_id: "2", process_md5: MD5, computer_name: "WIN-1" }] };
const binaryHit = { md5: MD5, observed_filename: ["c:\\x.exe"], endpoint: ["WIN-1|3"] };
const ingress = {
  feed_id: 24,
  feed_name: "f",
  report_id: "r",
  report_score: 90,
  ioc_type: "dns",
  ioc_value: "x.example",
};
const alert = { unique_id: "3f2d", alert_severity: "54", feed_id: "-1", process_id: GUID, segment_id: "2", md5: MD5 };
const raised = { unique_id: "3f2d", alert_severity: 54, feed_id: -1 };

/** By the routing key: the document, and what is read from it. */
const DOCUMENTS: readonly (readonly [key: string, document: object, expected: object])[] = [
  [
    "watchlist.hit.process",
    { watchlist_id: 7, watchlist_name: "w", docs: [processHit] },
    { watchlist_id: 7, ...found },
  ],
  ["watchlist.hit.binary", { watchlist_id: 7, watchlist_name: "w", docs: [binaryHit] }, { docs: [binaryHit] }],
  [
    "watchlist.storage.hit.process",
    { watchlist_id: 7, process_id: GUID, docs: [processHit] },
    { process_guid: GUID, ...found },
  ],
  [
    "watchlist.storage.hit.binary",
    { watchlist_id: 7, md5: MD5, docs: [{ ...binaryHit, endpoint: "WIN-1|3" }] },
    { md5: MD5, docs: [binaryHit] },
  ],
  [
    "feed.24.ingress.hit.process",
    { ...ingress, process_id: GUID },
    { type: "feed.ingress.hit.process", process_guid: GUID, segment_id: "1" },
  ],
  ["feed.ingress.hit.binary", { ...ingress, md5: MD5 }, { md5: MD5, ioc_value: "x.example" }],
  ["feed.ingress.hit.host", { ...ingress, sensor_id: 3, hostname: "WIN-1" }, { sensor_id: 3, computer_name: "WIN-1" }],
  [
    "feed.storage.hit.process",
    { ...ingress, process_id: GUID, segment_id: 2, docs: [processHit] },
    { segment_id: "2", ...found },
  ],
  [
    "feed.storage.hit.binary",
    { ...ingress, md5: MD5, docs: [{ ...binaryHit, host_count: "2" }] },
    { docs: [{ ...binaryHit, host_count: 2 }] },
  ],
  [
    "feed.24.query.hit.process",
    {
      ...ingress,
      ioc_type: "query",
      ioc_value: JSON.stringify({ index_type: "events", search_query: "q=a%3Ab" }),
      docs: [processHit],
    },
    { type: "feed.query.hit.process", ioc_query_index: "events", ioc_query_string: "a:b", ...found },
  ],
  [
    "feed.query.hit.binary",
    { ...ingress, ioc_type: "query", ioc_value: "q=x", docs: [binaryHit] },
    { docs: [binaryHit] },
  ],
  ["feed.synchronized", { feed_id: 24, feed_name: "f", scan_start_time: null }, { feed_id: 24 }],
  ["cmd.feed.synchronize", { feed_id: 24, full_sync: true }, { feed_id: 24, full_sync: true }],
  ["alert.watchlist.hit.ingress.process", alert, { ...raised, process_guid: GUID }],
  ["alert.watchlist.hit.ingress.binary", { ...alert, host_count: "2" }, { ...raised, host_count: 2 }],
  ["alert.watchlist.hit.ingress.host", { ...alert, sensor_id: "3" }, { ...raised, sensor_id: 3 }],
  [
    "alert.watchlist.hit.query.process",
    { ...alert, ioc_attr: '{"direction":"Inbound"}' },
    { ...raised, ioc_attr: { direction: "Inbound" } },
  ],
  ["alert.watchlist.hit.query.binary", { ...alert, observed_filename: ["x"] }, { ...raised, observed_filename: ["x"] }],
  [
    "binaryinfo.observed",
    { md5: MD5, scores: { alliance_score_x: 5 }, watchlists: {} },
    { md5: MD5, scores: { alliance_score_x: 5 } },
  ],
  ["binaryinfo.host.observed", { md5: MD5, hostname: "WIN-1", sensor_id: 3 }, { computer_name: "WIN-1", sensor_id: 3 }],
  ["binaryinfo.group.observed", { md5: MD5, group: "g" }, { group: "g" }],
  [
    "binarystore.file.added",
    { md5: MD5, size: 5, compressed_size: 3, node_id: 0, file_path: "/x.zip" },
    { size: 5, file_path: "/x.zip" },
  ],
  ["task.error.logged", { message: "no disk" }, { message: "no disk" }],
  ["events.partition.created", { name: "cbevents_2" }, { name: "cbevents_2" }],
];

let rabbit: Connection;
let publisher: Publisher;
const exchange = `cbapi-test-${randomBytes(6).toString("hex")}`;
const arrived: AnyEvent[] = [];
let consumer: EventConsumer;

beforeAll(async () => {
  if (!there) return;
  const { host, port, user, password } = rabbitMq;
  rabbit = new Connection({ hostname: host, port, username: user, password });
  publisher = rabbit.createPublisher({ confirm: true, exchanges: [{ exchange, type: "topic", durable: true }] });
  consumer = new EventConsumer(rabbitMq, { exchange });
  consumer.on("#", (event) => void arrived.push(event));
  await consumer.start();
});
afterAll(async () => {
  if (!there) return;
  await consumer.stop();
  await publisher.close();
  await rabbit.exchangeDelete({ exchange });
  await rabbit.close();
});

async function through(routingKey: string, contentType: string, body: Buffer): Promise<AnyEvent | undefined> {
  const before = arrived.length;
  await publisher.send({ exchange, routingKey, contentType }, body);
  await expect.poll(() => arrived.length, { timeout: 20_000 }).toBe(before + 1);
  return arrived[before];
}

describe.skipIf(!there)("through a broker comes", () => {
  it.each(DOCUMENTS)("%s, as JSON", async (key, document, expected) => {
    const body = Buffer.from(JSON.stringify({ event_timestamp: 1_700_000_000.5, ...document }));
    const event = await through(key, "application/json", body);
    expect(event).toMatchObject({
      type: key.replace(/^feed\.\d+\./, "feed."),
      key,
      timestamp: new Date(1_700_000_000_500),
      ...expected,
    });
  });

  it.each(SENSOR_EVENTS)("%s, as a sensor sends it", async (key, part, expected) => {
    const event = await through(
      key,
      "application/protobuf",
      Buffer.from(encoded([HEADER, STRINGS, part, ENVIRONMENT])),
    );
    expect(event).toMatchObject({ type: key, key, ...expected });
  });
});
