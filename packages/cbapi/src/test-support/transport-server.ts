import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { expect, onTestFinished } from "vitest";
import type { Clock } from "../core/clock.js";
import { type CredentialOverrides, resolveCredentials } from "../core/credentials/index.js";
import { Transport, type TransportOptions } from "../core/transport/transport.js";

/** The token of every client that {@link transport} makes. Nothing that is shown may hold it. */
export const TOKEN = "SECRETTOKEN0123456789";

/** A clock that jumps over its pauses and remembers them. */
export function jumping(): Clock & { readonly pauses: number[] } {
  let now = Date.UTC(2024, 0, 1);
  const pauses: number[] = [];
  return {
    pauses,
    now: () => now,
    async sleep(milliseconds) {
      pauses.push(milliseconds);
      now += milliseconds;
    },
  };
}

/** Lets a server listen on a port of its own until the test is over. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export type Step = RequestListener | [status: number, body: unknown, headers?: Record<string, string>];

/** A server that answers with these steps in turn, the last one for ever. */
export async function serve(...steps: Step[]): Promise<{ url: string; seen: (IncomingMessage & { body?: string })[] }> {
  const seen: (IncomingMessage & { body?: string })[] = [];
  const url = await listen(
    createServer((request, response) => {
      const step = steps[Math.min(seen.length, steps.length - 1)];
      seen.push(request);
      if (typeof step === "function") {
        step(request, response);
        return;
      }
      void text(request).then((body) => {
        (request as { body?: string }).body = body;
        const [status, content, headers] = step ?? [500, "no step"];
        const plain = typeof content === "string" || Buffer.isBuffer(content);
        response.writeHead(status, { "content-type": plain ? "text/plain" : "application/json", ...headers });
        response.end(plain ? content : JSON.stringify(content));
      });
    }),
  );
  return { url, seen };
}

/** A transport to this server, without proxies, on a clock that jumps. */
export function transport(
  url: string,
  options: Partial<TransportOptions> = {},
  credentials: CredentialOverrides = {},
): Transport {
  const made = new Transport({
    credentials: () => resolveCredentials("response", { url, token: TOKEN, ignoreSystemProxy: true, ...credentials }),
    clock: jumping(),
    allowHttp: true,
    ...options,
  });
  onTestFinished(() => made.close());
  return made;
}

/** The error that some work ends with, which must be of this kind and hold no token. */
export async function failure<E>(work: PromiseLike<unknown>, kind: new (...args: never[]) => E): Promise<E> {
  const error: unknown = await work.then(
    () => "no error",
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(kind);
  expect(inspect(error, { depth: 9 })).not.toContain(TOKEN);
  return error as E;
}

/** Writes part of an answer, then cuts the connection. */
export const cut =
  (part: string, length = 1000): RequestListener =>
  (_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": length });
    response.write(part, () => response.socket?.destroy());
  };
