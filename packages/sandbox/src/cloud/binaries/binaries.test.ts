import { createHash } from "node:crypto";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox.js";
import { type Ask, startCloud } from "../samples.js";

const UBS = "/ubs/v1/orgs/{org}";
const UNKNOWN = "1".repeat(64);

let started: Awaited<ReturnType<typeof startCloud>>;
let sandbox: Sandbox;
let ask: Ask;
/** What a device itself says of the programs that run on it: another way to the same files. */
let running: { md5: string; sha256: string; path: string }[];

beforeAll(async () => {
  started = await startCloud({ organisation: { hosts: 12, processes: 300, binaries: 200 } });
  ({ sandbox, ask } = started);
  const sql = "SELECT DISTINCT h.md5, h.sha256, h.path FROM processes p JOIN hash h ON lower(h.path) = lower(p.path)";
  const run = await ask("POST", "/livequery/v1/orgs/{org}/runs", { sql, device_filter: { os: ["WINDOWS"] } });
  await sandbox.clock.step(8);
  const { body } = await ask("POST", `/livequery/v1/orgs/{org}/runs/${run.body.id}/results/_search`, { rows: 1000 });
  running = body.results
    .map(({ fields }: { fields: unknown }) => fields)
    .filter(({ sha256 }: { sha256?: string }) => sha256);
});
afterAll(() => started[Symbol.asyncDispose]());

it("knows the files that run on devices, in either case of the hash", async () => {
  let found = 0;
  for (const { sha256, md5 } of running) {
    const { status, body } = await ask("GET", `${UBS}/sha256/${sha256.toUpperCase()}/metadata`);
    if (status === 404) continue;
    found += 1;
    expect(body).toMatchObject({
      sha256,
      md5,
      os_type: "WINDOWS",
      architecture: [expect.stringMatching(/^(amd64|x86)$/)],
    });
    expect(body.file_available).toBe(body.available_file_size > 0);
  }
  expect(found).toBeGreaterThan(5);
});

it("says on which devices a file was seen, how it is signed, and what it is called", async () => {
  const { sha256, path } = running.find((each) => /chrome\.exe$/i.test(each.path)) ??
    running[0] ?? { sha256: "", path: "" };
  const device = (await ask("GET", `${UBS}/sha256/${sha256}/summary/device`)).body;
  expect(device.num_devices).toBeGreaterThan(0);
  expect(Date.parse(device.first_seen_device_timestamp)).toBeLessThanOrEqual(
    Date.parse(device.last_seen_device_timestamp),
  );
  const known = await ask("GET", `/appservices/v6/orgs/{org}/devices/${device.first_seen_device_id}`);
  expect(known.body.name).toBe(device.first_seen_device_name);
  const signature = (await ask("GET", `${UBS}/sha256/${sha256}/summary/signature`)).body;
  expect(signature.signatures[0]).toMatchObject({ count: device.num_devices, state: expect.any(String) });
  const { file_paths } = (await ask("GET", `${UBS}/sha256/${sha256}/summary/file_path`)).body;
  expect(file_paths.map((each: { file_path: string }) => each.file_path.toLowerCase())).toContain(path.toLowerCase());
});

it.each(["metadata", "summary/device", "summary/signature", "summary/file_path"])(
  "refuses what is no file: %s",
  async (what) => {
    const unknown = await ask("GET", `${UBS}/sha256/${UNKNOWN}/${what}`);
    expect([unknown.status, unknown.body.error_code]).toEqual([404, "NOT_FOUND"]);
    expect((await ask("GET", `${UBS}/sha256/abc/${what}`)).status).toBe(400);
  },
);

async function collected(): Promise<{ sha256: string; md5: string; file_size: number }[]> {
  const all = [];
  for (const { sha256 } of running) {
    const { body } = await ask("GET", `${UBS}/sha256/${sha256}/metadata`);
    if (body.file_available === true) all.push(body);
  }
  return all;
}

it("gives addresses from which whoever has them gets the bytes, until they expire", async () => {
  const [file, other] = await collected();
  if (file === undefined || other === undefined) throw new Error("no file was collected");
  const asked = [file.sha256.toUpperCase(), UNKNOWN];
  const { body } = await ask("POST", `${UBS}/file/_download`, { sha256: asked, expiration_seconds: 60 });
  expect(body).toMatchObject({ found: [{ sha256: file.sha256 }], not_found: [UNKNOWN], error: [] });
  const { url } = body.found[0];
  expect(new URL(url).host).not.toBe(new URL(sandbox.url).host);
  // Without a token, which is not for that host.
  const got = await ask("GET", url, undefined, {});
  expect((await ask("GET", url)).status).toBe(400);
  const { filedata, metadata } = unzipSync(got.bytes);
  expect(
    createHash("sha256")
      .update(filedata ?? "")
      .digest("hex"),
  ).toBe(file.sha256);
  expect(
    Buffer.from(filedata ?? [])
      .subarray(0, 2)
      .toString(),
  ).toBe("MZ");
  expect(JSON.parse(Buffer.from(metadata ?? []).toString())).toEqual(file);
  const [another] = (await ask("POST", `${UBS}/file/_download`, { sha256: [other.sha256] })).body.found;
  const wrong = [
    url.replace(/X-Signature=./, "X-Signature=z"),
    url.replace(/X-Signature=\w+/, `X-Signature=${new URL(another.url).searchParams.get("X-Signature")}`),
    url.split("?")[0] ?? "",
  ];
  for (const each of wrong) expect((await ask("GET", each, undefined, {})).status, each).toBe(403);
  await sandbox.clock.step(60);
  expect((await ask("GET", url, undefined, {})).status).toBe(403);
  expect((await ask("GET", another.url, undefined, {})).status).toBe(200);
});

it("lists what it cannot give for now as errors", async () => {
  const [file] = await collected();
  sandbox.behaviour.binariesAway = true;
  const { body } = await ask("POST", `${UBS}/file/_download`, { sha256: [file?.sha256, UNKNOWN] });
  sandbox.behaviour.binariesAway = false;
  expect(body).toEqual({ found: [], not_found: [UNKNOWN], error: [file?.sha256] });
});

it.each([
  {},
  { sha256: [] },
  { sha256: ["abc"] },
  { sha256: [1] },
  { sha256: [UNKNOWN], expiration_seconds: 0 },
  { sha256: [UNKNOWN], expiration_seconds: "soon" },
  [],
])("refuses %j", async (body) => {
  expect((await ask("POST", `${UBS}/file/_download`, body)).status).toBe(400);
});

it("opens nothing else without a token", async () => {
  expect((await ask("GET", `${UBS}/sha256/${UNKNOWN}/metadata`, undefined, {})).status).toBe(401);
});

it("lets no address lead to an organisation that is gone", async () => {
  const [file] = await collected();
  const [{ url }] = (await ask("POST", `${UBS}/file/_download`, { sha256: [file?.sha256] })).body.found;
  expect((await ask("GET", url, undefined, {})).status).toBe(200);
  await sandbox.reset();
  expect((await ask("GET", url, undefined, {})).status).toBe(403);
});
