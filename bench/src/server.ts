import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A server that answers like an EDR server and does next to no work: every body is made once, and sent after the delay.
 * It runs as a process of its own, so that what is measured is the client.
 */
export interface BenchServerOptions {
  readonly rows: number;
  readonly sensors: number;
  readonly binaries: number;
  /** Milliseconds before each answer. */
  readonly delay: number;
}

export async function startServer(options: BenchServerOptions): Promise<{ server: Server; url: string }> {
  const pages = new Map<string, Buffer>();
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const route = url.pathname.replace(/[0-9A-F]{32}|\d+(?=$|\/)/g, "*");
    counts.set(route, (counts.get(route) ?? 0) + 1);
    setTimeout(
      () => {
        const body = answer(url);
        response.writeHead(body === undefined ? 404 : 200, {
          "content-type": "application/json",
          "content-length": body?.length ?? 0,
        });
        response.end(body);
      },
      url.pathname === "/counts" ? 0 : options.delay,
    );
  });

  function answer(url: URL): Buffer | undefined {
    const key = url.pathname + url.search;
    if (url.pathname === "/counts") {
      const body = Buffer.from(JSON.stringify(Object.fromEntries(counts)));
      counts.clear();
      return body;
    }
    let body = pages.get(key);
    if (body === undefined) {
      const made = document(url, options);
      if (made === undefined) return undefined;
      body = Buffer.from(JSON.stringify(made));
      // The answers to long lists of hashes are not asked for twice.
      if (key.length < 500) pages.set(key, body);
    }
    return body;
  }

  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function document(url: URL, options: BenchServerOptions): unknown {
  const { pathname, searchParams } = url;
  const last = pathname.split("/").at(-1) ?? "";
  if (pathname === "/api/info") return { version: "6.5.2.191219.1200", cblrEnabled: true };
  if (pathname === "/api/v1/storage/events/partition") return { writer: { name: "writer", status: "hot", info: {} } };
  if (pathname === "/api/v1/process") {
    const start = Number(searchParams.get("start"));
    const end = Math.min(options.rows, start + Number(searchParams.get("rows")));
    const results = [];
    for (let i = start; i < end; i++) results.push(processRow(i, options));
    return { total_results: options.rows, start, elapsed: 0.01, facets: {}, highlights: [], results };
  }
  if (pathname === "/api/v1/binary") {
    const hashes = (searchParams.get("q") ?? "").match(/[0-9A-F]{32}/g) ?? [];
    return {
      total_results: hashes.length,
      start: 0,
      results: hashes.slice(0, Number(searchParams.get("rows"))).map(binary),
    };
  }
  if (/^\/api\/v1\/sensor\/\d+$/.test(pathname))
    return { id: Number(last), computer_name: `HOST-${last}`, group_id: 1 };
  if (pathname.startsWith("/api/v1/binary/")) return binary(pathname.split("/")[4] ?? "");
  return undefined;
}

const LATEST = Date.UTC(2016, 10, 11, 21, 4, 31);

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, "0");

function processRow(i: number, { sensors, binaries }: BenchServerOptions): Record<string, unknown> {
  const sensor = (i % sensors) + 1;
  const pid = 1000 + (i % 30_000);
  const id = `${hex(sensor, 8)}-${hex(pid >>> 16, 4)}-${hex(pid & 0xffff, 4)}-01d2-${hex(0x2efd3af50000 + i, 12)}`;
  const segment = 1_495_465_643_405 + i;
  return {
    id,
    unique_id: `${id}-${hex(segment, 12)}`,
    segment_id: segment,
    sensor_id: sensor,
    hostname: `HOST-${sensor}`,
    group: "default group",
    host_type: "workstation",
    os_type: "windows",
    process_name: "svchost.exe",
    path: "c:\\windows\\system32\\svchost.exe",
    cmdline: `C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule ${i}`,
    username: "NT AUTHORITY\\SYSTEM",
    process_md5: hex(i % binaries, 32),
    process_pid: pid,
    parent_name: "services.exe",
    parent_pid: 612,
    parent_id: `${hex(sensor, 8)}-0000-0264-01d2-2efd3af51186`,
    parent_unique_id: `${hex(sensor, 8)}-0000-0264-01d2-2efd3af51186-000000000001`,
    start: "2016-11-11T20:59:31.631Z",
    // Ten rows a second, the latest first, as the server sorts them.
    last_update: new Date(LATEST - i * 100).toISOString(),
    last_server_update: "2016-11-11T21:05:01.002Z",
    terminated: true,
    comms_ip: -1_062_731_357,
    interface_ip: -1_062_731_357,
    modload_count: 61,
    filemod_count: 4,
    regmod_count: 12,
    netconn_count: 1,
    crossproc_count: 2,
    childproc_count: 0,
    emet_count: 0,
    processblock_count: 0,
    filtering_known_dlls: true,
    emet_config: "",
  };
}

function binary(md5: string): Record<string, unknown> {
  return {
    md5,
    digsig_result: "Signed",
    digsig_publisher: "Microsoft Corporation",
    digsig_sign_time: "2012-07-26T08:56:00Z",
    orig_mod_len: 27_136,
    copied_mod_len: 27_136,
    observed_filename: ["c:\\windows\\system32\\svchost.exe"],
    original_filename: "svchost.exe",
    host_count: 50,
  };
}
