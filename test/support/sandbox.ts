import type { Sandbox } from "@cbapi/sandbox";
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
