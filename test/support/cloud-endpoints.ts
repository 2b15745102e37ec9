// What tests of Live Response in the Cloud work with: a sandbox of twelve devices, and clients of both generations.
import { Sandbox, type SandboxOptions } from "@cbapi/sandbox";
import { CbPSCBaseAPI, type CbPSCOptions } from "cbapi/psc";
import { beforeAll, beforeEach, expect } from "vitest";
import { hurriedClock } from "./hurried-clock.js";
import { COMPANY, LocalFolder } from "./live-response.js";

/** The sandbox of the file, from its set-up on. */
export let sandbox: Sandbox;
/** The client that is tested: a new one for each test. */
export let cb: CbPSCBaseAPI;
/** Where the test puts what it fetches. */
export let local: LocalFolder;

/** A client of the sandbox's cloud, which verifies its certificate and hardly pauses. */
export function cloudClient(options: CbPSCOptions = {}): CbPSCBaseAPI {
  return new CbPSCBaseAPI({ ...cloudAccess(), ...options });
}

/** What a client of any product of the Cloud is made with. */
export function cloudAccess(): CbPSCOptions {
  const { url, token, orgKey, caFile } = sandbox.credentials("cloud");
  return { url, token, orgKey, ...(caFile === undefined ? {} : { sslCertFile: caFile }), clock: hurriedClock };
}

/** Starts a sandbox for the tests of this file, whose devices check in often, and stops it behind them. */
export function useCloudEndpoints(options: SandboxOptions = {}, clientOptions: CbPSCOptions = {}): void {
  beforeAll(async () => {
    sandbox = await Sandbox.start({ ...COMPANY, ...options });
    return () => sandbox.stop();
  });
  beforeEach(async () => {
    cb = cloudClient(clientOptions);
    local = await LocalFolder.make();
    sandbox.requests.clear();
    return async () => {
      sandbox.faults.clear();
      sandbox.liveResponse.configure({ faults: null });
      await cb.close();
      await local.remove();
      expect(sandbox.requests.failures()).toEqual([]);
    };
  });
}

/** How many slots of the cloud are taken. */
export const cloudSlots = (): number => sandbox.liveResponse.stats().products["cloud"]?.used ?? Number.NaN;

/** Checks by the sandbox's own count that nothing is left of any session. */
export function expectNothingLeft(): void {
  const { held, files, sessions } = sandbox.liveResponse.stats();
  expect({ used: cloudSlots(), held, files, pending: sessions.pending, active: sessions.active }).toEqual({
    ...{ used: 0, held: 0, files: 0, pending: 0, active: 0 },
  });
}

/** What was sent since this was last asked, each once, with ids of sessions and the key of the organisation left out. */
export function sent(): string[] {
  const { orgKey = "" } = sandbox.credentials("cloud");
  const requests = sandbox.requests.entries().map(
    ({ method, path }) =>
      `${method} ${decodeURIComponent(path)
        .replace(orgKey, "{org}")
        .replace(/\d+:\d+/, "{s}")}`,
  );
  sandbox.requests.clear();
  return [...new Set(requests)];
}
