// What the SDK loads, and when: in a process of its own, as programs load it.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Sandbox } from "@cbapi/sandbox";
import { expect, it } from "vitest";

const APPWIZ = "08D1631FAF39538A133D94585644D5A8";

/** Names the dependencies at the moment when they are loaded, before they run. */
const hooks = `
import { writeSync } from "node:fs";
const seen = new Set();
export async function load(url, context, next) {
  const name = /node_modules\\/(undici|fflate)\\//.exec(url)?.[1];
  if (name !== undefined && !seen.has(name)) writeSync(1, name + "\\n");
  seen.add(name);
  return next(url, context);
}`;

const program = `
import { writeSync } from "node:fs";
import { register } from "node:module";
register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hooks)}));
const { Binary, CbResponseAPI } = await import("cbapi/response");
writeSync(1, "imported\\n");

const options = JSON.parse(process.env.CLIENT);
const fetch = async () => Response.json({ version: "7.8.0" });
const own = new CbResponseAPI({ ...options, fetch });
await own.getObject("/api/info");
writeSync(1, "fetched\\n");

const cb = new CbResponseAPI(options);
writeSync(1, "made\\n");
await Promise.all([cb.getObject("/api/info"), cb.getObject("/api/info")]);
writeSync(1, "requested\\n");
writeSync(1, (await cb.select(Binary, "${APPWIZ}").file.read(2)).toString() + "\\n");
await cb.close();
`;

it("connections and archives are loaded when they are needed, not when the SDK is imported", async () => {
  const sandbox = await Sandbox.start({ organisation: "small" });
  try {
    const { url, token, caFile } = sandbox;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
      env: { ...process.env, CLIENT: JSON.stringify({ url, token, sslCertFile: caFile, ignoreSystemProxy: true }) },
    });
    const expected = ["imported", "fetched", "made", "undici", "requested", "fflate", "MZ"];
    expect(stdout.trim().split("\n")).toEqual(expected);
  } finally {
    await sandbox.stop();
  }
});
