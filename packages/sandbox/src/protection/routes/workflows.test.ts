import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { type Ask, startSmall, where } from "../samples.js";

const get = async (ask: Ask, path: string) => (await ask("GET", path)).body;

describe("rules for files", () => {
  it("ban everywhere or in some policies, and agents have it after they have reported", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    const [instance] = await get(ask, where("fileInstance", ["computerId:1"], { limit: 1 }));
    const file = await get(ask, `fileCatalog/${instance.fileCatalogId}`);
    const made = await ask("POST", "fileRule", { hash: file.sha256.toUpperCase(), fileState: 3 });
    expect(made).toMatchObject({
      status: 201,
      body: { fileCatalogId: file.id, hash: "", policyIds: "", fileRuleType: "Ban" },
    });
    expect(await get(ask, `fileCatalog/${file.id}`)).toMatchObject({ fileState: 3, effectiveState: "Banned" });
    expect((await get(ask, `fileInstance/${instance.id}`)).localState).toBe(instance.localState);
    await sandbox.clock.step(2);
    expect(await get(ask, `fileInstance/${instance.id}`)).toMatchObject({ localState: 3, detailedLocalState: 5 });
    // The same file and policies: the same rule.
    const again = await ask("POST", "fileRule", { fileCatalogId: file.id, fileState: 1, policyIds: 0 });
    expect([again.status, again.body.id]).toEqual([200, made.body.id]);
    const other = await ask("POST", "fileRule", { hash: file.md5, fileState: 2, policyIds: "3, 4" });
    expect([other.status, other.body.hash, other.body.policyIds]).toEqual([201, file.md5, "3,4"]);
    const clash = await ask("PUT", `fileRule/${other.body.id}`, { policyIds: "0" });
    expect([clash.status, clash.body.Message]).toEqual([400, expect.stringContaining(`Rule ${made.body.id}`)]);
    expect((await ask("PUT", `fileRule/${other.body.id}`, other.body)).status).toBe(200);
    expect((await ask("DELETE", `fileRule/${other.body.id}`)).status).toBe(200);
    expect(await get(ask, `fileCatalog/${file.id}`)).toMatchObject({ fileState: 1 });
    await sandbox.clock.step(2);
    expect((await get(ask, `fileInstance/${instance.id}`)).localState).not.toBe(3);
  });

  it.each([
    [{ fileState: 3, name: "x" }, "hash, fileCatalogId or fileName"],
    [{ hash: "abc", fileState: 3 }, "hash"],
    [{ hash: "a".repeat(32), fileState: 4 }, "fileState"],
    [{ hash: "a".repeat(32), fileState: 3, policyIds: "3,77" }, "77"],
    [{ hash: "a".repeat(32), fileState: 3, reportOnly: true }, "reportOnly"],
    [{ hash: "a".repeat(32), fileState: 2, forceInstaller: true, forceNotInstaller: true }, "forceInstaller"],
    [{ hash: "a".repeat(32), fileState: 3, lazyApproval: true }, "lazyApproval"],
    [{ fileCatalogId: 99999, fileState: 3 }, "fileCatalogId"],
  ])("refuse %j", async (body, named) => {
    await using small = await startSmall();
    const reply = await small.ask("POST", "fileRule", body);
    expect([reply.status, reply.body.Message]).toEqual([400, expect.stringContaining(named)]);
  });

  it("of some policies hold on a computer from its move into one of them", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    await ask("PUT", "computer/2", { policyId: 5 });
    const [instance] = await get(ask, where("fileInstance", ["computerId:2", "localState:1"], { limit: 1 }));
    await ask("POST", "fileRule", { fileCatalogId: instance.fileCatalogId, fileState: 3, policyIds: "4" });
    await sandbox.clock.step(2);
    const state = async (): Promise<number> => (await get(ask, `fileInstance/${instance.id}`)).localState;
    expect(await state()).toBe(1);
    await ask("PUT", "computer/2", { policyId: 4 });
    expect(await state()).toBe(1);
    await sandbox.clock.step(2);
    expect(await state()).toBe(3);
    await ask("PUT", "computer/2", { policyId: 5 });
    await sandbox.clock.step(2);
    expect(await state()).toBe(1);
  });

  it("may be for a file that nobody has seen, or for a name", async () => {
    await using small = await startSmall();
    const hash = "0123456789abcdef".repeat(4);
    const unseen = await small.ask("POST", "fileRule", { hash, fileState: 3 });
    expect([unseen.status, unseen.body.hash, unseen.body.fileCatalogId]).toEqual([201, hash, 0]);
    const named = await small.ask("POST", "fileRule", { fileName: "x.exe", fileState: 2, lazyApproval: true });
    expect(named.body).toMatchObject({ fileName: "x.exe", hash: "", lazyApproval: true });
    await small.sandbox.clock.step(2);
    expect((await get(small.ask, `fileRule/${named.body.id}`)).lazyApproval).toBe(false);
  });
});

describe("publishers and certificates", () => {
  it("ban and approve what they have signed; deleting takes that away", async () => {
    await using small = await startSmall();
    const { ask } = small;
    const [file] = await get(ask, where("fileCatalog", ["publisherId>0"], { limit: 1 }));
    const state = async (): Promise<unknown[]> => {
      const { publisherState, certificateState, effectiveState } = await get(ask, `fileCatalog/${file.id}`);
      return [publisherState, certificateState, effectiveState];
    };
    await ask("PUT", `publisher/${file.publisherId}`, { publisherState: 3 });
    expect(await state()).toEqual([3, 1, "Banned"]);
    const some = await ask("PUT", `publisher/${file.publisherId}`, { publisherState: 2, policyIds: "3" });
    expect(some.body).toMatchObject({ publisherState: 4, policyIds: "3", modifiedBy: "admin" });
    expect((await ask("DELETE", `publisher/${file.publisherId}`)).status).toBe(200);
    expect(await state()).toEqual([1, 1, file.effectiveState]);
    const certificate = await get(ask, `certificate/${file.certificateId}`);
    await ask("PUT", `certificate/${certificate.parentCertificateId}`, { certificateState: 3 });
    expect(await get(ask, `certificate/${certificate.id}`)).toMatchObject({
      certificateState: 1,
      certificateEffectiveState: 3,
    });
    expect(await state()).toEqual([1, 1, "Banned"]);
    await ask("DELETE", `certificate/${certificate.parentCertificateId}`);
    expect(await state()).toEqual([1, 1, file.effectiveState]);
  });
});

describe("approval requests", () => {
  it("go from one status to others, and are resolved while open or closed", async () => {
    await using small = await startSmall();
    const { ask } = small;
    const [first, second] = await get(ask, where("approvalRequest", ["status:1"], { sort: "dateCreated" }));
    const put = async (id: number, body: object): Promise<number> =>
      (await ask("PUT", `approvalRequest/${id}`, body)).status;
    expect(await put(first.id, { resolution: 2 })).toBe(400);
    expect(await put(first.id, { status: 2 })).toBe(200);
    expect(await put(first.id, { status: 1 })).toBe(400);
    expect(await put(first.id, { status: 3, resolution: 2, resolutionComments: "fine" })).toBe(200);
    expect(await put(first.id, { status: 2 })).toBe(400);
    expect(await get(ask, `approvalRequest/${first.id}`)).toMatchObject({
      status: 3,
      resolution: 2,
      modifiedBy: "admin",
    });
    expect(await put(second.id, { status: 4 })).toBe(200);
    expect(await put(second.id, { status: 3 })).toBe(400);
    expect(await put(second.id, { status: 2 })).toBe(200);
    expect(await put(second.id, { resolution: 8 })).toBe(400);
  });

  it("cannot be escalated before 8.0", async () => {
    await using small = await startSmall({ versions: { protection: "7.2.3.1100" } });
    const [first] = await get(small.ask, where("approvalRequest", ["status:1"]));
    expect((await small.ask("PUT", `approvalRequest/${first.id}`, { status: 4 })).status).toBe(400);
    expect((await small.ask("PUT", `approvalRequest/${first.id}`, { status: 3 })).status).toBe(200);
  });

  it("arrive every 60 ticks, from the moment at which somebody looks", async () => {
    await using small = await startSmall();
    const { count } = await get(small.ask, "approvalRequest?limit=-1");
    await small.sandbox.clock.step(59);
    expect(await get(small.ask, "approvalRequest?limit=-1")).toEqual({ count });
    await small.sandbox.clock.step(1);
    const [latest] = await get(small.ask, "approvalRequest?sort=id desc&limit=1");
    expect(latest).toMatchObject({ id: count + 1, status: 1, resolution: 0, dateCreated: "2026-01-05T09:01:00Z" });
    expect(
      (await get(small.ask, `fileInstance?q=fileCatalogId:${latest.fileCatalogId}&limit=-1`)).count,
    ).toBeGreaterThan(0);
  });
});

describe("policies", () => {
  it("are made, changed and deleted when nobody is in them", async () => {
    await using small = await startSmall();
    const { ask } = small;
    expect((await ask("POST", "policy", {})).body.Message).toContain("name");
    expect((await ask("POST", "policy", { name: "DEFAULT policy" })).status).toBe(400);
    const { status, body } = await ask("POST", "policy", { name: "Kiosk", enforcementLevel: 20 });
    expect([status, body.id, body.totalComputers]).toEqual([201, 8, 0]);
    await ask("PUT", "computer/2", { policyId: 8 });
    expect(await get(ask, "policy/8")).toMatchObject({
      totalComputers: 1,
      connectedComputers: 1,
      atEnforcementComputers: 0,
    });
    await small.sandbox.clock.step(2);
    expect(await get(ask, "policy/8")).toMatchObject({ atEnforcementComputers: 1 });
    expect((await ask("DELETE", "policy/8")).status).toBe(400);
    await ask("PUT", "computer/2", { policyId: 3 });
    expect((await ask("DELETE", "policy/8")).status).toBe(200);
    expect((await ask("PUT", "policy/7", { description: "x" })).status).toBe(403);
    expect((await ask("DELETE", "policy/7")).status).toBe(403);
    await ask("PUT", "policy/3", { name: "Locked" });
    expect((await get(ask, where("computer", ["policyName:locked"]))).map(({ id }: { id: number }) => id)).toContain(2);
  });
});

describe("accounts", () => {
  it("keep what must not be changed, and secrets to themselves", async () => {
    await using small = await startSmall();
    const { ask } = small;
    expect((await ask("PUT", "user/1", { comments: "x" })).status).toBe(403);
    expect((await ask("POST", "user", { name: "Admin" })).status).toBe(400);
    expect((await ask("POST", "user", { name: "new", userGroupIds: "2,9" })).status).toBe(400);
    const made = await ask("POST", "user", { name: "new", userGroupIds: "2", apiToken: "s3cret" });
    expect(made).toMatchObject({ status: 201, body: { enabled: true, apiToken: "s3cret" } });
    const viewer = small.as({ rights: ["View login accounts and user roles"] });
    expect((await viewer("GET", `user/${made.body.id}`)).body).toMatchObject({ name: "new", apiToken: "" });
    expect((await ask("PUT", "userGroup/1", { description: "x" })).status).toBe(403);
    const group = await ask("POST", "userGroup", { name: "Desk", policyIds: "3" });
    expect([group.status, group.body.policyIds]).toEqual([201, "3"]);
    expect((await ask("DELETE", `user/${made.body.id}`)).status).toBe(200);
  });
});

describe("files that are fetched", () => {
  it("come after the next check-in, as an archive of one file with the organisation's bytes", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    const [instance] = await get(ask, where("fileInstance", ["fileName:procmon.exe"]));
    const file = await get(ask, `fileCatalog/${instance.fileCatalogId}`);
    const made = await ask("POST", "fileUpload", { computerId: 0, fileCatalogId: file.id, priority: 2 });
    expect(made).toMatchObject({
      status: 201,
      body: { uploadStatus: 0, fileName: "procmon.exe", uploadedFileSize: 0 },
    });
    const path = `fileUpload/${made.body.id}`;
    expect((await ask("GET", `${path}?downloadFile=true`)).status).toBe(400);
    await sandbox.clock.step(2);
    expect(await get(ask, path)).toMatchObject({ uploadStatus: 3, uploadedFileSize: file.fileSize });
    for (const form of [`${path}?downloadFile=true`, `fileUpload?id=${made.body.id}&downloadFile=true`]) {
      const reply = await ask("GET", form);
      expect(reply.headers.get("content-type")).toBe("application/octet-stream");
      const entries = Object.entries(unzipSync(reply.body));
      expect(entries.map(([name, bytes]) => [name, bytes.length])).toEqual([["procmon.exe", file.fileSize]]);
      expect(Buffer.from(entries[0]?.[1].subarray(0, 2) ?? []).toString()).toBe("MZ");
    }
    sandbox.behaviour.downloadsBusy = true;
    const busy = await ask("GET", `${path}?downloadFile=true`);
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([503, "1"]);
    sandbox.behaviour.downloadsBusy = false;
    expect((await ask("PUT", path, { uploadStatus: 5 })).status).toBe(400);
    expect((await ask("PUT", path, { uploadStatus: 6 })).body.uploadStatus).toBe(6);
    expect((await ask("GET", `${path}?downloadFile=true`)).status).toBe(404);
  });

  it("never come when they were cancelled, or when no computer has them", async () => {
    await using small = await startSmall();
    const { ask } = small;
    const { body } = await ask("POST", "fileUpload", { fileCatalogId: 1 });
    expect((await ask("PUT", `fileUpload/${body.id}`, { uploadStatus: 5 })).status).toBe(200);
    await small.sandbox.clock.step(4);
    expect((await get(ask, `fileUpload/${body.id}`)).uploadStatus).toBe(5);
    expect((await ask("POST", "fileUpload", {})).body.Message).toContain("fileCatalogId");
    await small.sandbox.put("protection_fileCatalog", { id: 7000, fileName: "nowhere.exe" });
    expect((await ask("POST", "fileUpload", { fileCatalogId: 7000 })).status).toBe(400);
  });
});

describe("a connector", () => {
  const registration = {
    ...{ name: "VirusTotal", analysisName: "VirusTotal", connectorVersion: "1.0" },
    ...{ canAnalyze: true, enabled: true, analysisEnabled: true },
  };

  it("gets what it is to analyse, with the file, and is told it is over by its notification", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    expect((await ask("POST", "connector", { name: "VirusTotal" })).body.Message).toContain("analysisName");
    const made = await ask("POST", "connector", registration);
    expect([made.status, made.body.isInternal]).toEqual([201, false]);
    const again = await ask("POST", "connector", { ...registration, connectorVersion: "1.1" });
    expect([again.status, again.body.id, again.body.connectorVersion]).toEqual([200, made.body.id, "1.1"]);
    const wanted = { fileCatalogId: 1, connectorId: made.body.id, computerId: 0 };
    const analyses = [];
    for (const priority of [0, 2]) analyses.push((await ask("POST", "fileAnalysis", { ...wanted, priority })).body);
    const pending = async (): Promise<{ id: number; uploaded: boolean }[]> =>
      get(ask, `pendingAnalysis?connectorId=${made.body.id}`);
    expect((await pending()).map(({ id, uploaded }) => [id, uploaded])).toEqual([
      [analyses[1].id, false],
      [analyses[0].id, false],
    ]);
    expect(await get(ask, `pendingAnalysis?connectorId=${made.body.id}&maxCount=1`)).toHaveLength(1);
    expect((await ask("GET", `pendingAnalysis/${analyses[1].id}?downloadFile=true`)).status).toBe(404);
    await sandbox.clock.step(2);
    expect((await pending()).map(({ uploaded }) => uploaded)).toEqual([true, true]);
    const { body: bytes } = await ask("GET", `pendingAnalysis/${analyses[1].id}?downloadFile=true`);
    expect(Object.keys(unzipSync(bytes))).toEqual(["net.exe"]);
    const id = analyses[1].id;
    expect((await ask("PUT", "pendingAnalysis", { id, analysisStatus: 1 })).body.analysisStatus).toBe(1);
    expect((await ask("PUT", `pendingAnalysis/${id}`, { analysisResult: 3 })).status).toBe(400);
    expect((await ask("PUT", `pendingAnalysis/${id}`, { analysisError: "x" })).status).toBe(400);
    expect((await ask("POST", "notification", { fileAnalysisId: id })).body.Message).toContain("analysisResult");
    expect((await ask("POST", "notification", { fileAnalysisId: 9999, analysisResult: 1 })).status).toBe(404);
    const told = { fileAnalysisId: id, analysisResult: 3, malwareName: "TEST", externalId: 5, files: [{ md5: "x" }] };
    expect(await ask("POST", "notification", told)).toMatchObject({ status: 201, body: { connectorId: made.body.id } });
    expect(await get(ask, `fileAnalysis/${id}`)).toMatchObject({ analysisStatus: 3, analysisResult: 3 });
    expect((await pending()).map((each) => each.id)).toEqual([analyses[0].id]);
    expect((await ask("POST", "notification", told)).status).toBe(400);
    expect(await get(ask, "event?q=indicatorName:TEST")).toHaveLength(1);
    const failed = await ask("PUT", `pendingAnalysis/${analyses[0].id}`, {
      analysisStatus: 4,
      analysisError: "broken",
    });
    expect(failed.body).toMatchObject({ analysisStatus: 4, analysisError: "broken" });
    expect(await pending()).toEqual([]);
    expect((await ask("DELETE", `connector/${made.body.id}?deleteData=true`)).status).toBe(200);
    expect((await ask("GET", `fileAnalysis/${id}`)).status).toBe(404);
  });

  it("of the server's own cannot be changed, and finds results by itself", async () => {
    await using small = await startSmall();
    const { ask } = small;
    expect((await ask("PUT", "connector/1", { enabled: false })).status).toBe(403);
    expect((await ask("DELETE", "connector/1")).status).toBe(403);
    const wrong = await ask("POST", "fileAnalysis", { fileCatalogId: 1, connectorId: 1, analysisTarget: "BeOS" });
    expect(wrong.body.Message).toContain("Windows 10");
    const wanted = { fileCatalogId: 1, connectorId: 1, analysisTarget: "Windows 10" };
    const { body } = await ask("POST", "fileAnalysis", wanted);
    expect(await get(ask, `pendingAnalysis?q=id:${body.id}&limit=-1`)).toEqual({ count: 0 });
    await small.sandbox.clock.step(4);
    expect(await get(ask, `fileAnalysis/${body.id}`)).toMatchObject({ analysisStatus: 3, analysisResult: 1 });
    const cancelled = (await ask("POST", "fileAnalysis", wanted)).body;
    expect((await ask("PUT", `fileAnalysis/${cancelled.id}`, { analysisStatus: 3 })).status).toBe(400);
    expect((await ask("PUT", `fileAnalysis/${cancelled.id}`, { analysisStatus: 5 })).status).toBe(200);
    await small.sandbox.clock.step(6);
    expect((await get(ask, `fileAnalysis/${cancelled.id}`)).analysisStatus).toBe(5);
  });

  it("takes itself off the server, with what it was to analyse unless that is to stay", async () => {
    await using small = await startSmall();
    const { ask } = small;
    expect((await ask("POST", "connector?unregister=true&deleteData=false", { name: "detonation lab" })).status).toBe(
      200,
    );
    expect((await ask("GET", "connector/2")).status).toBe(404);
    expect((await ask("GET", "fileAnalysis/1")).status).toBe(200);
    expect((await ask("POST", "connector?unregister=true", registration)).status).toBe(404);
  });
});
