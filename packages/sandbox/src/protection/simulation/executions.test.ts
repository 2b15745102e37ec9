import { describe, expect, it } from "vitest";
import type { LaunchReport } from "../../index.js";
import type { Sandbox } from "../../sandbox.js";
import { type Ask, startSmall, where } from "../samples.js";

interface Place {
  readonly ask: Ask;
  readonly sandbox: Sandbox;
}

/** Puts a computer into a policy, where its agent is from the next check-in on. */
async function move({ ask, sandbox }: Place, id: number, policyId: number): Promise<void> {
  expect((await ask("PUT", `computer/${id}`, { policyId })).status).toBe(200);
  await sandbox.clock.step(2);
}

const HIGH = 3;
const LOW = 5;
const VISIBILITY = 6;

async function launched({ sandbox }: Place, path: string, md5?: string): Promise<LaunchReport["outcome"]> {
  const request = { sensor: 1, path, cmdline: "tool.exe --now", ...(md5 === undefined ? {} : { md5 }) };
  return (await sandbox.launch(request)).outcome;
}

const blocks = async ({ ask }: Place) => (await ask("GET", where("event", ["subtype:802"], { sort: "id" }))).body;

describe("a banned program", () => {
  it("is not started once the computer has heard of the ban, and the server knows that it was not", async () => {
    await using small = await startSmall();
    const { ask, sandbox } = small;
    await move(small, 2, LOW);
    const [instance] = (await ask("GET", where("fileInstance", ["computerId:2", "localState:1"], { limit: 1 }))).body;
    const { md5 } = (await ask("GET", `fileCatalog/${instance.fileCatalogId}`)).body;
    const path = `${instance.pathName}\\${instance.fileName}`;
    const ban = { fileCatalogId: instance.fileCatalogId, fileState: 3, name: "No tools" };
    expect((await ask("POST", "fileRule", ban)).status).toBe(201);
    expect(await launched(small, path, md5)).toBe("started");
    await sandbox.clock.step(2);
    const before = await blocks(small);
    const running = sandbox.info()["organisation"];
    expect(await launched(small, path, md5)).toBe("prevented");
    expect(sandbox.info()["organisation"]).toEqual(running);
    const [event, ...others] = (await blocks(small)).slice(before.length);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      ...{ computerId: 2, policyId: LOW, policyName: "Low Enforcement", fileCatalogId: instance.fileCatalogId },
      ...{ fileName: instance.fileName, pathName: instance.pathName, commandLine: "tool.exe --now" },
      ...{ banName: "No tools", severity: 4, timestamp: "2026-01-05T09:00:04Z" },
    });
    expect(event.processFileName).toMatch(/^\w+\.exe$/);
    expect((await ask("GET", `fileCatalog/${instance.fileCatalogId}`)).body.fileFlags & 0x20_0000).toBe(0x20_0000);
  });

  it("starts where agents only look on", async () => {
    await using small = await startSmall();
    const md5 = "a".repeat(32);
    await small.ask("POST", "fileRule", { hash: md5, fileState: 3 });
    await move(small, 2, VISIBILITY);
    expect(await launched(small, "c:\\temp\\tool.exe", md5)).toBe("started");
    await move(small, 2, HIGH);
    expect(await launched(small, "c:\\temp\\tool.exe", md5)).toBe("prevented");
  });

  it.each([
    [{ hash: "b".repeat(32) }, "c:\\temp\\new.exe", "b".repeat(32)],
    [{ fileName: "Tool.exe" }, "c:\\temp\\TOOL.exe", undefined],
  ])("may be one that nobody has seen: %j", async (file, path, md5) => {
    await using small = await startSmall();
    await move(small, 2, LOW);
    await small.ask("POST", "fileRule", { ...file, fileState: 3, policyIds: `${HIGH}` });
    await small.sandbox.clock.step(2);
    expect(await launched(small, path, md5)).toBe("started");
    await small.ask("POST", "fileRule", { ...file, fileState: 3, policyIds: `${LOW}` });
    // Its agent does not know yet.
    expect(await launched(small, path, md5)).toBe("started");
    await small.sandbox.clock.step(2);
    expect(await launched(small, path, md5)).toBe("prevented");
    expect(await launched(small, "c:\\temp\\other.exe")).toBe("started");
  });

  it("is nothing that EDR alone knows of: who never looks at App Control has no such computers", async () => {
    await using small = await startSmall();
    await small.sandbox.put("protection_fileRule", { id: 1, hash: "c".repeat(32), fileState: 3, policyIds: "" });
    expect(await launched(small, "c:\\temp\\tool.exe", "c".repeat(32))).toBe("started");
  });
});
