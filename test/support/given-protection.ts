// The same as given.ts for App Control: what a file of tests is given to work with.
import type { Sandbox, SandboxOptions } from "@cbapi/sandbox";
import { CbProtectionAPI, type CbProtectionOptions } from "cbapi/protection";
import { useGiven } from "./given-sandbox.js";
import { sharedClock } from "./shared-clock.js";

/** The sandbox of the file, from its set-up on. */
export let sandbox: Sandbox;
/** The client that is tested: a new one for each test. A client that waits moves the sandbox's time on. */
export let cb: CbProtectionAPI;
/** Whatever is read by it was told by the server, and not by what `cb` has written. */
export let other: CbProtectionAPI;

const API = "/api/bit9platform/v1/";

/** A client of the sandbox, which verifies its certificate. */
export function protectionClient(options: CbProtectionOptions = {}): CbProtectionAPI {
  const { url, token, caFile } = sandbox;
  const clock = sharedClock(sandbox);
  return new CbProtectionAPI({
    url,
    token,
    ...(caFile === undefined ? {} : { sslCertFile: caFile }),
    clock,
    ...options,
  });
}

/** What was asked for since this was last called, without the path of the API: `PUT fileRule/3`, `fileRule?q=hash:...`. */
export function asked(): string[] {
  const requests = sandbox.requests.entries().map(({ method, path }) => {
    const text = decodeURIComponent(path.slice(API.length).replaceAll("+", " "));
    return method === "GET" ? text : `${method} ${text}`;
  });
  sandbox.requests.clear();
  return requests;
}

/** The writes among them. */
export function written(): string[] {
  return asked().filter((request) => /^(POST|PUT|DELETE) /.test(request));
}

/** Starts a sandbox for the tests of this file or block, whose time stands still unless somebody waits, and stops it. */
export function useProtection(options: SandboxOptions = {}, fresh = true): void {
  useGiven({
    options: () => options,
    fresh,
    started: (started) => {
      sandbox = started;
    },
    clients: async () => {
      cb = protectionClient();
      other = protectionClient();
      return [cb, other];
    },
  });
}
