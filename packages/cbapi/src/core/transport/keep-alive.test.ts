import { createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { failure, transport } from "../../test-support/transport-server.js";
import { ConnectionError } from "../errors.js";

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/** A server that answers the first request of its first connection, and ends that one in this way at the second. */
async function closing(how: "destroy" | "end" | "resetAndDestroy"): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const first = sockets.size === 0;
    sockets.add(socket);
    let answered = 0;
    socket.on("error", () => {}); // it is cut off on purpose
    socket.on("data", (request) => {
      seen.push(request.toString().split(" ", 2).join(" "));
      if (first && answered > 0) socket[how]();
      else socket.write(ANSWER, () => answered++);
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}`, seen };
}

describe.each(["destroy", "end", "resetAndDestroy"] as const)("A connection that the server gives up (%s)", (how) => {
  it("while a write is sent over it: the write is sent once, and may have been carried out", async () => {
    const { url, seen } = await closing(how);
    const client = transport(url, { poolMaxsize: 1 });
    await client.getJson("/read");
    const write = client.exchange({ method: "POST", path: "/write", json: {} });
    const { message } = await failure(write, ConnectionError);
    expect(message).toContain("It may have been carried out");
    expect(message).not.toMatch(/safe| {2}/);
    expect(seen).toEqual(["GET /read", "POST /write"]);
  });

  it("while a read is sent over it: the read is repeated over another", async () => {
    const { url, seen } = await closing(how);
    const client = transport(url, { poolMaxsize: 1 });
    await client.getJson("/read");
    expect(await client.getJson("/more")).toEqual({});
    expect(seen).toEqual(["GET /read", "GET /more", "GET /more"]);
    expect(client.stats).toEqual({ requests: 3, retries: 1 });
  });
});
