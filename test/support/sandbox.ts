import { setImmediate as nextTurn } from "node:timers/promises";
import type { FaultRule, Sandbox } from "@cbapi/sandbox";
import { CbResponseAPI, type CbResponseOptions } from "cbapi/response";

/** A client of a sandbox, which verifies the sandbox's certificate. */
export function clientOf(sandbox: Sandbox, options: CbResponseOptions = {}): CbResponseAPI {
  const { url, token, caFile } = sandbox;
  return new CbResponseAPI({ url, token, ...(caFile === undefined ? {} : { sslCertFile: caFile }), ...options });
}

/** The paths that were asked for since this was last called. */
export function requested(sandbox: Sandbox): string[] {
  const paths = sandbox.requests.entries().map((entry) => entry.path);
  sandbox.requests.clear();
  return paths;
}

/** What was asked for since this was last called, with the method: `PUT /api/v1/sensor/3`. */
export function sent(sandbox: Sandbox): string[] {
  const requests = sandbox.requests.entries().map(({ method, path }) => `${method} ${path}`);
  sandbox.requests.clear();
  return requests;
}

/** The writes among them. */
export function written(sandbox: Sandbox): string[] {
  return sent(sandbox).filter((request) => !request.startsWith("GET "));
}

/** Has the server commit a fault. `met()` resolves when it has met its first request, as long as it is in force. */
export function commit(sandbox: Sandbox, rule: FaultRule): { met(): Promise<void> } {
  const [id] = sandbox.faults.add(rule);
  return {
    met: async () => {
      for (;;) {
        const fault = sandbox.faults.list().find((each) => each.id === id);
        if (fault === undefined) throw new Error("The fault was taken away before it met a request");
        if (fault.applied > 0) return;
        await nextTurn();
      }
    },
  };
}

/** A client whose log is kept, with the times taken out of it. `taken()` gives the lines since it was last called. */
export function loggedClientOf(
  sandbox: Sandbox,
  options: CbResponseOptions = {},
): { cb: CbResponseAPI; taken(): string[] } {
  let lines: string[] = [];
  const keep = (line: string) => lines.push(line.replace(/took \d+\.\d{3}s/, "took 0.000s"));
  const cb = clientOf(sandbox, { ...options, logger: { debug: keep, info: keep, warn: keep, error: keep } });
  return {
    cb,
    taken: () => {
      const taken = lines;
      lines = [];
      return taken;
    },
  };
}
