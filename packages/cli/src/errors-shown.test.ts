import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { type CertificateVariant, type FaultAction, Sandbox } from "@cbapi/sandbox";
import { ObjectNotFoundError } from "cbapi";
import { CbResponseAPI, Sensor } from "cbapi/response";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorText } from "./shown-error.js";
import { type Ended, runCli, runHere, temporaryFolder } from "./test-support/run-cli.js";

const TOKEN = "0123456789abcdef0123456789abcdef01234567";

/** One clear error: a line for people, no stack, no token, and the exit code of a failure. */
function expectOneError({ code, stdout, stderr }: Ended, ...words: readonly (string | RegExp)[]): void {
  const errors = stderr.split("\n").filter((text) => text.startsWith("cbapi:"));
  expect(errors, stderr).toHaveLength(1);
  for (const word of words) expect(errors[0]).toMatch(word);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr + stdout).not.toContain(TOKEN);
  expect(code).toBe(1);
}

const folder = temporaryFolder();
const sandboxes: Sandbox[] = [];
const servers: Server[] = [];
let sandbox: Sandbox;

/** A sandbox that is only there for its certificate. */
async function withCertificate(variant: CertificateVariant): Promise<Sandbox> {
  const started = await Sandbox.start({ products: [], token: TOKEN, tls: { variant } });
  sandboxes.push(started);
  return started;
}

async function listen(): Promise<number> {
  const server = createServer(() => {});
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const huntOn = (url: string, caFile: string | undefined, ...more: string[]): Promise<Ended> =>
  runHere(["hunt", "--url", url, ...(caFile === undefined ? [] : ["--ssl-cert-file", caFile]), ...more], {
    env: { CBAPI_TOKEN: TOKEN },
    cwd: folder.path,
  });

async function huntWithFault(action: FaultAction): Promise<Ended> {
  sandbox.faults.add({ do: action });
  try {
    return await huntOn(sandbox.url, sandbox.caFile);
  } finally {
    sandbox.faults.clear();
  }
}

beforeAll(async () => {
  sandbox = await Sandbox.start({ organisation: "empty", token: TOKEN });
  sandboxes.push(sandbox);
});

afterAll(async () => {
  await Promise.all(sandboxes.map((each) => each.stop()));
  for (const server of servers) server.close();
  folder.remove();
});

describe("what goes wrong on the way to a server is one clear error", () => {
  test("wrong token", async () => {
    const ended = await runCli(["hunt", "--url", sandbox.url, "--ssl-cert-file", sandbox.caFile ?? ""], {
      env: { CBAPI_TOKEN: "not-the-token" },
      cwd: folder.path,
    });
    expectOneError(ended, "Invalid API token", sandbox.url, "token and url");
    expect(ended.stderr).not.toContain("not-the-token");
  });

  test("wrong certificate authority", async () => {
    const unknown = await withCertificate("unknown-authority");
    expectOneError(
      await huntOn(unknown.url, unknown.caFile),
      unknown.url,
      "certificate",
      /not trusted/,
      "ssl_cert_file",
    );
  });

  test("a certificate that is signed by itself", async () => {
    const selfSigned = await withCertificate("self-signed");
    expectOneError(await huntOn(selfSigned.url, undefined), selfSigned.url, "signed by itself", "ssl_cert_file");
  });

  test("expired certificate", async () => {
    const expired = await withCertificate("expired");
    expectOneError(await huntOn(expired.url, expired.caFile), expired.url, "certificate has expired", "Renew");
  });

  test("certificate for another host", async () => {
    const other = await withCertificate("wrong-host");
    expectOneError(await huntOn(other.url, other.caFile), "another host name", "ssl_verify_hostname");
  });

  test("nothing listens on the port", async () => {
    const port = await listen();
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const url = `https://127.0.0.1:${port}`;
    expectOneError(await huntOn(url, undefined), url, "nothing accepts connections", "host and port");
  });

  test("the port swallows everything", async () => {
    const url = `https://127.0.0.1:${await listen()}`;
    expectOneError(await huntOn(url, undefined, "--timeout", "0.5"), /^cbapi: Timed out/, url, "firewall");
  });

  test("a web page instead of JSON", async () => {
    expectOneError(await huntWithFault({ html: true }), "web page instead of JSON", sandbox.url, "right server");
  });

  test("JSON that ends too early", async () => {
    expectOneError(await huntWithFault({ truncate: 20 }), "/api/info", "cut off");
  });

  test("a query that makes no sense", async () => {
    const { code, stderr } = await huntOn(sandbox.url, sandbox.caFile, "--query", "process_name:(");
    expect(stderr).toMatch(/^cbapi: The server does not understand the query\. /m);
    expect(code).toBe(1);
  });

  test("an object that is not there", async () => {
    const cb = new CbResponseAPI({ url: sandbox.url, token: TOKEN, sslCertFile: sandbox.caFile });
    const error: unknown = await cb.select(Sensor, 4711).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ObjectNotFoundError);
    expect(errorText(error)).toMatch(/^GET \S+\/api\/v1\/sensor\/4711 was answered 404.*No such object/);
    expect(errorText(error)).not.toContain("\n");
    await cb.close();
  });

  test("a profile that is nowhere", async () => {
    const ended = await runHere(["hunt", "--profile", "lab"], { cwd: folder.path });
    expectOneError(ended, "Cannot find credential profile 'lab'", "Files searched", "absent");
  });

  test("no token, and nobody to ask for it", async () => {
    const ended = await runCli(["hunt", "--url", sandbox.url], { cwd: folder.path });
    expectOneError(ended, "There is no token", "--profile", "CBAPI_TOKEN");
  });

  test("a file to import that is not there, or is no log", async () => {
    expectOneError(
      await runHere(["hunt", "--import", "nowhere.json"], { cwd: folder.path }),
      "nowhere.json does not exist",
    );
    const broken = join(folder.path, "broken.zip");
    writeFileSync(broken, "PK\u0003\u0004 and nothing of an archive");
    expectOneError(await runHere(["hunt", "--import", broken]), "broken.zip");
  });

  test("a disk that is full", () => {
    const path = join(folder.path, "results.jsonl");
    const full = { code: "ENOSPC", syscall: "write" };
    expect(errorText(Object.assign(new Error("ENOSPC: no space left on device, write"), full))).toBe(
      "The disk is full.",
    );
    expect(errorText(Object.assign(new Error("ENOSPC: no space left on device, write"), { ...full, path }))).toBe(
      `The disk with ${path} is full.`,
    );
  });

  test("what the server says cannot steer the terminal", async () => {
    const hostile = await huntWithFault({ status: 500, body: "\u001b[2J\u001b]0;owned\u0007 down\u202e" });
    expectOneError(hostile, /\\x1b\[2J/, /\\u202e/);
    expect(hostile.stderr).not.toContain("\u001b");
  });
});
