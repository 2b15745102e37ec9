import type { AddressInfo } from "node:net";
import { createServer, connect as open, type Socket } from "node:net";
import { Sandbox } from "@cbapi/sandbox";

/** What the parent asks for. */
export type Order = { readonly cutDown: number } | { readonly cutUp: number };

/** What it is told at the start. */
export interface Ready {
  readonly url: string;
  readonly token: string;
}

/** How a sandbox for a benchmark is made. */
export interface BenchSandbox {
  readonly hosts: number;
  /** Bytes of `C:\bench.bin` on the endpoints 1 to `hosts`. */
  readonly size: number;
  /** Milliseconds before each answer. */
  readonly delay: number;
  readonly tick: number;
}

const { hosts, size, delay, tick } = JSON.parse(process.argv[2] ?? "{}") as BenchSandbox;
const sandbox = await Sandbox.start({
  tls: false,
  organisation: { hosts, processes: 10 * hosts, binaries: 50 },
  clock: { tickInterval: tick },
  liveResponse: { latency: 0 },
  extraFiles: Array.from({ length: hosts }, (_, index) => ({ sensor: index + 1, path: "C:\\bench.bin", size })),
});
if (delay > 0) sandbox.faults.add({ do: { latency: delay } });

/** Bytes after which the next connection that carries so many is cut, once. */
let cutDown = Number.POSITIVE_INFINITY;
let cutUp = Number.POSITIVE_INFINITY;

// A wire that can be cut in both directions, with nothing else in between.
const wire = createServer((client) => {
  const server = open({ port: Number(new URL(sandbox.url).port), host: "127.0.0.1" });
  const both = (end: (socket: Socket) => void) => [client, server].forEach(end);
  let down = 0;
  let up = 0;
  server.on("data", (chunk: Buffer) => {
    down += chunk.length;
    if (down < cutDown) return;
    cutDown = Number.POSITIVE_INFINITY;
    both((socket) => socket.destroy());
  });
  client.on("data", (chunk: Buffer) => {
    up += chunk.length;
    if (up < cutUp) return;
    cutUp = Number.POSITIVE_INFINITY;
    both((socket) => socket.destroy());
  });
  both((socket) => socket.on("error", () => {}).on("close", () => both((each) => each.destroy())));
  client.pipe(server).pipe(client);
});
await new Promise<void>((resolve) => wire.listen(0, "127.0.0.1", resolve));

process.on("message", (order: Order) => {
  if ("cutDown" in order) cutDown = order.cutDown;
  else cutUp = order.cutUp;
  process.send?.("done");
});
process.on("disconnect", () => {
  wire.close();
  void sandbox.stop().finally(() => process.exit(0));
});
const ready: Ready = { url: `http://127.0.0.1:${(wire.address() as AddressInfo).port}`, token: sandbox.token };
process.send?.(ready);
