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
  present,
  Q,
  range,
  raw,
  ScriptRule,
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
    ...[
      "a|b",
      "a*b",
      "a\\b",
      "c:\\temp\\",
      "\\|",
      "\\\\*",
      "*",
      "|",
      "\\",
      "name:x",
      "50%",
      "under_score",
      "!",
      "+1",
      "<x>",
    ],
    ...["", " ", " a", "a ", "  a  b  ", "\ta\n", '"quoted"', "'x'", "a&q=b", "#", "%2A", "-10h", "2d", "true", "5"],
    ...["ünï 世界", "ÜNÏ", "😀", "ß", "e\u0301", "é", "null", "undefined", "$&"],
  ];
  const parts = [
    "a",
    "B",
    "*",
    "|",
    "\\",
    ":",
    "!",
    "<",
    "-",
    "+",
    "%",
    "_",
    '"',
    "'",
    " ",
    "&",
    "ü",
    "世",
    "😀",
    "\n",
  ];
  const any = fc.oneof(
    { weight: 3, arbitrary: fc.array(fc.constantFrom(...parts), { maxLength: 6 }).map((each) => each.join("")) },
    fc.string({ maxLength: 10, unit: "grapheme" }),
  );
  /** Rows that have these texts, each one of its own. */
  const texts = [...new Set([...awkward, ...fc.sample(any, { numRuns: 110, seed: 3 })])];
  const rows = texts.map((text, n) => ({ id: 1000 + n, text }));
  const everything = () => cb.select(ScriptRule).where("id>999");
  const number = (text: string) => rows.find((row) => row.text === text)?.id;

  beforeAll(async () => {
    await cb.select(ScriptRule).count();
    await Promise.all(
      rows.map(({ id, text }) => sandbox.put("protection_scriptRule", { id, name: "x", description: text })),
    );
  });

  /** The server does not tell texts apart that differ in case only; which letters those are is its own matter. */
  const alike = (a: string, b: string) => a.toLowerCase() === b.toLowerCase() || a.toUpperCase() === b.toUpperCase();

  /** What is found are the rows with these texts, and at most others in another case. */
  async function expectFound(
    query: { all(): Promise<readonly ScriptRule[]> },
    wanted: readonly string[],
  ): Promise<void> {
    const found = await query.all();
    const given = found.map((row) => row.description ?? "");
    for (const text of wanted) expect(ids(found), JSON.stringify(text)).toContain(number(text));
    for (const text of given) expect([text, wanted.some((each) => alike(each, text))]).toEqual([text, true]);
  }

  it("find the rows of that text and no others, however they are given, and so does their opposite", async () => {
    for (const text of texts) {
      await expectFound(everything().where({ description: text }), [text]);
      await expectFound(everything().where`description:${text}`, [text]);
      await expectFound(everything().where(Q({ description: text }).or({ description: text })), [text]);
      const others = everything().where(Q({ description: text }).not());
      const same = await everything().where({ description: text }).count();
      expect([text, (await others.count()) + same]).toEqual([text, rows.length]);
      expect(ids(await others.all({ limit: 2000 }))).not.toContain(number(text));
    }
  });

  it("are put together: several in a list, parts in a template, patterns", async () => {
    const some = fc.uniqueArray(fc.constantFrom(...texts), { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(some, async (list) => {
        const [first = "", second = ""] = list;
        await expectFound(everything().where({ description: list }), list);
        await expectFound(everything().where`description:${first}|${second}`, [first, second]);
        await expectFound(everything().where(Q({ description: first }).or({ description: second })), [first, second]);
        const those = await everything().where({ description: list }).count();
        expect(
          await everything()
            .where(Q({ description: list }).not())
            .count(),
        ).toBe(rows.length - those);
        // A text in two pieces, of which a template puts one in.
        const [...letters] = first;
        const [front, back] = [letters.slice(0, 1).join(""), letters.slice(1).join("")];
        await expectFound(everything().where`description:${front}${back}`, [first]);
        if (/[*?]/.test(first) || first === "") return;
        const begins = texts.filter((text) => text.toLowerCase().startsWith(first.toLowerCase()));
        const found = await everything()
          .where({ description: wildcard(`${first}*`) })
          .all();
        for (const text of begins) expect(ids(found)).toContain(number(text));
        for (const { description = "" } of found)
          expect(alike([...description].slice(0, letters.length).join(""), first)).toBe(true);
      }),
      { numRuns: 60, seed: 4 },
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
