import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Sandbox } from "../../sandbox.js";
import { Store } from "../../store/index.js";
import { KINDS } from "../objects/index.js";
import { type Ask, startSmall, where } from "../samples.js";

const folder = mkdtempSync(join(tmpdir(), "protection-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function everything(ask: Ask): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for (const { name } of KINDS.values()) {
    if (name !== "notification") all[name] = (await ask("GET", `${name}?limit=0`)).body;
  }
  return all;
}

/** What EDR has of a binary. */
async function edr(sandbox: Sandbox, md5: string): Promise<Record<string, unknown>> {
  const headers = { "x-auth-token": sandbox.token };
  const url = `${sandbox.url}/api/v1/binary/${md5}/summary`;
  return (await (await sandbox.handle(new Request(url, { headers }))).json()) as Record<string, unknown>;
}

describe("the objects of App Control", () => {
  it("are the same for the same seed, and others for another", async () => {
    const organisation = { hosts: 16, processes: 600, binaries: 200 };
    const options = { organisation, versions: { response: "7.8.0.230101.1200" } };
    // The address of the server is its own.
    const without = ({ serverConfig: _, ...rest }: Record<string, unknown>): unknown => rest;
    await using first = await startSmall(options);
    await using second = await startSmall(options);
    const all = await everything(first.ask);
    expect(without(await everything(second.ask))).toEqual(without(all));
    await second.sandbox.reset(2);
    expect(without(await everything(second.ask))).not.toEqual(without(all));
    expect((all["computer"] as unknown[]).length).toBe(17);
    const [file] = (all["fileCatalog"] as { md5: string; sha256: string; fileSize: number }[]).slice(-1);
    const binary = await edr(first.sandbox, file?.md5 ?? "");
    expect([binary["sha256"], binary["orig_mod_len"]]).toEqual([file?.sha256, file?.fileSize]);
  });

  it("are those of the guide", async () => {
    await using small = await startSmall();
    const [first] = (await small.ask("GET", "fileInstance?limit=1")).body;
    expect((await small.ask("GET", `computer/${first.computerId}`)).body.name).toBe("DOMAIN\\MYHOSTNAME");
    expect((await small.ask("GET", "policy/3")).status).toBe(200);
    for (const { name } of (await small.ask("GET", "computer")).body) expect(name).toMatch(/^[A-Z]+\\[A-Z0-9-]+$/);
    const names = (await small.ask("GET", "serverConfig?limit=0")).body.map(({ name }: { name: string }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        ...["API_Version", "ParityServerVersion", "WebServerAddress", "BinaryPort", "CBServerUrl"],
        "ParityServerOSDescription",
      ]),
    );
    expect((await small.ask("GET", "fileInstance?q=localState:1&limit=-1")).body.count).toBeGreaterThan(0);
  });

  it("are not made before anybody asks, and what was put there before stays", async () => {
    await using small = await startSmall();
    await small.sandbox.clock.step(60);
    await small.sandbox.put("protection_computer", { id: 2, name: "CORP\\MINE", policyId: 3 });
    await small.sandbox.put("protection_policy", { id: 3, name: "Mine" });
    expect((await small.ask("GET", "computer/2")).body).toMatchObject({ name: "CORP\\MINE", policyName: "Mine" });
    expect((await small.ask("GET", "approvalRequest?limit=-1")).body).toEqual({ count: 6 });
  });

  it("are made while others have their turn, once for all who ask, and what is put there waits", async () => {
    await using small = await startSmall();
    // To the clock that turns are measured with, each step takes as long as a turn may.
    let time = performance.now();
    const clock = vi.spyOn(performance, "now").mockImplementation(() => {
      time += 30;
      return time;
    });
    onTestFinished(() => clock.mockRestore());
    let turns = 0;
    const turn = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      turns += 1;
    };
    const asked = [small.ask("GET", "computer?limit=-1"), small.ask("GET", "policy?limit=-1")];
    const answered = Promise.all(asked);
    let making = true;
    void answered.finally(() => {
      making = false;
    });
    for (let n = 0; n < 10; n++) await turn();
    expect(making).toBe(true);
    const put = small.sandbox.put("protection_computer", { id: 2, name: "CORP\\MINE", policyId: 3 });
    while (making) await turn();
    expect(turns).toBeGreaterThan(100);
    expect((await answered).map(({ body }) => body)).toEqual([{ count: 5 }, { count: 7 }]);
    await put;
    expect((await small.ask("GET", "computer/2")).body).toMatchObject({ name: "CORP\\MINE", policyId: 3 });
  });

  it("are made anew when they were given up on the way, without what was made of them", async () => {
    const file = join(folder, "given-up.db");
    const withoutAddress = async (ask: Ask) => ({ ...(await everything(ask)), serverConfig: undefined });
    const start = async () => {
      const small = await startSmall({ file });
      await small.sandbox.put("protection_policy", { id: 40, name: "Mine" });
      return small;
    };
    const first = await start();
    const whole = await withoutAddress(first.ask);
    await first.sandbox.stop();
    const store = Store.open({ file });
    store.change("DELETE FROM object WHERE kind = 'protection_fileInstance' AND key % 2 = 0");
    store.change("UPDATE object SET key = key + 1000 WHERE kind = 'protection_event'");
    store.internal("protection_made").put(1, { id: 1, complete: false, before: [["protection_policy", 40]] });
    store.close();
    await using small = await startSmall({ file });
    expect(await withoutAddress(small.ask)).toEqual(whole);
  });

  it("are none but the set-up where the organisation is empty", async () => {
    await using small = await startSmall({ organisation: "empty" });
    for (const kind of ["computer", "fileCatalog", "fileInstance", "fileRule", "approvalRequest"]) {
      expect((await small.ask("GET", `${kind}?limit=-1`)).body, kind).toEqual({ count: 0 });
    }
    expect((await small.ask("GET", "policy?limit=-1")).body).toEqual({ count: 7 });
  });

  it("are taken up again from a file, by a server of another version", async () => {
    const file = join(folder, "kept.db");
    {
      await using small = await startSmall({ file });
      await small.ask("PUT", "computer/2", { computerTag: "kept" });
    }
    await using small = await startSmall({ file, versions: { protection: "8.0.0.2562" } });
    expect((await small.ask("GET", "computer/2")).body.computerTag).toBe("kept");
    const [version] = (await small.ask("GET", "serverConfig?q=name:ParityServerVersion")).body;
    expect(version.value).toBe("8.0.0.2562");
    expect((await small.ask("GET", "fileInstance?limit=-1")).body.count).toBeGreaterThan(100);
  });

  it("follow what is started on endpoints, and a rule meets the file that it waited for", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    const { count } = (await ask("GET", "fileCatalog?limit=-1")).body;
    const hash = "0123456789abcdef0123456789abcdef";
    const rule = (await ask("POST", "fileRule", { hash, fileState: 3 })).body;
    await sandbox.launch({ sensor: 1, path: "c:\\temp\\fresh.exe", cmdline: "fresh.exe", md5: hash });
    await sandbox.clock.step(2);
    expect((await ask("GET", "fileCatalog?limit=-1")).body).toEqual({ count: count + 1 });
    const [file] = (await ask("GET", where("fileCatalog", [`md5:${hash}`]))).body;
    expect(file).toMatchObject({ fileName: "fresh.exe", effectiveState: "Banned", prevalence: 1 });
    expect((await ask("GET", `fileRule/${rule.id}`)).body.fileCatalogId).toBe(file.id);
    expect((await ask("GET", where("fileInstance", [`fileCatalogId:${file.id}`]))).body).toMatchObject([
      { computerId: 2, localState: 3, dateCreated: "2026-01-05T09:00:02Z" },
    ]);
  });

  it("have the computers of a log as soon as it has been read", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    expect((await ask("GET", "computer?limit=-1")).body).toEqual({ count: 5 });
    const log = join(folder, "sysmon.jsonl");
    const line = {
      ...{ EventID: 1, Channel: "Microsoft-Windows-Sysmon/Operational", Hostname: "LAB-PC-1" },
      ...{
        UtcTime: "2026-01-04 10:00:01.000",
        ProcessGuid: "{00000000-0000-0000-0000-000000000001}",
        ProcessId: "4001",
      },
      ...{ Image: "C:\\Lab\\probe.exe", CommandLine: "probe.exe", User: "LAB\\anna", ParentProcessId: "900" },
      ...{ ParentProcessGuid: "{00000000-0000-0000-0000-0000000000ff}", ParentImage: "C:\\Windows\\explorer.exe" },
      Hashes: "MD5=0123456789ABCDEF0123456789ABCDEF",
    };
    writeFileSync(log, JSON.stringify(line));
    await sandbox.importFile(log);
    const [computer] = (await ask("GET", where("computer", ["name:*LAB-PC-1"]))).body;
    const [instance] = (await ask("GET", where("fileInstance", ["fileName:probe.exe"]))).body;
    expect(instance).toMatchObject({ computerId: computer.id, pathName: "c:\\lab" });
  });

  it("tell of the server's performance until now, as far back as is asked", async () => {
    await using small = await startSmall();
    const hours = async (query = ""): Promise<string[]> =>
      (await small.ask("GET", `serverPerformance?${query}`)).body.map(
        (row: { dateCreated: string }) => row.dateCreated,
      );
    expect((await hours()).slice(-1)).toEqual(["2026-01-05T09:00:00Z"]);
    expect((await hours()).length).toBe(24);
    expect((await hours("period=2")).length).toBe(2);
    // They are known by their place in the answer only.
    const [first, second] = (await small.ask("GET", "serverPerformance?period=2")).body;
    expect([first.id, second.id, second.dateCreated]).toEqual([1, 2, "2026-01-05T09:00:00Z"]);
    expect((await small.ask("GET", "serverPerformance?period=2&offset=1")).body).toEqual([{ ...second, id: 1 }]);
    expect((await small.ask("GET", "serverPerformance/2?period=2")).body).toEqual(second);
    expect((await small.ask("GET", "serverPerformance/2?period=1")).status).toBe(404);
    small.sandbox.clock.set(Date.UTC(2026, 0, 5, 11, 30));
    expect((await hours("period=1&sort=id")).slice(-1)).toEqual(["2026-01-05T11:00:00Z"]);
  });
});
