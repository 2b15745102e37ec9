// Publishers and certificates: approved, banned and neither, with the files that they sign.
import { Certificate, FileCatalog, Policy, Publisher } from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, sandbox, useProtection, written } from "../support/given-protection.js";

/** A file that is signed, with who signed it. */
async function signed(): Promise<FileCatalog> {
  const file = await other.select(FileCatalog).where("publisherId>0").where("certificateId>0").first();
  if (file === undefined) throw new Error("nothing is signed");
  // Whatever it was, its signers start without a word on it.
  await other.select(Publisher, file.publisherId ?? 0).clear();
  asked();
  return file;
}

const stateOf = async ({ id }: FileCatalog) => (await other.select(FileCatalog, id, { refresh: true })).effectiveState;

describe.each(["8.1.4.134", "7.2.3.1100"])("on a server %s", (version) => {
  useProtection({ versions: { protection: version } });
  const has8 = version.startsWith("8");

  it("a publisher is banned and approved once, and what it signs with it", async () => {
    const file = await signed();
    const before = await stateOf(file);
    const ref = cb.select(Publisher, file.publisherId ?? 0);
    asked();
    expect((await ref.ban({ dryRun: true }))?.changes).toEqual({ publisherState: { from: 1, to: 3 } });
    const publisher = await ref.ban({ description: "stolen key" });
    expect(publisher).toMatchObject({ publisherState: 3, description: "stolen key" });
    expect(publisher.isDirty()).toBe(false);
    expect(await stateOf(file)).toBe("Banned");
    await publisher.ban({ description: "another word" });
    expect(await publisher.ban({ dryRun: true })).toBeUndefined();
    expect(publisher.description).toBe("stolen key");
    expect(written()).toEqual([`PUT publisher/${publisher.id}`]);
    await publisher.approve({ verify: true });
    expect([publisher.publisherState, await stateOf(file)]).toEqual([2, "Approved"]);
    expect((await publisher.clear({ dryRun: true }))?.requests).toMatchObject([{ method: "DELETE" }]);
    await publisher.clear();
    expect([publisher.publisherState, await stateOf(file)]).toEqual([1, before]);
    await publisher.clear();
    expect(await publisher.clear({ dryRun: true })).toBeUndefined();
    expect(written().map((request) => request.split(" ")[0])).toEqual(["PUT", "DELETE"]);
  });

  it("a publisher is approved for some policies, which are its only ones", async () => {
    const file = await signed();
    const publisher = await cb.select(Publisher, file.publisherId ?? 0);
    await publisher.approve({ policies: [await other.select(Policy, 5), 3] });
    expect(publisher).toMatchObject({ publisherState: has8 ? 4 : 2, policyIds: "3,5" });
    written();
    await publisher.approve({ policies: [3, 5] });
    expect(written()).toEqual([]);
    const plan = await publisher.approve({ policies: 4, dryRun: true });
    expect(plan?.changes).toMatchObject({ policyIds: { from: "3,5", to: "4" } });
    await publisher.ban({ policies: 4, verify: true });
    expect(publisher).toMatchObject({ publisherState: has8 ? 5 : 3, policyIds: "4" });
    await publisher.ban();
    expect(publisher).toMatchObject({ publisherState: 3, policyIds: has8 ? "" : "0" });
    await expect(publisher.ban({ policies: [] })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("what was assigned and not saved stays so, and what was decided is overtaken", async () => {
    const file = await signed();
    const publisher = await cb.select(Publisher, file.publisherId ?? 0);
    publisher.set({ reputationApprovalsEnabled: !publisher.reputationApprovalsEnabled, publisherState: 2 });
    await publisher.ban();
    expect([publisher.publisherState, publisher.isDirty()]).toEqual([3, true]);
    publisher.reset();
    expect((await other.select(Publisher, publisher.id, { refresh: true })).publisherState).toBe(3);
  });

  it.each(["object", "id", "empty"])("it does not matter what writes are answered with: %s", async (writeAnswers) => {
    const file = await signed();
    sandbox.behaviour.writeAnswers = writeAnswers;
    try {
      const publisher = await cb.select(Publisher, file.publisherId ?? 0).ban({ policies: 3 });
      expect(publisher).toMatchObject({ publisherState: has8 ? 5 : 3, policyIds: "3", name: expect.any(String) });
      expect((await publisher.clear()).publisherState).toBe(1);
      const certificate = await cb.select(Certificate, file.certificateId ?? 0).ban();
      expect(certificate).toMatchObject({ certificateState: 3, certificateEffectiveState: 3 });
    } finally {
      sandbox.behaviour.writeAnswers = "object";
    }
  });

  it("a certificate passes what it is on to those below it", async () => {
    const file = await signed();
    const leaf = await other.select(Certificate, file.certificateId ?? 0);
    const before = await stateOf(file);
    const root = await cb.select(Certificate, leaf.parentCertificateId ?? 0).ban({ description: "compromised" });
    expect(root).toMatchObject({ certificateState: 3, description: "compromised" });
    expect([(await leaf.refresh()).certificateEffectiveState, await stateOf(file)]).toEqual([3, "Banned"]);
    written();
    await root.ban();
    expect(written()).toEqual([]);
    await root.approve();
    expect(await stateOf(file)).toBe("Approved");
    await root.clear();
    expect([root.certificateState, await stateOf(file)]).toEqual([1, before]);
  });

  it("a server that keeps its own mind is told apart", async () => {
    const file = await signed();
    const publisher = await other.select(Publisher, file.publisherId ?? 0);
    const body = { ...publisher.toJSON(), publisherState: 1 };
    sandbox.faults.add({ match: { pattern: `publisher/${publisher.id}$`, method: "PUT" }, do: { status: 200, body } });
    const error = await errorOf(() => cb.select(Publisher, publisher.id).ban());
    expect(error).toMatchObject({ code: "WRITE_NOT_APPLIED" });
    expect(error.message).toContain("its publisherState is 1 everywhere");
  });
});
