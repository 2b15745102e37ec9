// App Control's queries against a server that reads them for itself: what is asked for is what is found.
import { Sandbox } from "@cbapi/sandbox";
import {
  allBits,
  CbProtectionAPI,
  Computer,
  Event,
  FileCatalog,
  FileInstance,
  noBits,
  Policy,
  present,
  Q,
  range,
  raw,
  UnauthorizedError,
  wildcard,
} from "cbapi/protection";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let sandbox: Sandbox;
let cb: CbProtectionAPI;

const clientOf = (token = sandbox.token): CbProtectionAPI => {
  const { url, caFile } = sandbox;
  return new CbProtectionAPI({ url, token, ...(caFile === undefined ? {} : { sslCertFile: caFile }) });
};

beforeAll(async () => {
  sandbox = await Sandbox.start({ seed: 7, organisation: { hosts: 12, processes: 200, binaries: 80 } });
  cb = clientOf();
});
afterAll(async () => {
  await cb.close();
  await sandbox.stop();
});

const ids = (rows: readonly { readonly id?: number | undefined }[]): (number | undefined)[] =>
  rows.map(({ id }) => id).sort((a, b) => (a ?? 0) - (b ?? 0));

describe("values of terms", () => {
  const awkward = [
    "a|b",
    "a*b",
    "a\\b",
    "c:\\temp\\",
    "\\|",
    "\\\\*",
    "name:x",
    "50%",
    "under_score",
    "!",
    "+1",
    "<x>",
    "ünï 世界",
  ];
  // Names with blanks around them, or alike but for their case, are not told apart by the server.
  const words = fc.sample(fc.string({ minLength: 1, maxLength: 12, unit: "grapheme-ascii" }), { numRuns: 60, seed: 3 });
  const names = [...new Set([...awkward, ...words].map((name) => name.trim().toLowerCase()))].filter(
    (name) => name !== "",
  );

  it("find the object of that name and no other, alone and in a list", async () => {
    const made = new Map<string, number>();
    for (const name of names) {
      const { id } = (await cb.object("policy").create({ name, enforcementLevel: 40 })) ?? {};
      made.set(name, Number(id));
    }
    for (const [name, id] of made) {
      expect(ids(await cb.select(Policy).where({ name }).all()), name).toEqual([id]);
      expect(ids(await cb.select(Policy).where`name:${name}`.all()), name).toEqual([id]);
    }
    const all = cb.select(Policy).where({ id: [...made.values()] });
    expect(await all.count()).toBe(names.length);
    expect(await all.where(Q({ name: names.slice(5) }).not()).count()).toBe(5);
    expect(await all.where(Q({ name: "a|b" }).or({ name: "a*b" })).count()).toBe(2);
    expect(ids(await all.where({ name: wildcard("a*b") }).all())).toEqual(
      ids([...made].filter(([name]) => /^a.*b$/s.test(name)).map(([, id]) => ({ id }))),
    );
  });
});

describe("conditions", () => {
  it("select the rows that a reader of all rows would", async () => {
    const computers = await cb.select(Computer).all();
    const events = await cb.select(Event).all({ limit: 300 });
    expect(computers.length).toBeGreaterThan(5);
    const [some] = computers.map(({ syncFlags }) => syncFlags ?? 0).filter((flags) => flags > 0);
    const bits = some ?? 0x10;
    const middle = computers[5]?.id ?? 0;
    const checks = [
      [{ id: range(3, middle) }, ({ id }: Computer) => id >= 3 && id <= middle],
      [{ connected: true, deleted: false }, (row: Computer) => row.connected === true && row.deleted === false],
      [{ syncFlags: allBits(bits) }, (row: Computer) => ((row.syncFlags ?? 0) & bits) === bits],
      [{ syncFlags: noBits(bits) }, (row: Computer) => ((row.syncFlags ?? 0) & bits) === 0],
      [{ computerTag: present() }, (row: Computer) => (row.computerTag ?? "") !== ""],
    ] as const;
    for (const [terms, wanted] of checks) {
      expect(ids(await cb.select(Computer).where(terms).all())).toEqual(ids(computers.filter(wanted)));
    }
    for (const terms of [{ computerTag: present() }, { connected: true }, { id: range(middle, undefined) }]) {
      const [those, others] = [Q(terms), Q(terms).not()].map((query) => cb.select(Computer).where(query));
      expect(((await those?.count()) ?? 0) + ((await others?.count()) ?? 0)).toBe(computers.length);
    }
    const [first, last] = [events.at(3)?.timestamp, events.at(90)?.timestamp];
    if (first === undefined || last === undefined) throw new Error("there are too few events");
    const [from, to] = first < last ? [first, last] : [last, first];
    const within = await cb
      .select(Event)
      .where({ timestamp: range(from, to), id: events.map(({ id }) => id) })
      .all();
    expect(ids(within)).toEqual(ids(events.filter(({ timestamp = 0 }) => timestamp >= from && timestamp <= to)));
    expect(
      await cb
        .select(Computer)
        .where({ dateCreated: raw("-1s") })
        .count(),
    ).toBe(0);
    expect(
      await cb
        .select(Computer)
        .where({ dateCreated: range(raw("-9999w"), undefined) })
        .count(),
    ).toBe(computers.length);
  });

  it("reach into the objects that a row names, and send their fields along", async () => {
    const files = cb.select(FileInstance).where({ fileCatalogId_threat: -1 });
    const [file] = await files.expand("computerId").all({ limit: 1 });
    expect(file?.get("fileCatalogId_threat")).toBe(-1);
    expect(file?.get("computerId_name")).toBe((await file?.computer)?.name);
  });

  it("count by the values of a field", async () => {
    const groups = await cb.select(FileCatalog).groupBy("publisherState", { by: "count", descending: true });
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(await cb.select(FileCatalog).count());
    expect(groups.map(({ count }) => count)).toEqual(groups.map(({ count }) => count).sort((a, b) => b - a));
    const [both] = await cb.select(FileInstance).groupBy("computerId", { subgroup: "executed", limit: 1 });
    expect(both).toEqual({ value: expect.any(Number), subvalue: expect.any(Boolean), count: expect.any(Number) });
  });
});

describe("a server that counts its rows from 1", () => {
  it("gives exactly the rows", async () => {
    const all = await cb.select(FileInstance).sort("id").all();
    sandbox.behaviour.oneBasedOffset = true;
    const old = clientOf();
    try {
      const rows = await old.select(FileInstance).batchSize(37).all();
      expect(rows.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
      expect(rows.report()).toMatchObject({ complete: true, available: all.length });
      const slice = await old.select(FileInstance).sort("id").slice(-5, -2);
      expect(slice.map(({ id }) => id)).toEqual(all.slice(-5, -2).map(({ id }) => id));
    } finally {
      sandbox.behaviour.oneBasedOffset = false;
      await old.close();
    }
  });
});

describe("a token that may not everything", () => {
  it("connects without the version, and is told which permission it lacks", async () => {
    const rights = ["View computers"];
    sandbox.tokens.add({ username: "reader", token: "reader-token-0123456789", globalAdmin: false, rights });
    const reader = clientOf("reader-token-0123456789");
    await reader.connect();
    expect(reader.cb_server_version).toBeUndefined();
    expect(await reader.select(Computer).count()).toBeGreaterThan(0);
    const error = await reader
      .select(Event)
      .first()
      .then(undefined, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(UnauthorizedError);
    expect(error).toMatchObject({ code: "MISSING_PERMISSION", message: expect.stringContaining("View events") });
    await reader.close();
    const stranger = clientOf("no-such-token-0123456789");
    await expect(stranger.connect()).rejects.toThrow("Invalid API token for server");
    await stranger.close();
  });
});
