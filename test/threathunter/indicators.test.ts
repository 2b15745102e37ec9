// Indicators of reports: made, given to a report and taken out of it, as the server then has them; never saved alone.
import { CbThreatHunterAPI, InvalidObjectError, IOC, IOC_V2, Process, Report, Watchlist } from "cbapi/threathunter";
import { describe, expect, it } from "vitest";
import { asked, useCloudAs } from "../support/given-cloud.js";

const given = useCloudAs(CbThreatHunterAPI);

const reportWith = (...iocs: IOC_V2[]) =>
  given.cb.create(Report, { title: "Beacons", description: "d", severity: 7 }).appendIocs(iocs).saveWatchlist();

/** A report as the server has it. */
const seen = ({ id }: Report) => given.other.select(Report, String(id), { refresh: true });

describe("an indicator", () => {
  it("is of regular expressions, by which processes are found", async () => {
    const { cb } = given;
    const name = String((await cb.select(Process).first())?.process_name);
    const file = name.split(/[\\/]/).at(-1) ?? "";
    const pattern = `.*${file.replaceAll(".", "\\.")}`;
    const report = await reportWith(IOC_V2.createRegex(cb, "r1", "process_name", pattern, "no such process"));
    expect(
      (await seen(report)).iocs_.map(({ id, match_type, field, values }) => ({ id, match_type, field, values })),
    ).toEqual([{ id: "r1", match_type: "regex", field: "process_name", values: [pattern, "no such process"] }]);
    await cb.create(Watchlist, { name: "x", tags_enabled: true, report_ids: [String(report.id)] }).save();
    await cb.clock.sleep(60_000);
    const hit = (await cb.select(Process).all()).filter((row) =>
      JSON.stringify(row.get("watchlist_hit") ?? "").includes(String(report.id)),
    );
    expect(hit.length).toBeGreaterThan(0);
    for (const row of hit) expect(row.process_name?.endsWith(file)).toBe(true);
    expect(() => IOC_V2.createRegex(cb, null, "process_name", "(")).toThrow(InvalidObjectError);
  });

  it("has IPv6 addresses in the form in which they are compared", async () => {
    const { cb } = given;
    const digits = "20010DB8000000000000000000000001";
    const forms = ["2001:db8::1", "2001:DB8:0:0::0:1", "2001:db8::0.0.0.1"];
    expect(forms.map((form) => IOC_V2.ipv6EqualityFormat(form))).toEqual([digits, digits, digits]);
    expect(IOC_V2.ipv6EqualityFormat("::")).toBe("0".repeat(32));
    for (const address of ["10.0.0.1", "", "fe80::1%eth0"]) {
      expect(() => IOC_V2.ipv6EqualityFormat(address)).toThrow(/is no IPv6 address/);
    }
    const report = await reportWith(IOC_V2.createEquality(cb, "v6", "netconn_ipv6", digits));
    expect((await seen(report)).iocs_[0]?.values).toEqual([digits]);
  });

  it("is taken out of its report as an object, and is gone once that is saved", async () => {
    const { cb } = given;
    const [first, second] = ["a", "b"].map((id) => IOC_V2.createQuery(cb, id, `process_name:${id}.exe`));
    const report = await reportWith(first as IOC_V2, second as IOC_V2);
    const ids = async () => (await seen(report)).iocs_.map(({ id }) => id);
    expect(await ids()).toEqual(["a", "b"]);
    report.removeIocs([first as IOC_V2, IOC_V2.createQuery(cb, "never there", "x")]);
    expect([report.isDirty(), await ids()]).toEqual([true, ["a", "b"]]);
    await report.save();
    expect([report.isDirty(), await ids()]).toEqual([false, ["b"]]);
    report.removeIocs(report.iocs_);
    expect(report.iocs_).toEqual([]);
    report.reset();
    expect([report.isDirty(), report.iocs_.map(({ id }) => id)]).toEqual([false, ["b"]]);
    await report.removeIocs(report.iocs_).save();
    expect(await ids()).toEqual([]);
  });

  it("is not saved by itself: the error says what to do, or what is wrong with it", async () => {
    const { cb } = given;
    await expect(IOC_V2.createQuery(cb, "i", "process_name:a").save()).rejects.toThrow(/report\.appendIocs\(\[ioc\]\)/);
    await expect(cb.create(IOC, { dns: ["evil.example"] }).save()).rejects.toThrow(/report\.set\(\{ iocs \}\)/);
    await expect(cb.create(IOC, { md5: ["x"] }).save()).rejects.toThrow(InvalidObjectError);
    await expect(cb.create(IOC_V2, { match_type: "equality", values: ["x"] }).save()).rejects.toThrow(
      InvalidObjectError,
    );
    expect(asked()).toEqual([]);
  });
});
