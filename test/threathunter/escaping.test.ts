// What is put into a query of the cloud is found as it is: through the SDK's escaping and the server's parser.
import { Sandbox } from "@cbapi/sandbox";
import { CbThreatHunterAPI, Process, Q, QueryBuilder, wildcard } from "cbapi/threathunter";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awkwardNames, logOf } from "../support/awkward-names.js";

const values = awkwardNames(100);

let sandbox: Sandbox;
let cb: CbThreatHunterAPI;
let log: Awaited<ReturnType<typeof logOf>>;

beforeAll(async () => {
  log = await logOf(values);
  sandbox = await Sandbox.start({ tls: false, organisation: "empty", importFiles: [log.file] });
  sandbox.behaviour.searchPolls = 1;
  const { url, token, orgKey } = sandbox.credentials("cloud");
  cb = new CbThreatHunterAPI({ url, token, orgKey, allowHttp: true });
});
afterAll(async () => {
  await cb.close();
  await sandbox.stop();
  await log.remove();
});

/** The names of those who are found. */
async function names(query: ReturnType<typeof Process.query>): Promise<string[]> {
  const rows = await query.all();
  expect(rows.report().complete).toBe(true);
  return rows.map(({ process_username: names = [] }) => names[0] ?? "");
}

/** A name of a path is found by its end too, and in letters of either size. */
function expectOnly(found: readonly string[], value: string): void {
  expect(found).toContain(value);
  const wanted = value.toLowerCase();
  for (const name of found) {
    const is = name.toLowerCase();
    expect(is === wanted || is.endsWith(`\\${wanted}`) || is.endsWith(`/${wanted}`), `${name} for ${value}`).toBe(true);
  }
}

describe("a value", () => {
  it.each(values)("%o is found by a term, in a template, in quotes and beside others", async (value) => {
    expectOnly(await names(cb.select(Process).where({ process_username: value })), value);
    expectOnly(await names(cb.select(Process).where`process_username:${value}`), value);
    expectOnly(await names(cb.select(Process).where`process_username:"${value}" AND device_id:*`), value);
    const built = new QueryBuilder({ device_name: wildcard("odd*") }).and({ process_username: value });
    expectOnly(await names(cb.select(Process).where(built.not({ process_name: value }))), value);
  });

  it("is left out by its opposite, and by nothing else", async () => {
    const all = await names(cb.select(Process));
    expect(all).toHaveLength(values.length);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...values), async (value) => {
        const found = await names(cb.select(Process).where({ process_username: value }));
        const others = await names(cb.select(Process).not({ process_username: value }));
        expect([...found, ...others].toSorted()).toEqual(all.toSorted());
      }),
      { numRuns: 20 },
    );
  });

  it("is one of several", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.constantFrom(...values), { minLength: 2, maxLength: 5 }), async (some) => {
        const found = await names(cb.select(Process).where({ process_username: some }));
        expect(found).toEqual(expect.arrayContaining(some));
        const either = some
          .slice(1)
          .reduce((q, value) => q.or({ process_username: value }), Q({ process_username: some[0] ?? "" }));
        expect((await names(cb.select(Process).where(either))).toSorted()).toEqual(found.toSorted());
      }),
      { numRuns: 20 },
    );
  });
});

describe("an asterisk", () => {
  it("is itself in a value, and anything in a pattern", async () => {
    expect(await names(cb.select(Process).where({ process_username: "star*middle" }))).toEqual(["star*middle"]);
    const both = await names(cb.select(Process).where({ process_username: wildcard("star*middle") }));
    expect(both.toSorted()).toEqual(["starXmiddle", "star*middle"].toSorted());
    expect(await names(cb.select(Process).where`process_username:*${"*m"}*`)).toEqual(["star*middle"]);
    expect(await names(cb.select(Process).where({ process_username: wildcard("sta?Xmid*") }))).toEqual(["starXmiddle"]);
  });
});
