// What tests of Live Response in the Cloud work with besides given-cloud.ts: twelve devices that check in often.
import type { SandboxOptions } from "@cbapi/sandbox";
import { CbPSCBaseAPI, type CbPSCOptions } from "cbapi/psc";
import { beforeEach, expect } from "vitest";
import { asked, cloudAccess, sandbox, useCloudAs } from "./given-cloud.js";
import { hurriedClock } from "./hurried-clock.js";
import { COMPANY, LocalFolder } from "./live-response.js";

/** The client that is tested: a new one for each test, which hardly pauses. */
export let cb: CbPSCBaseAPI;
/** Where the test puts what it fetches. */
export let local: LocalFolder;

/** What a client is made with that hardly pauses. */
export const hurriedAccess = (): CbPSCOptions => ({ ...cloudAccess(), clock: hurriedClock });

/** Another such client of the platform. */
export const hurriedClient = (options: CbPSCOptions = {}): CbPSCBaseAPI =>
  new CbPSCBaseAPI({ ...hurriedAccess(), ...options });

/** Starts a sandbox for the tests of this file, and stops it behind them. */
export function useCloudEndpoints(options: SandboxOptions = {}, clientOptions: CbPSCOptions = {}): void {
  const given = useCloudAs(CbPSCBaseAPI, { ...COMPANY, ...options }, false, { clock: hurriedClock, ...clientOptions });
  beforeEach(async () => {
    ({ cb } = given);
    local = await LocalFolder.make();
    return async () => {
      sandbox.liveResponse.configure({ faults: null });
      await local.remove();
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

/** What was sent since this was last asked, each once, with `{s}` for ids of sessions. */
export const sent = (): string[] => [...new Set(asked().map((request) => request.replace(/\d+:\d+/, "{s}")))];
