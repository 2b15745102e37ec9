import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Store } from "../../store/store.js";
import { FeedUnreachable, fetchFeed } from "./fetch.js";

describe("a fetch", () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      // Silent altogether, silent after the first byte, or never done.
      if (request.url === "/silent") return;
      response.writeHead(200);
      response.write(" ");
      if (request.url !== "/drip") return;
      const timer = setInterval(() => response.write(" "), 10);
      response.on("close", () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const store = Store.open();
  const fetch = (path: string, signal: AbortSignal, timeLimit: number): Promise<unknown> => {
    const address = { feed_url: url + path, validate_server_cert: null, username: null, password: null };
    const keys = { ssl_client_crt: null, ssl_client_key: null };
    return fetchFeed({ store, folder: undefined }, { ...address, ...keys }, signal, timeLimit);
  };
  const litter = (): unknown[] => Array.from({ length: 40 }, () => Buffer.alloc(1_000_000));

  it.each(["/silent", "/slow", "/drip"])(
    "ends when its time is over, whatever is collected meanwhile (%s)",
    async (path) => {
      const timer = setInterval(() => {
        litter();
        globalThis.gc?.();
      }, 20);
      const failure = await fetch(path, new AbortController().signal, 300).catch((error: unknown) => error);
      clearInterval(timer);
      expect(failure).toBeInstanceOf(FeedUnreachable);
      expect(String(failure)).toContain("takes too long");
    },
  );

  it("ends when its client goes away", async () => {
    const end = new AbortController();
    server.once("request", () => end.abort());
    await expect(fetch("/silent", end.signal, 60_000)).rejects.toThrow();
    await expect(fetch("/silent", AbortSignal.abort(), 60_000)).rejects.toThrow();
  });
});
