import { describe, expect, it } from "vitest";
import { InvalidObjectError } from "../../core/errors.js";
import { protectionServer } from "../../test-support/protection-server.js";
import { Connector } from "./analysis/connector.js";
import { Computer } from "./computers/computer.js";
import { FileCatalog } from "./files/file-catalog.js";
import { FileInstance } from "./files/file-instance.js";
import { FileRule } from "./files/file-rule.js";
import { Policy } from "./policies/policy.js";

const instance = { id: 33, fileCatalogId: 12, computerId: 7, fileName: "a.exe", localState: 1 };
const catalog = {
  id: 12,
  fileName: "a.exe",
  md5: "",
  sha1: "a".repeat(40),
  publisher: "Example Corp.",
  publisherId: 3,
};

describe("a join", () => {
  it("reads as in the guide, one request for each object", async () => {
    const { cb, requests } = await protectionServer({
      fileInstance: [instance],
      "computer/7": { id: 7, name: "CORP\\PC-0007", policyName: "Medium" },
      "fileCatalog/12": catalog,
      "publisher/3": { id: 3, name: "Example Corp" },
    });
    const fi = await cb.select(FileInstance).where("fileName:a.exe").first();
    expect(await fi?.computer.name).toBe("CORP\\PC-0007");
    expect(await fi?.computer.policyName).toBe("Medium");
    expect(await fi?.fileCatalog.fileHash).toBe("a".repeat(40));
    expect(await fi?.fileCatalog.publisher.name).toBe("Example Corp");
    expect((await fi?.fileCatalog)?.get("publisher")).toBe("Example Corp.");
    expect(requests.slice(1)).toEqual(["computer/7", "fileCatalog/12", "publisher/3"]);
  });

  it("of many rows asks for all objects at once, each once, and they can be changed without being read again", async () => {
    const rows = [1, 2, 3, 4].map((id) => ({ ...instance, id, computerId: (id % 3) + 5 }));
    const { cb, requests, writes } = await protectionServer({
      fileInstance: rows,
      computer: [5, 6].map((id) => ({ id, name: `PC-${id}`, policyId: 1 })),
      "computer/7": { id: 7, name: "PC-7", policyId: 1 },
      "computer/5": { id: 5, name: "PC-5", policyId: 4 },
    });
    const found = await cb.select(FileInstance).include("computer").all();
    expect(await Promise.all(found.map((row) => row.computer.name))).toEqual(["PC-6", "PC-7", "PC-5", "PC-6"]);
    // The one that the search did not give is asked for by itself.
    expect(requests.slice(1)).toEqual(["computer?limit=3&offset=0&q=id:6|7|5", "computer/7"]);
    const computer = await found[2]?.computer;
    await computer?.set({ policyId: 4 }).save();
    expect(writes).toEqual([{ method: "PUT", path: "computer/5", body: { id: 5, policyId: 4 } }]);
    expect(requests.length).toBe(4);
  });

  it("to the policy of a computer can be assigned, with a policy or its id", async () => {
    const { cb, writes } = await protectionServer({
      "computer/7": ({ body }) => ({ id: 7, policyId: 6, ...(body as object) }),
      "policy/6": { id: 6, name: "High" },
      "policy/9": { id: 9, name: "Lab" },
    });
    const computer = await cb.select(Computer, 7);
    expect(await computer.policy.name).toBe("High");
    computer.policy = 9;
    expect([computer.policyId, await computer.policy.name]).toEqual([9, "Lab"]);
    await computer.save();
    await computer.set({ policy: await cb.select(Policy, 6) }).save();
    expect(writes.map(({ body }) => body)).toEqual([
      { id: 7, policyId: 9 },
      { id: 7, policyId: 6 },
    ]);
    expect(() => computer.set({ policy: cb.select(Computer, 7) as never })).toThrow(InvalidObjectError);
  });

  it("to what an older server does not have says so, and the rest reads on", async () => {
    const { cb, requests } = await protectionServer(
      { fileRule: [1, 2].map((id) => ({ id, name: `Rule ${id}`, createdByUserId: id })), user: [] },
      { version: "7.2.3.1100" },
    );
    const rules = await cb.select(FileRule).all();
    for (const read of rules.map((rule) => rule.createdByUser.name)) {
      await expect(read).rejects.toThrow("User API requires at least server version 8.0");
    }
    const [first] = await cb.select(FileRule).include("createdByUser").all();
    expect(first?.name).toBe("Rule 1");
    await expect(first?.createdByUser).rejects.toMatchObject({ code: "SERVER_TOO_OLD" });
    expect(requests.filter((path) => path.startsWith("user"))).toEqual([]);
  });

  it("from a rule to its trusted directory is for rules that a trusted directory made", async () => {
    const { cb, requests } = await protectionServer({
      fileRule: [
        { id: 1, sourceType: 2, sourceId: 4 },
        { id: 2, sourceType: 6, sourceId: 4 },
        { id: 3, sourceType: 2, sourceId: 0 },
      ],
      "trustedDirectory/4": { id: 4, description: "Builds" },
    });
    const rules = await cb.select(FileRule).all();
    const names = await Promise.all(rules.map(async (rule) => (await rule.trustedDirectory)?.description));
    expect(names).toEqual(["Builds", undefined, undefined]);
    expect(requests.slice(1)).toEqual(["serverConfig?limit=0", "trustedDirectory/4"]);
  });
});

describe("what belongs to an object is a query", () => {
  it("of which nothing is sent before it is read", async () => {
    const { cb, requests } = await protectionServer({
      "computer/7": { id: 7 },
      "connector/5": { id: 5 },
      "fileCatalog/12": catalog,
      "policy/6": { id: 6 },
      fileInstance: { count: 4 },
      pendingAnalysis: { count: 1 },
      computer: { count: 2 },
      fileRule: { count: 0 },
    });
    const computer = await cb.select(Computer, 7);
    const connector = await cb.select(Connector, 5);
    const file = await cb.select(FileCatalog, 12);
    const policy = await cb.select(Policy, 6);
    requests.length = 0;
    const queries = [
      computer.fileInstances,
      connector.pendingAnalyses,
      file.fileInstances,
      file.fileRules,
      policy.computers,
    ];
    expect(requests).toEqual([]);
    for (const query of queries) await query.count();
    expect(requests).toEqual([
      "fileInstance?limit=-1&q=computerId:7",
      "pendingAnalysis?limit=-1&q=connectorId:5",
      "fileInstance?limit=-1&q=fileCatalogId:12",
      "fileRule?limit=-1&q=fileCatalogId:12",
      "computer?limit=-1&q=policyId:6",
    ]);
  });

  it("and wants an object that the server has", async () => {
    const { cb } = await protectionServer({});
    expect(() => cb.create(Policy, { name: "Lab" }).computers).toThrow("save() it first to list its computers");
    expect(() => cb.create(Connector).pendingAnalyses).toThrow("save() it first to list its pending analyses");
  });
});
