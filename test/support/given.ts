// What a file of tests is given to work with. It says once what it needs, by `useSandbox`, and imports what it gets by name.
import type { Sandbox, SandboxOptions } from "@cbapi/sandbox";
import type { CbResponseAPI } from "cbapi/response";
import { FeedFolder } from "./feeds.js";
import { useGiven } from "./given-sandbox.js";
import { hurriedClock } from "./hurried-clock.js";
import { clientOf } from "./sandbox.js";
import { sharedClock } from "./shared-clock.js";

/** The sandbox of the file, from its set-up on. */
export let sandbox: Sandbox;
/** The client that is tested: a new one for each test. */
export let cb: CbResponseAPI;
/** Whatever is read by it was told by the server, and not by what `cb` has written. */
export let other: CbResponseAPI;
/** Where the sandbox finds feeds, in files with `feeds`. */
export let feeds: FeedFolder;

/** What a file of tests needs besides a sandbox. */
export interface Needs {
  /** A client that waits moves the sandbox's time on. */
  readonly sharedTime?: boolean;
  /** The pauses of the client are short: where the time of the sandbox runs by itself. */
  readonly hurried?: boolean;
  /** The client has greeted the server before the test begins. */
  readonly connected?: boolean;
  /** Each test finds the sandbox as it was at the start. */
  readonly fresh?: boolean;
  /** A folder to publish feeds in. */
  readonly feeds?: boolean;
}

/**
 * Starts a sandbox for the tests of this file, and stops it behind them: the small organisation, whose time stands still,
 * unless `options` say otherwise. After each test nothing may have gone wrong inside it. Called once, outside of tests.
 */
export function useSandbox(options: SandboxOptions = {}, needs: Needs = {}): void {
  useGiven({
    options: async () => {
      if (needs.feeds !== true) return options;
      feeds = await FeedFolder.make();
      return { ...options, stateDirectory: feeds.stateDirectory };
    },
    fresh: needs.fresh === true,
    started: (started) => {
      sandbox = started;
    },
    clients: async () => {
      const clock =
        needs.sharedTime === true ? sharedClock(sandbox) : needs.hurried === true ? hurriedClock : undefined;
      cb = clientOf(sandbox, clock === undefined ? {} : { clock });
      other = clientOf(sandbox);
      if (needs.connected === true) await cb.connect();
      return [cb, other];
    },
    stopped: async () => {
      if (needs.feeds === true) await feeds.remove();
    },
  });
}
