import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sandbox, SandboxOptions } from "@cbapi/sandbox";
import { type CbResponseAPI, type LiveResponseSession, Sensor } from "cbapi/response";
import { beforeEach, expect } from "vitest";
import { sandbox, useSandbox } from "./given.js";

/** Twelve endpoints: a Windows server with a second disk is the 7th, the Linux one the 10th. */
export const SMALL_COMPANY = { hosts: 12, processes: 300, binaries: 60 } as const;
export const WINDOWS = 7;
export const LINUX = 10;

/** A sandbox of it, whose endpoints check in often. */
export const COMPANY: SandboxOptions = { organisation: SMALL_COMPANY, clock: { tickInterval: 20 } };

/** Where the test puts what it fetches, in files that `useEndpoints()`. */
export let local: LocalFolder;

/**
 * {@link useSandbox} with {@link COMPANY}. Each test has an empty folder, and leaves no faults of endpoints behind.
 */
export function useEndpoints(options: SandboxOptions = {}): void {
  useSandbox({ ...COMPANY, ...options }, { hurried: true });
  beforeEach(async () => {
    local = await LocalFolder.make();
    return async () => {
      sandbox.liveResponse.configure({ faults: null });
      await local.remove();
    };
  });
}

/** A session by the sensor itself. */
export async function sessionWith(cb: CbResponseAPI, sensor: number): Promise<LiveResponseSession> {
  return (await cb.select(Sensor, sensor)).lrSession();
}

/** Checks by the sandbox's own count that nothing is left of any session. */
export function expectNothingLeft(sandbox: Sandbox): void {
  const { slots, sessions, held, files } = sandbox.liveResponse.stats();
  expect({ used: slots.used, held, files, pending: sessions.pending, active: sessions.active }).toEqual({
    ...{ used: 0, held: 0, files: 0, pending: 0, active: 0 },
  });
}

/** A folder of this computer for what a test fetches. */
export class LocalFolder {
  private constructor(readonly path: string) {}

  static async make(): Promise<LocalFolder> {
    return new LocalFolder(await mkdtemp(join(tmpdir(), "cbapi transfers ")));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** The names in it, hidden ones included. */
  async names(): Promise<string[]> {
    return (await readdir(this.path)).sort();
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
