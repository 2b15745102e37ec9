// What the sandbox of a file of tests goes through, whichever product is tested.
import { Sandbox, type SandboxOptions } from "@cbapi/sandbox";
import { beforeAll, beforeEach, expect } from "vitest";

/** What differs from product to product. */
export interface GivenSandbox {
  /** Instead of the small organisation, whose time stands still. */
  options(): SandboxOptions | Promise<SandboxOptions>;
  /** Each test finds the sandbox as it was at the start. */
  readonly fresh: boolean;
  started(sandbox: Sandbox): void;
  /** Makes the clients of a test, which are closed behind it. */
  clients(): Promise<readonly { close(): Promise<void> }[]>;
  stopped?(): Promise<void>;
}

/** Starts a sandbox for the tests of this file or block, and stops it behind them. In none of them may anything go wrong inside it. */
export function useGiven({ options, fresh, started, clients, stopped }: GivenSandbox): void {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await Sandbox.start({ organisation: "small", clock: { running: false }, ...(await options()) });
    started(sandbox);
    return async () => {
      await sandbox.stop();
      await stopped?.();
    };
  });
  beforeEach(async () => {
    if (fresh) await sandbox.reset();
    const made = await clients();
    sandbox.requests.clear();
    return async () => {
      sandbox.faults.clear();
      await Promise.all(made.map((client) => client.close()));
      expect(sandbox.requests.failures()).toEqual([]);
    };
  });
}
