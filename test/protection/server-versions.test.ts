// A server before 8.0: what came later is not asked of it.
import { ClientError, Computer, FileInstance, FileRule, Policy, TrustedUser, User, UserGroup } from "cbapi/protection";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { asked, cb, other, protectionClient, useProtection, written } from "../support/given-protection.js";

describe("a server before 8.0", () => {
  useProtection({ versions: { protection: "7.2.3.1100" } }, false);

  const values = { name: "x", userSid: "S-1-5-7", description: "", platformId: 1 } as const;
  const tooOld = { code: "SERVER_TOO_OLD", message: expect.stringMatching(/requires at least.* 8\.0.*7\.2\.3/s) };

  it("is not asked for objects that came later: by whoever has connected at once, else at the first call", async () => {
    for (const call of [
      () => cb.select(TrustedUser).all(),
      () => cb.select(User, 1),
      () => cb.select(UserGroup).groupBy("enabled"),
      () => cb.select(User).count(),
    ]) {
      expect(await errorOf(call)).toMatchObject(tooOld);
      expect(asked().filter((request) => !request.startsWith("serverConfig"))).toEqual([]);
    }
    for (const call of [() => cb.select(TrustedUser), () => cb.create(TrustedUser, values), () => cb.select(User, 1)]) {
      expect(await errorOf(call)).toMatchObject(tooOld);
    }
    expect(asked()).toEqual([]);
    // The author of a rule is one of them.
    const rule = await cb.select(FileRule, 1);
    expect(await errorOf(() => rule.createdByUser)).toMatchObject(tooOld);
  });

  it("is sent none of them, by whoever had not connected either", async () => {
    const user = cb.create(TrustedUser, values);
    expect(await errorOf(() => user.save())).toMatchObject(tooOld);
    expect(written()).toEqual([]);
    expect(user.isDirty()).toBe(true);
    const fresh = protectionClient();
    try {
      const plan = await errorOf(() => fresh.create(TrustedUser, values).save({ dryRun: true }));
      expect(plan).toMatchObject(tooOld);
    } finally {
      await fresh.close();
    }
    const late = protectionClient();
    try {
      expect(await errorOf(() => late.select(TrustedUser, 1).delete())).toMatchObject(tooOld);
    } finally {
      await late.close();
    }
    expect(written()).toEqual([]);
  });

  it("makes no policies, and knows no fields that came later", async () => {
    const error = await errorOf(() => cb.create(Policy, { name: "New" }).save());
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ status: 405 });
    expect(await other.select(Policy).count()).toBe(7);
    expect((await errorOf(() => cb.select(Computer).where({ isActive: true }).all())).message).toMatch(/isActive/);
    const instances = cb.select(FileInstance).where({ computerId_name: "x" });
    expect((await errorOf(() => instances.all())).message).toMatch(/computerId_name/);
  });
});
