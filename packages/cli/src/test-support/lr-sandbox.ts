import { Sandbox, type SandboxOptions } from "@cbapi/sandbox";
import { afterAll, beforeAll } from "vitest";
import { type Ended, type RunOptions, runCli, runHere, temporaryFolder } from "./run-cli.js";

/** The guide's host, which has c:\\test.txt. */
export const HOST = "WIN-IA9NQ1GN8OI";
/** The sensor of an endpoint that is switched off. */
export const OFFLINE = 4;

export interface LrSandbox {
  readonly sandbox: Sandbox;
  /** Where commands run. */
  readonly folder: string;
  /** What a process needs to reach the sandbox. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs a command in a process of its own. */
  cli(args: readonly string[], options?: Pick<RunOptions, "input" | "onOutput">): Promise<Ended>;
  /** The same within this process, which is told of the certificate by an option. */
  here(args: readonly string[]): Promise<Ended>;
}

/** A sandbox of the guide's hosts for the tests of a file or a group of them, with a folder to run commands in. */
export function useLrSandbox(options: SandboxOptions = {}): LrSandbox {
  const folder = temporaryFolder();
  let sandbox: Sandbox;
  beforeAll(async () => {
    // Endpoints look for sessions at each tick.
    sandbox = await Sandbox.start({ organisation: "small", clock: { tickInterval: 50 }, ...options });
    await sandbox.setOnline(OFFLINE, false);
    // Five check-ins that it misses, until the server says so.
    await sandbox.clock.step(12);
  });
  afterAll(async () => {
    await sandbox?.stop();
    folder.remove();
  });
  const server = (): Record<string, string> => ({ CBAPI_URL: sandbox.url, CBAPI_TOKEN: sandbox.token });
  return {
    get sandbox() {
      return sandbox;
    },
    folder: folder.path,
    get env() {
      return { ...server(), NODE_EXTRA_CA_CERTS: sandbox.caFile ?? "" };
    },
    cli(args, more) {
      return runCli(args, { ...more, cwd: folder.path, env: this.env });
    },
    here: (args) => runHere([...args, "--ssl-cert-file", sandbox.caFile ?? ""], { cwd: folder.path, env: server() }),
  };
}
