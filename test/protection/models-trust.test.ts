// Who signs files, and what else is trusted: certificates, publishers, users, directories, scripts, updaters.
import {
  Certificate,
  CertificateState,
  FileCatalog,
  FileState,
  ObjectNotFoundError,
  Platform,
  Publisher,
  PublisherCertificate,
  ScriptRule,
  TrustedDirectory,
  TrustedUser,
  Updater,
} from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { asked, cb, other, useProtection, written } from "../support/given-protection.js";

useProtection();

/** How many files are in each state. */
const states = async () =>
  Object.fromEntries(
    (await other.select(FileCatalog).groupBy("effectiveState")).map(({ value, count }) => [value, count]),
  );

describe("a certificate", () => {
  it("leads to the one above it, whose it is, and where it was first seen", async () => {
    const certificate = await cb.select(Certificate).where({ subjectName: "Microsoft Corporation" }).one();
    const parent = await certificate.parent;
    expect([parent?.id, parent?.intermediary]).toEqual([certificate.parentCertificateId, true]);
    expect([await certificate.publisher.name, await certificate.firstSeenComputer.id]).toEqual([
      ...["Microsoft Corporation", certificate.firstSeenComputerId],
    ]);
    asked();
    // A root has none above it, and is nobody's.
    expect([await parent?.parent, await parent?.publisher]).toEqual([undefined, undefined]);
    expect(asked()).toEqual([]);
  });

  it("is banned with all that were signed with it, and the ban is lifted by delete()", async () => {
    const before = await states();
    const certificate = await cb.select(Certificate, 1);
    certificate.set({ certificateState: CertificateState.Banned, description: "stolen" });
    await certificate.save({ verify: true });
    expect(certificate.certificateEffectiveState).toBe(CertificateState.Banned);
    expect((await other.select(Certificate, 2)).certificateEffectiveState).toBe(CertificateState.Banned);
    expect((await states())["Banned"]).toBeGreaterThan(before["Banned"] ?? 0);
    asked();
    await certificate.delete();
    expect(written()).toEqual(["DELETE certificate/1"]);
    expect([certificate.isLoaded, certificate.certificateState]).toEqual([false, undefined]);
    await certificate.load();
    expect([certificate.certificateState, certificate.description]).toEqual([CertificateState.Unapproved, "stolen"]);
    expect(await states()).toEqual(before);
    // It is still there, so that it can be ruled and lifted again.
    certificate.certificateState = CertificateState.Approved;
    await certificate.save();
    await certificate.delete();
    expect((await other.select(Certificate, 1, { refresh: true })).certificateState).toBe(CertificateState.Unapproved);
  });
});

describe("a publisher", () => {
  it("is approved for some policies, banned for all, and lifted", async () => {
    const before = await states();
    const found = await cb.select(Publisher).where("name:Microsoft*").one();
    expect(await found.firstSeenComputer.id).toBe(found.firstSeenComputerId);
    found.set({ publisherState: FileState.Approved, policyIds: [3, 5], acknowledged: true });
    asked();
    await found.save();
    expect(written()).toEqual([`PUT publisher/${found.id}`]);
    // From 8.0 on the server says so: approved by policy.
    expect([found.publisherState, found.policyIds, found.acknowledged]).toEqual([4, "3,5", true]);
    found.set({ publisherState: FileState.Banned, policyIds: "0" });
    await found.save();
    expect((await states())["Banned"]).toBeGreaterThan(before["Banned"] ?? 0);
    await found.delete();
    expect((await found.load()).publisherState).toBe(FileState.Unapproved);
    expect(await states()).toEqual(before);
  });

  it("has certificates, which rows of their own tell", async () => {
    const rows = await cb.select(PublisherCertificate).where({ publisherId: 1 }).all();
    expect(rows.length).toBe(1);
    const row = await cb.select(PublisherCertificate, rows[0]?.id ?? 0);
    expect(await row.certificate.publisherId).toBe(1);
  });
});

describe("a user who is trusted", () => {
  it("is made, changed and deleted, and tells by whom", async () => {
    const values = { name: "Packager", userSid: "S-1-5-21-7", description: "builds", platformId: Platform.Windows };
    const user = await cb.create(TrustedUser, values).save();
    expect([user.id, user.clVersion, await user.createdByUser.name]).toEqual([2, 1, "admin"]);
    user.description = "builds and signs";
    asked();
    await user.save({ verify: true });
    expect(written()).toEqual(["PUT trustedUser/2"]);
    expect([user.clVersion, await user.modifiedByUser.id]).toEqual([2, 1]);
    expect((await other.select(TrustedUser).where("description:*signs").one()).userSid).toBe("S-1-5-21-7");
    await user.delete();
    await expect(other.select(TrustedUser, 2)).rejects.toBeInstanceOf(ObjectNotFoundError);
  });
});

describe.each([
  ["a trusted directory", TrustedDirectory, { path: "\\\\files\\drop", enabled: true }, { enabled: false }],
  ["a script rule", ScriptRule, { name: "Ruby", platformId: 2 }, { enabled: false, name: "Ruby 3" }],
] as const)("%s", (_, Model, values, changes) => {
  it("takes the fields that it has, declared or not, is changed and deleted", async () => {
    const before = await other.select(Model).count();
    const made = await cb.create(Model, { ...values, description: "new" }).save();
    expect(made.toJSON()).toMatchObject({ ...values, description: "new", createdBy: "admin" });
    made.set(changes);
    asked();
    await made.save();
    expect(written()).toEqual([`PUT ${Model === ScriptRule ? "scriptRule" : "trustedDirectory"}/${made.id}`]);
    const seen = await other.select(Model, made.id ?? 0);
    expect(seen.toJSON()).toMatchObject({ ...values, ...changes });
    const found = await other.select(Model).where({ enabled: false }).all();
    expect(found.map(({ id }) => id)).toEqual([made.id]);
    await made.delete();
    expect(await other.select(Model).count()).toBe(before);
  });
});

describe("an updater", () => {
  it("is switched on and off, and nothing else of it is changed", async () => {
    const [off] = await cb.select(Updater).where({ enabled: false }).sort("id").all();
    if (off === undefined) throw new Error("there is no such updater");
    off.enabled = true;
    asked();
    await off.save();
    expect(written()).toEqual([`PUT updater/${off.id}`]);
    expect(off.clVersion).toBe(201);
    expect((await other.select(Updater, off.id)).enabled).toBe(true);
    expect(() => off.set({ name: "Other" } as never)).toThrow("name");
  });
});
