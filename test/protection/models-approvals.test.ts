// What users ask for who were kept from running a file.
import {
  ApprovalPriority,
  ApprovalRequest,
  ApprovalResolution,
  ApprovalStatus,
  FileCatalog,
  FileRule,
} from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { asked, cb, other, sandbox, useProtection, written } from "../support/given-protection.js";

useProtection();

describe("a request", () => {
  it("leads to the file, what installed it, what wanted to run it, the computer and its policy", async () => {
    await other.select(ApprovalRequest).count();
    await sandbox.put("protection_approvalRequest", {
      ...{ id: 50, computerId: 4, policyId: 5, status: 1, resolution: 0 },
      ...{ fileCatalogId: 3, installerFileCatalogId: 2, processFileCatalogId: 1 },
    });
    const request = await cb.select(ApprovalRequest, 50);
    const names = [request.fileCatalog, request.installerFileCatalog, request.processFileCatalog].map(
      (file) => file.fileName,
    );
    const known = [3, 2, 1].map((id) => other.select(FileCatalog, id).fileName);
    expect(await Promise.all(names)).toEqual(await Promise.all(known));
    expect([await request.computer.name, await request.policy.name]).toEqual([
      ...["WORKGROUP\\WIN-IA9NQ1GN8OI", "Low Enforcement"],
    ]);
    const plain = await cb.select(ApprovalRequest).where({ installerFileCatalogId: 0 }).sort("id").first();
    asked();
    expect([await plain?.installerFileCatalog, await plain?.processFileCatalog]).toEqual([undefined, undefined]);
    expect(asked()).toEqual([]);
  });

  it("is resolved by one change, which makes no rule", async () => {
    const rules = await other.select(FileRule).count();
    const open = cb.select(ApprovalRequest).where({ status: ApprovalStatus.Submitted });
    const [request] = await open.sort("dateCreated DESC").all({ limit: 1 });
    if (request === undefined) throw new Error("there is no request");
    expect(Object.values(ApprovalPriority)).toContain(request.priority);
    asked();
    request.set({
      ...{ status: ApprovalStatus.Closed, resolution: ApprovalResolution.Approved },
      resolutionComments: "known to the help desk",
    });
    await request.save();
    expect(written()).toEqual([`PUT approvalRequest/${request.id}`]);
    const seen = await other.select(ApprovalRequest, request.id);
    expect([seen.status, seen.resolution, seen.resolutionComments, seen.modifiedBy]).toEqual([
      ...[ApprovalStatus.Closed, ApprovalResolution.Approved, "known to the help desk", "admin"],
    ]);
    expect(await other.select(FileRule).count()).toBe(rules);
    expect(await open.count()).toBe(await other.select(ApprovalRequest).where("status:1").count());
  });

  it("arrives while nobody looks, and is found behind those that are known", async () => {
    const before = await cb.select(ApprovalRequest).sort("id DESC").first();
    await sandbox.clock.step(60);
    const later = await cb.select(ApprovalRequest).where(`id>${before?.id}`).all();
    expect(later.map(({ status, requestType }) => [status, requestType])).toEqual([[1, expect.any(Number)]]);
  });
});
