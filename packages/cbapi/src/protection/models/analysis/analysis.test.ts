import { describe, expect, it } from "vitest";
import { ApiError, ClientError, InvalidObjectError, ServerError } from "../../../core/errors.js";
import { type ProtectionAnswer, protectionServer } from "../../../test-support/protection-server.js";
import { AnalysisResult, AnalysisStatus } from "../names.js";
import { Connector } from "./connector.js";
import { Notification } from "./notification.js";
import { PendingAnalysis } from "./pending-analysis.js";

const pending = {
  id: 61,
  connectorId: 5,
  fileCatalogId: 12,
  fileName: "a.exe",
  md5: "",
  sha1: "a".repeat(40),
  sha256: null,
  analysisStatus: 0,
  uploaded: true,
};

describe("a connector", () => {
  const registration = {
    name: "Lab",
    analysisName: "Lab",
    connectorVersion: "1.0",
    canAnalyze: true,
    enabled: true,
    analysisEnabled: true,
  };

  it("is registered, and taken off the server with or without its results", async () => {
    const { cb, writes } = await protectionServer({
      connector: ({ body }) => ({ ...(body as object), id: 5 }),
      "connector/5": { status: 204, text: "" },
    });
    const register = () => cb.create(Connector, registration).save();
    await (await register()).delete({ deleteData: false });
    await (await register()).delete();
    expect(writes).toEqual([
      { method: "POST", path: "connector", body: registration },
      { method: "DELETE", path: "connector/5?deleteData=false", body: undefined },
      { method: "POST", path: "connector", body: registration },
      { method: "DELETE", path: "connector/5", body: undefined },
    ]);
  });

  it("asks for what it should do next, and reads it once", async () => {
    const { cb, requests } = await protectionServer({
      pendingAnalysis: [pending],
      "pendingAnalysis/61": ({ body }) => ({ ...pending, ...(body as object) }),
    });
    const [first] = await cb.select(Connector, 5).nextAnalyses({ maxCount: 3 });
    await first?.set({ analysisStatus: AnalysisStatus.Submitted }).save();
    expect(requests).toEqual(["pendingAnalysis?connectorId=5&maxCount=3", "PUT pendingAnalysis/61"]);
    expect([first?.id, first?.fileHash, first?.analysisStatus]).toEqual([61, "a".repeat(40), 1]);
  });
});

describe("a pending analysis", () => {
  const changed = async (values: Parameters<PendingAnalysis["set"]>[0]) => {
    const { cb, writes } = await protectionServer({
      "pendingAnalysis/61": ({ body }) => ({ ...pending, ...(body as object) }),
    });
    const saving = (await cb.select(PendingAnalysis, 61)).set(values).save();
    return { saving, writes };
  };

  it.each([
    { analysisStatus: 1 },
    { analysisStatus: 3, analysisResult: 2 },
    { analysisStatus: 4, analysisError: "no disk" },
    { analysisStatus: 5 },
  ] as const)("can be set to %j", async (values) => {
    const { saving, writes } = await changed(values);
    await saving;
    expect(writes).toEqual([{ method: "PUT", path: "pendingAnalysis/61", body: { id: 61, ...values } }]);
  });

  it.each([
    [{ analysisResult: 2 }, "analysisResult goes together with analysisStatus 3"],
    [{ analysisStatus: 2, analysisResult: 1 }, "analysisResult goes together with analysisStatus 3"],
    [{ analysisStatus: 3, analysisError: "no disk" }, "analysisError goes together with analysisStatus 4"],
  ] as const)("cannot be set to %j", async (values, message) => {
    const { saving, writes } = await changed(values);
    await expect(saving).rejects.toThrow(InvalidObjectError);
    await expect(saving).rejects.toThrow(message);
    expect(writes).toEqual([]);
  });

  it.each<[string, ProtectionAnswer]>([
    ["nothing", { status: 204, text: "" }],
    ["a word", { result: "success" }],
    ["its id", { id: 61 }],
  ])("that has ended is not asked for again, as it is no longer pending, when the answer is %s", async (_, answer) => {
    const { cb, requests } = await protectionServer({ pendingAnalysis: [pending], "pendingAnalysis/61": answer });
    const item = await cb.select(PendingAnalysis).one();
    await item.set({ analysisStatus: AnalysisStatus.Error, analysisError: "no disk" }).save();
    expect([item.analysisStatus, item.analysisError, item.isDirty()]).toEqual([4, "no disk", false]);
    expect(requests.slice(1)).toEqual(["PUT pendingAnalysis/61"]);
  });

  it("makes the notification of its result, which names it, its connector and its file", async () => {
    const { cb, writes } = await protectionServer({
      pendingAnalysis: [pending],
      notification: { status: 201, text: "" },
    });
    const item = await cb.select(PendingAnalysis).one();
    const notification = item.createNotification({ analysisResult: AnalysisResult.Malicious, product: "Lab" });
    expect(writes).toEqual([]);
    await notification.save();
    const body = {
      fileAnalysisId: 61,
      connectorId: 5,
      fileName: "a.exe",
      sha1: "a".repeat(40),
      analysisResult: 3,
      product: "Lab",
    };
    expect(writes).toEqual([{ method: "POST", path: "notification", body }]);
  });
});

describe("a notification", () => {
  const values = {
    analysisResult: AnalysisResult.Clean,
    time: new Date("2026-01-05T09:00:00Z"),
    files: [{ fileName: "dropped.dll", fileSize: 12, topLevel: true }],
    regKeys: [{ regKey: "HKLM\\Software\\Run", Operation: "set" }],
    directories: [{ dirPath: "c:\\temp" }],
  } as const;

  it.each<[string, ProtectionAnswer]>([
    ["nothing", { status: 204, text: "" }],
    ["an id", { id: 8 }],
    ["a document", { fileAnalysisId: 0, anything: true }],
    ["a word", { result: "success" }],
  ])("is sent once, and is sent when the answer is %s", async (_, answer) => {
    const { cb, requests, writes } = await protectionServer({ notification: answer });
    const notification = await cb.create(Notification, values).save();
    await notification.save();
    const body = { ...values, time: "2026-01-05T09:00:00.000Z" };
    expect(writes).toEqual([{ method: "POST", path: "notification", body }]);
    expect([requests.length, notification.isDirty(), notification.files?.[0]?.fileName]).toEqual([
      1,
      false,
      "dropped.dll",
    ]);
    const again = notification.set({ analysisResult: AnalysisResult.Malicious }).save();
    await expect(again).rejects.toMatchObject({ code: "ALREADY_SENT" });
    await expect(notification.refresh()).rejects.toThrow("cannot be read");
    await expect(notification.delete()).rejects.toThrow("Cannot delete a Notification");
    expect(requests.length).toBe(1);
  });

  it("that was refused can be sent again", async () => {
    let refusals = 0;
    const { cb, requests } = await protectionServer({
      notification: () => {
        refusals++;
        if (refusals === 1) return { status: 400, text: '{"Message":"finished"}' };
        return refusals === 2 ? { result: "busy" } : {};
      },
    });
    const notification = cb.create(Notification, values);
    await expect(notification.save()).rejects.toThrow(ClientError);
    await expect(notification.save()).rejects.toThrow(ServerError);
    await notification.save();
    expect(requests.length).toBe(3);
  });

  it("wants a result, and can be tried", async () => {
    const { cb, requests } = await protectionServer({});
    await expect(cb.create(Notification, { product: "Lab" }).save()).rejects.toThrow(
      "Missing fields: [analysisResult]",
    );
    const plan = await cb.create(Notification, { analysisResult: 3 }).save({ dryRun: true });
    expect(plan?.requests.map(({ method, body }) => [method, body])).toEqual([["POST", { analysisResult: 3 }]]);
    expect(requests).toEqual([]);
  });

  it("can be neither searched nor read", async () => {
    const { cb, requests } = await protectionServer({});
    expect(() => cb.select(Notification as never)).toThrow(ApiError);
    await expect(Promise.resolve(cb.select(Notification, 1))).rejects.toThrow("A Notification cannot be read");
    expect(requests).toEqual([]);
  });
});
