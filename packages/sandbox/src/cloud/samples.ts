import { readFileSync } from "node:fs";
import { request } from "node:https";
import { afterAll, beforeAll } from "vitest";
import type { SandboxOptions } from "../options.js";
import { Sandbox } from "../sandbox.js";
import type { TokenOptions } from "../server/tokens.js";
import { cloudToken } from "./accounts.js";

/** What a request was answered with; the body is read as JSON where it is. */
export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  // biome-ignore lint/suspicious/noExplicitAny: documents are looked into at will here
  body: any;
  bytes: Buffer;
}

/** Sends a request; `{org}` in a path is the key of the organisation. */
export type Ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;

/** Asks over HTTPS, and trusts nothing but the sandbox's own authority. */
export function asker(sandbox: Sandbox, token = sandbox.credentials("cloud").token): Ask {
  const { orgKey = "", caFile = "" } = sandbox.credentials("cloud");
  const ca = readFileSync(caFile);
  return (method, path, body, headers = { "x-auth-token": token }) =>
    new Promise((resolve, reject) => {
      const url = new URL(path.replaceAll("{org}", orgKey), sandbox.url);
      const sent = body === undefined ? undefined : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
      const type = sent === undefined ? {} : { "content-type": "application/json", "content-length": sent.length };
      const going = request(url, { method, ca, headers: { ...headers, ...type } }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const bytes = Buffer.concat(chunks);
          const isJson = answer.headers["content-type"]?.includes("json") === true && bytes.length > 0;
          const read: unknown = isJson ? JSON.parse(bytes.toString()) : bytes.toString();
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: read, bytes });
        });
      });
      going.on("error", reject);
      going.end(sent);
    });
}

/** A sandbox whose time stands still, a client of its main key, and clients of other keys. */
export async function startCloud(options: SandboxOptions = {}): Promise<
  AsyncDisposable & {
    sandbox: Sandbox;
    ask: Ask;
    as: (options: Omit<TokenOptions, "username">) => Ask;
  }
> {
  const sandbox = await Sandbox.start({ organisation: "small", clock: { running: false }, ...options });
  return {
    sandbox,
    ask: asker(sandbox),
    as: (key) => asker(sandbox, cloudToken(sandbox.tokens.add({ username: "someone", ...key }).token)),
    [Symbol.asyncDispose]: () => sandbox.stop(),
  };
}

/** The sandbox of a file of tests, from its set-up on: see {@link useCloud}. */
export let sandbox: Sandbox;
/** Asks with the main key. */
export let ask: Ask;
/** Makes clients of other keys. */
export let as: Awaited<ReturnType<typeof startCloud>>["as"];

/** Starts a sandbox for the tests of this file, and stops it behind them. */
export function useCloud(options: SandboxOptions = {}): void {
  beforeAll(async () => {
    ({ sandbox, ask, as } = await startCloud(options));
  });
  afterAll(() => sandbox.stop());
}
