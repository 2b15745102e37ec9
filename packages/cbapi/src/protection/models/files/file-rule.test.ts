import { describe, expect, it } from "vitest";
import { InvalidObjectError } from "../../../core/errors.js";
import { protectionServer } from "../../../test-support/protection-server.js";
import { FileState } from "../names.js";
import { FileRule } from "./file-rule.js";

const HASH = "b".repeat(64);

describe("a new rule", () => {
  it("is posted as it is given, and is what the server made of it", async () => {
    const { cb, writes } = await protectionServer({
      fileRule: ({ body }) => ({ ...(body as object), fileCatalogId: 12, id: 77, sourceType: 5 }),
    });
    const values = { fileState: FileState.Banned, fileCatalogId: 0, name: "Ban a.exe", hash: HASH, policyIds: "0" };
    const rule = await cb.create(FileRule, values).save();
    expect(writes).toEqual([{ method: "POST", path: "fileRule", body: values }]);
    expect([rule.id, rule.fileCatalogId, rule.sourceType]).toEqual([77, 12, 5]);
  });

  it.each([{}, { hash: "" }, { fileCatalogId: 0 }, { hash: null, fileName: "" }])(
    "names a file: %j is not enough",
    async (subject) => {
      const { cb, requests } = await protectionServer({});
      const rule = cb.create(FileRule, { fileState: FileState.Banned, ...subject });
      await expect(rule.save()).rejects.toThrow("it names no file. Set one of hash, fileCatalogId, fileName");
      expect(requests).toEqual([]);
    },
  );

  it.each([{ hash: HASH }, { fileCatalogId: 12 }, { fileName: "a.exe" }])(
    "may name it by %j alone",
    async (subject) => {
      const { cb } = await protectionServer({ fileRule: { id: 1, ...subject } });
      expect((await cb.create(FileRule, subject).save()).id).toBe(1);
    },
  );
});

describe("a rule", () => {
  const changed = async (own: object, values: Parameters<FileRule["set"]>[0]) => {
    const { cb, writes } = await protectionServer({
      "fileRule/1": ({ body }) => ({ id: 1, hash: "", ...own, ...(body as object) }),
    });
    const rule = await cb.select(FileRule, 1);
    const failure = await rule
      .set(values)
      .save()
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    return { failure, writes };
  };

  it.each([
    [{ forceInstaller: true }, { forceNotInstaller: true }, "forceInstaller and forceNotInstaller exclude each other"],
    [{ fileState: 3 }, { reportOnly: true }, "reportOnly is for rules whose fileState is 1"],
    [
      { fileState: 1, reportOnly: true },
      { fileState: FileState.Banned },
      "reportOnly is for rules whose fileState is 1",
    ],
  ])("that is %j cannot be changed to %j", async (own, values, message) => {
    const { failure, writes } = await changed(own, values);
    expect(failure).toBeInstanceOf(InvalidObjectError);
    expect((failure as Error).message).toContain(message);
    expect(writes).toEqual([]);
  });

  it.each([
    [{ forceInstaller: true }, { forceInstaller: false, forceNotInstaller: true }],
    [{ fileState: 3 }, { fileState: FileState.Unapproved, reportOnly: true }],
    [
      { fileState: 1, reportOnly: true },
      { fileState: FileState.Approved, reportOnly: false },
    ],
    // However it came to that: it is not what the caller changes.
    [{ forceInstaller: true, forceNotInstaller: true, fileState: 3, reportOnly: true }, { name: "Odd" }],
  ])("that is %j can be changed to %j", async (own, values) => {
    const { failure, writes } = await changed(own, values);
    expect(failure).toBeUndefined();
    expect(writes).toEqual([{ method: "PUT", path: "fileRule/1", body: { id: 1, ...values } }]);
  });
});
