import { describe, expect, it } from "vitest";
import type { ComputerRecord } from "../objects/index.js";
import { startSmall, where } from "../samples.js";

const NOW = Date.UTC(2026, 0, 5, 9);
const HOUR = 3_600_000;

/** Computers that the tests put there, apart from those of the organisation. */
const computer = (id: number, more: Omit<ComputerRecord, "id">): ComputerRecord => ({
  ...{ id, policyId: 3, deleted: false },
  ...more,
});

describe("a search", () => {
  it("reads the reference's worked example", async () => {
    await using small = await startSmall();
    const put = async (id: number, more: Omit<ComputerRecord, "id">): Promise<void> =>
      await small.sandbox.put("protection_computer", computer(id, more));
    await small.sandbox.put("protection_policy", { id: 50, name: "High * all" });
    const good = { ipAddress: "fe00::1", computerTag: "x", dateCreated: NOW - 9 * HOUR, policyId: 50 };
    await put(101, good);
    await put(102, { ...good, ipAddress: "FF00::7" });
    await put(103, { ...good, ipAddress: "10.0.0.1" });
    await put(104, { ...good, computerTag: null });
    await put(105, { ...good, computerTag: "" });
    await put(106, { ...good, dateCreated: NOW - 11 * HOUR });
    await put(107, { ...good, policyId: 3 });
    const conditions = ["ipAddress:fe00*|ff00*", "computerTag!", "dateCreated>-10h", "policyName:*\\**"];
    const { body } = await small.ask("GET", where("computer", conditions));
    expect(body.map(({ id }: { id: number }) => id)).toEqual([101, 102]);
    expect((await small.ask("GET", where("computer", conditions, { limit: -1, offset: 7, sort: "id" }))).body).toEqual({
      count: 2,
    });
  });

  it("takes escapes, and single backslashes as they are", async () => {
    await using small = await startSmall();
    const names = ["CORP\\PC", "a|b", "a*b", "a\\*b", "axb"];
    for (const [index, name] of names.entries()) {
      await small.sandbox.put("protection_computer", computer(200 + index, { name }));
    }
    const found = async (condition: string): Promise<string[]> =>
      (await small.ask("GET", where("computer", ["id>199", condition]))).body.map(({ name }: { name: string }) => name);
    expect(await found("name:corp\\pc")).toEqual(["CORP\\PC"]);
    expect(await found("name:CORP\\\\PC")).toEqual(["CORP\\PC"]);
    expect(await found("name:a\\|b")).toEqual(["a|b"]);
    expect(await found("name:a\\*b")).toEqual(["a*b"]);
    expect(await found("name:a\\\\\\*b")).toEqual(["a\\*b"]);
    expect(await found("name:a*b")).toEqual(["a|b", "a*b", "a\\*b", "axb"]);
    expect(await found("name!a*b")).toEqual(["CORP\\PC"]);
    await small.sandbox.put("protection_computer", computer(210, { name: "50% off" }));
    expect(await found("name:*%*")).toEqual(["50% off"]);
    expect(await found("name:***%***o_f*")).toEqual([]);
  });

  it("knows kinds, fields and parameters in any case, and sends fields in theirs", async () => {
    await using small = await startSmall();
    const { status, body } = await small.ask("GET", "FILECATALOG?Q=FILENAME:net.exe&LIMIT=1&Sort=DATECREATED desc");
    expect(status).toBe(200);
    expect(body[0]).toMatchObject({ fileName: "net.exe", md5: "79b6d4c5283fc806387c55b8d7c8b762" });
  });

  it.each([
    ["an unknown field", "computer?q=nome:x", "nome"],
    ["no operator", "computer?q=name", "condition"],
    ["a plus that was not encoded", "computer?q=syncFlags+4", "condition"],
    ["no number", "computer?q=policyId:abc", "policyId"],
    ["no date", "computer?q=dateCreated>yesterday", "dateCreated"],
    ["a day that is none", "computer?q=dateCreated>2026-02-30", "dateCreated"],
    ["no boolean", "computer?q=deleted:maybe", "deleted"],
    ["bits of a text", "computer?q=name%2B4", "name"],
    ["an unknown field to sort by", "computer?sort=nome", "nome"],
    ["two fields to sort by", "computer?sort=name asc id", "sort"],
    ["an unknown field to group by", "computer?group=nome", "nome"],
    ["a negative offset", "computer?offset=-1", "offset"],
    ["a limit below -1", "computer?limit=-2", "limit"],
    ["an unexpected parameter", "computer?rows=5", "rows"],
    ["a field of what was not widened", "fileInstance?q=computerId_name:x", "computerId_name"],
    ["a list", "connector?q=analysisTargets:x", "analysisTargets"],
  ])("refuses %s with 400", async (_, path, named) => {
    await using small = await startSmall();
    const { status, body } = await small.ask("GET", path);
    expect([status, body]).toEqual([400, { Message: expect.stringContaining(named) }]);
    expect(small.sandbox.requests.failures()).toEqual([]);
  });

  it("takes as many alternatives as fit into an address, and patterns as long", async () => {
    await using small = await startSmall();
    const many = `id:${Array.from({ length: 7000 }, (_, n) => n + 3).join("|")}`.slice(0, 32_000).replace(/\|$/, "");
    const address = `computer?q=${many.replaceAll("|", "%7C").slice(0, 32_000).replace(/%?7?$/, "")}&limit=-1`;
    expect((await small.ask("GET", address)).body).toEqual({ count: 3 });
    const texts = `computer?q=name:${Array.from({ length: 3000 }, () => "*ü").join("|")}&limit=-1`.slice(0, 32_000);
    expect((await small.ask("GET", texts)).status).toBe(200);
    expect((await small.ask("GET", `computer?limit=-1&q=name:${"*a".repeat(15_000)}`)).body).toEqual({ count: 0 });
    expect(small.sandbox.requests.failures()).toEqual([]);
  });

  it("widens rows by the objects that they name, and searches by these", async () => {
    await using small = await startSmall();
    const expanded = { expand: "fileCatalogId,computerId,nothing,fileName", limit: 3 };
    const conditions = ["computerId_name:*myhostname", "fileCatalogId_fileName:c*"];
    const { body } = await small.ask("GET", where("fileInstance", conditions, expanded));
    const [first] = body;
    const { body: file } = await small.ask("GET", `fileCatalog/${first.fileCatalogId}`);
    const { body: host } = await small.ask("GET", `computer/${first.computerId}`);
    for (const [name, value] of Object.entries(file)) expect(first[`fileCatalogId_${name}`], name).toEqual(value);
    for (const [name, value] of Object.entries(host)) expect(first[`computerId_${name}`], name).toEqual(value);
    expect(Object.keys(first).some((name) => name.startsWith("fileName_"))).toBe(false);
    await small.sandbox.put("protection_fileInstance", { id: 9000, fileCatalogId: 0, computerId: 1 });
    const { body: bare } = await small.ask("GET", "fileInstance/9000?expand=fileCatalogId&expand=computerId");
    expect(bare).toMatchObject({ fileCatalogId: 0, fileCatalogId_md5: null, computerId_name: "DOMAIN\\MYHOSTNAME" });
  });

  it("groups by one field or two, ordered by value or by count", async () => {
    await using small = await startSmall();
    const { body: rows } = await small.ask("GET", "fileInstance?limit=0");
    const counts = new Map<number, number>();
    for (const { computerId } of rows) counts.set(computerId, (counts.get(computerId) ?? 0) + 1);
    const wanted = [...counts].map(([value, count]) => ({ value, count }));
    const groups = async (order: string): Promise<unknown> =>
      (
        await small.ask(
          "GET",
          where("fileInstance", [], { group: `computerId${order}`, sort: "nothing is sorted by this" }),
        )
      ).body;
    expect(await groups("")).toEqual(wanted.toSorted((a, b) => a.value - b.value));
    expect(await groups(" desc")).toEqual(wanted.toSorted((a, b) => b.value - a.value));
    expect(await groups(" cdesc")).toEqual(wanted.toSorted((a, b) => b.count - a.count || a.value - b.value));
    expect(await groups(" casc")).toEqual(wanted.toSorted((a, b) => a.count - b.count || a.value - b.value));
    const two = (await small.ask("GET", "fileInstance?group=computerId&subgroup=executed&grouptype=n&groupstep=1"))
      .body;
    expect(two[0]).toEqual({ value: 1, subvalue: expect.any(Boolean), count: expect.any(Number) });
    expect(two.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(rows.length);
    const dates = (await small.ask("GET", "policy?group=dateCreated")).body;
    expect(dates).toEqual([{ value: "2024-12-01T09:00:00Z", count: 7 }]);
  });

  it("gives 1000 rows at most where no limit is given, and everything for limit 0, from either offset base", async () => {
    await using small = await startSmall();
    for (let id = 1000; id < 2100; id++) await small.sandbox.put("protection_computer", { id, name: `C${id}` });
    const ids = async (query: string): Promise<number[]> =>
      (await small.ask("GET", `computer?${query}`)).body.map(({ id }: { id: number }) => id);
    expect((await ids("")).length).toBe(1000);
    expect((await ids("limit=0&offset=7")).length).toBe(1105);
    expect((await ids("limit=5000")).length).toBe(1105);
    const all = await ids("limit=0");
    expect(await ids("offset=1000&limit=3")).toEqual(all.slice(1000, 1003));
    expect(await ids("offset=0&limit=2")).toEqual(all.slice(0, 2));
    small.sandbox.behaviour.oneBasedOffset = true;
    expect(await ids("offset=0&limit=2")).toEqual(all.slice(0, 2));
    expect(await ids("offset=1&limit=2")).toEqual(all.slice(0, 2));
    expect(await ids("offset=1001&limit=3")).toEqual(all.slice(1000, 1003));
  });

  it("leaves nulls out on request", async () => {
    await using small = await startSmall();
    expect((await small.ask("GET", "computer/2")).body).toHaveProperty("computerTag", null);
    small.sandbox.behaviour.omitNulls = true;
    expect((await small.ask("GET", "computer?group=computerTag")).body).toEqual([{ value: null, count: 5 }]);
    expect((await small.ask("GET", "computer/2")).body).not.toHaveProperty("computerTag");
    expect((await small.ask("GET", "computer?limit=1")).body[0]).not.toHaveProperty("computerTag");
  });

  it("shows what changes by itself as it is now", async () => {
    await using small = await startSmall();
    const { body: before } = await small.ask("GET", "computer?q=connected:true&sort=id&limit=0");
    const sensor = before.find(({ cbSensorId }: { cbSensorId: number }) => cbSensorId > 0);
    await small.sandbox.clock.step(2);
    expect((await small.ask("GET", `computer/${sensor.id}`)).body.lastPollDate).toBe("2026-01-05T09:00:02Z");
    await small.sandbox.setOnline(sensor.cbSensorId, false);
    expect((await small.ask("GET", where("computer", ["connected:true"], { limit: -1 }))).body).toEqual({
      count: before.length - 1,
    });
    small.sandbox.clock.set(Date.UTC(2026, 0, 9, 9));
    expect((await small.ask("GET", where("computer", ["daysOffline>2"], { limit: 0 }))).body).toMatchObject([
      { id: sensor.id, connected: false, daysOffline: 3 },
    ]);
  });
});
