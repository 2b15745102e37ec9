import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { Product } from "./products.js";
import type { RecordedResult, Step } from "./vector.js";

const HOME = "/home/analyst";
const WORK = "/home/analyst/work";

/** Where a file of a recording is, for a user whose home and working directory are these. */
function placeOf(name: string): string {
  if (name.startsWith("~/")) return join(HOME, name.slice(2));
  return isAbsolute(name) ? name : resolve(WORK, name);
}

/** The recorded result with its places spelled out: an error names the files that were searched. */
export function withPlaces(result: RecordedResult): RecordedResult {
  if (result.error === undefined) return result;
  const message = result.error.message.replaceAll(" ~/", ` ${HOME}/`).replaceAll(" ./", ` ${WORK}/`);
  return { ...result, error: { ...result.error, message } };
}

/** The credentials that a client finds on a computer with these files and this environment. */
export function findCredentials(product: Product, step: Step): object {
  const files = new Map(Object.entries(step.files ?? {}).map(([name, text]) => [placeOf(name), text]));
  return onComputer(files, step.environment ?? {}, () => {
    const client = product.open({
      ...(step.profile === undefined || step.profile === null ? {} : { profile: step.profile }),
      ...(step.credential_file === undefined || step.credential_file === null
        ? {}
        : { credentialFile: step.credential_file }),
    });
    return client.credentials;
  });
}

/**
 * Runs something on a computer that has these files and no others. Files such as those in /etc cannot be put in place
 * for real, so what node:fs and node:os tell is replaced while it runs; it must not wait for anything.
 */
function onComputer<T>(
  files: ReadonlyMap<string, string>,
  environment: Readonly<Record<string, string>>,
  run: () => T,
): T {
  const before = {
    readFileSync: fs.readFileSync,
    homedir: os.homedir,
    cwd: process.cwd,
    env: process.env,
  };
  const readFile = (path: unknown): Buffer => {
    const text = files.get(String(path));
    if (text !== undefined) return Buffer.from(text);
    throw Object.assign(new Error(`ENOENT: no such file or directory, open '${String(path)}'`), { code: "ENOENT" });
  };
  fs.readFileSync = readFile as typeof fs.readFileSync;
  os.homedir = () => HOME;
  process.cwd = () => WORK;
  process.env = { ...environment };
  syncBuiltinESMExports();
  try {
    return run();
  } finally {
    fs.readFileSync = before.readFileSync;
    os.homedir = before.homedir;
    process.cwd = before.cwd;
    process.env = before.env;
    syncBuiltinESMExports();
  }
}
