// The same as given.ts for Carbon Black Cloud: what a file of tests is given to work with.
import type { Sandbox, SandboxOptions } from "@cbapi/sandbox";
import { CbPSCBaseAPI, type CbPSCOptions } from "cbapi/psc";
import { beforeEach } from "vitest";
import { useGiven } from "./given-sandbox.js";
import { sharedClock } from "./shared-clock.js";

/** The sandbox of the file, from its set-up on. */
export let sandbox: Sandbox;
/** The client of the platform that is tested: a new one for each test. A client that waits moves the sandbox's time on. */
export let cb: CbPSCBaseAPI;
/** Whatever is read by it was told by the server, and not by what `cb` has written. */
export let other: CbPSCBaseAPI;

/** A client class of the Cloud. */
type CloudClient<C extends CbPSCBaseAPI> = new (options: CbPSCOptions) => C;

/** What a client of any product of the Cloud is made with, to speak to the sandbox, whose certificate it verifies. */
export function cloudAccess(): CbPSCOptions {
  const { url, token, orgKey, caFile } = sandbox.credentials("cloud");
  return { url, token, orgKey, ...(caFile === undefined ? {} : { sslCertFile: caFile }), clock: sharedClock(sandbox) };
}

/** A client of the platform. */
export function cloudClient(options: CbPSCOptions = {}): CbPSCBaseAPI {
  return new CbPSCBaseAPI({ ...cloudAccess(), ...options });
}

/** What was asked for since this was last called: `POST /appservices/v6/orgs/{org}/devices/_search`. */
export function asked(): string[] {
  const { orgKey = "" } = sandbox.credentials("cloud");
  const requests = sandbox.requests.entries().map(({ method, path }) => {
    const text = decodeURIComponent(path.replaceAll("+", " ")).replaceAll(`/orgs/${orgKey}`, "/orgs/{org}");
    return `${method} ${text}`;
  });
  sandbox.requests.clear();
  return requests;
}

/** Those among them that are no reads: neither GET, nor searches, counts and the like by POST. */
export function written(): string[] {
  return asked().filter(
    (request) =>
      !/^GET |^POST \S*\/_(search|facet|scroll|fetch)\b|\/(search|detail|summary|facet)_jobs\b/.test(request),
  );
}

/** Starts a sandbox for the tests of this file or block, whose time stands still unless somebody waits, and stops it. */
export function useCloud(options: SandboxOptions = {}, fresh = true): void {
  const given = useCloudAs(CbPSCBaseAPI, options, fresh);
  beforeEach(() => {
    cb = given.cb;
    other = given.other;
  });
}

/**
 * The same for the client of another product.
 * @returns the clients, which are new ones for each test
 */
export function useCloudAs<C extends CbPSCBaseAPI>(
  Client: CloudClient<C>,
  options: SandboxOptions = {},
  fresh = true,
  clientOptions: CbPSCOptions = {},
): { readonly cb: C; readonly other: C } {
  let clients: readonly [C, C];
  useGiven({
    options: () => options,
    fresh,
    started: (started) => {
      sandbox = started;
    },
    clients: async () => {
      const make = () => new Client({ ...cloudAccess(), ...clientOptions });
      clients = [make(), make()];
      return clients;
    },
  });
  return {
    get cb() {
      return clients[0];
    },
    get other() {
      return clients[1];
    },
  };
}
