// Addresses of the console: what users copy from the browser leads to objects and searches, and back.
import {
  Alert,
  ApiError,
  Binary,
  type ConsoleObject,
  Investigation,
  ObjectNotFoundError,
  Process,
  Sensor,
  ThreatReport,
  Watchlist,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { cb, other, sandbox, useSandbox } from "../support/given.js";
import { requested } from "../support/sandbox.js";

// What an address stands for is what somebody else's client finds by it: `other`.
useSandbox();

/** A shell with seven segments, and one of them. */
const SHELL = "00000001-0000-0e48-01d2-c2a397f4cfe0";
const SEGMENT = 1495463680155;
const NET = "79B6D4C5283FC806387C55B8D7C8B762";

/** The object of an address, which has to be of this kind. */
function objectOf<K extends ConsoleObject["kind"]>(
  address: string,
  kind: K,
): Extract<ConsoleObject, { kind: K }>["object"] {
  const found = other.fromUi(address);
  expect(found.kind).toBe(kind);
  return found.object as never;
}

describe("the address of one object", () => {
  it("asks for nothing until the object is awaited", async () => {
    await cb.connect();
    await other.connect();
    sandbox.requests.clear();
    const pages = [`#analyze/${SHELL}/0`, `#binary/${NET}`, "#host/3", "#watchlist/17", "#threat-details/3/soc-evil"];
    for (const page of pages) other.fromUi(`${cb.url}/${page}`);
    await new Promise((resolve) => setImmediate(resolve));
    expect(requested(sandbox)).toEqual([]);
  });

  it("leads to a process and the segment that is looked at", async () => {
    const rows = await cb.select(Process).where({ process_id: SHELL }).all();
    expect(rows).toHaveLength(7);
    const row = rows.find(({ segment }) => segment === SEGMENT);
    const { webui_link = "" } = row ?? {};
    expect(webui_link).toBe(`${cb.url}/#analyze/${SHELL}/${SEGMENT}`);
    const proc = await objectOf(webui_link, "process");
    expect([proc.id, proc.segment]).toEqual([SHELL, SEGMENT]);
    // Its events are those of the segment, as the console shows them.
    const events = async (of: Process | undefined) => (await of?.segmentEvents())?.all().length;
    expect(await events(proc)).toBe(await events(row));
    const whole = await objectOf(`${cb.url}/#analyze/${SHELL}`, "process");
    expect(whole).toMatchObject({ process_name: "cmd.exe", segment: 0, webui_link: `${cb.url}/#analyze/${SHELL}/0` });
    expect(await events(whole)).toBeGreaterThanOrEqual((await events(row)) ?? 0);
  });

  it("leads to whatever else has a page of its own, and misses what is gone", async () => {
    const binary = await objectOf((await cb.select(Binary, NET)).webui_link, "binary");
    expect(binary.original_filename).toBe("net.exe");
    const sensor = await objectOf((await cb.select(Sensor, 3)).webui_link, "sensor");
    expect(sensor.hostname).toBe("WIN-IA9NQ1GN8OI");
    const watchlist = await objectOf((await cb.select(Watchlist, 17)).webui_link ?? "", "watchlist");
    expect(watchlist.name).toBe("Autostart entry in a Run key");
    const report = await objectOf((await cb.select(ThreatReport, "3:soc-evil")).webui_link, "threatReport");
    expect(report.title).toBe("Programs named evil");
    const [listed] = await cb.select(Investigation).all();
    const investigation = await objectOf(listed?.webui_link ?? "", "investigation");
    expect(investigation.name).toBe(listed?.name);
    expect(await investigation.events.count()).toBe(await listed?.events.count());
    expect(await objectOf(`${cb.url}/#/login`, "server").info()).toMatchObject({ version: sandbox.info()["version"] });
    expect(objectOf(cb.url, "server")).toBe(other);

    await expect(objectOf(`${cb.url}/#watchlist/4711`, "watchlist")).rejects.toThrow(ObjectNotFoundError);
    await expect(objectOf(`${cb.url}/#threat-details/3/none`, "threatReport")).rejects.toThrow(ObjectNotFoundError);
    await expect(objectOf(`${cb.url}/#investigation/4711`, "investigation")).rejects.toThrow(ObjectNotFoundError);
  });

  it("goes on to what the object joins to", async () => {
    const link = (await cb.select(Process).where("process_name:evil.exe").first().webui_link) ?? "";
    expect(await objectOf(link, "process").sensor.hostname).toBe("HOSTNAME");
    expect(await objectOf(link, "process").binary.signed).toBe(false);
  });
});

describe("the address of a search", () => {
  it("finds what the search finds, in its order", async () => {
    const limit = new Date(SEGMENT);
    const processes = [
      cb.select(Process).where("process_name:cmd.exe"),
      cb.select(Process).where({ username: "bit9rad" }).and("cmdline:\\\\test\\blah").sort("start asc"),
      cb.select(Process).where("process_name:cmd.exe").groupBy("id").minLastUpdate(limit).sort("start desc"),
      cb.select(Process).raw("cb.urlver=1&cb.q.process_name=cmd.exe&cb.fq.host_type=server&sort=start%20desc"),
      cb.select(Process).where("path:c:/windows/system32/net.exe or path:c:\\windows\\system32\\whoami.exe"),
    ];
    for (const query of processes) {
      const rows = await query.all();
      expect(rows.length).toBeGreaterThan(0);
      const found = await objectOf(query.webui_link, "processes").all();
      expect(found.map(({ unique_id }) => unique_id)).toEqual(rows.map(({ unique_id }) => unique_id));
    }
    const signed = cb.select(Binary).where("digsig_result:Signed").sort("md5 desc");
    const binaries = await objectOf(signed.webui_link, "binaries").all();
    expect(binaries.map(({ md5 }) => md5)).toEqual((await signed.all()).map(({ md5 }) => md5));
    expect(binaries.length).toBeGreaterThan(1);
    const open = cb.select(Alert).where({ status: "Unresolved", hostname: "WIN-IA9NQ1GN8OI" }).sort("created_time asc");
    const alerts = await objectOf(open.webui_link, "alerts").all();
    expect(alerts.map(({ unique_id }) => unique_id)).toEqual((await open.all()).map(({ unique_id }) => unique_id));
    expect(alerts.length).toBeGreaterThan(1);
    const partner = cb.select(ThreatReport).where({ tags: "partner" }).sort("create_time asc");
    const reports = await objectOf(partner.webui_link, "threatReports").all();
    expect(reports.map(({ id }) => id)).toEqual((await partner.all()).map(({ id }) => id));
    expect(reports).toHaveLength(5);
  });

  it("may be written with slashes and blanks in the query, as browsers show it", async () => {
    const shown = `${cb.url}/#/search/cb.urlver=1&q=path:c:/windows/system32/net.exe cmdline:use&sort=start asc`;
    const rows = await objectOf(shown, "processes").all();
    expect(rows.map(({ cmdline }) => cmdline)).toEqual(["net  use z: \\\\test\\blah", "net  use y: \\\\test\\blah"]);
    expect(await objectOf(`${cb.url}/#/alerts/?q=status:Unresolved`, "alerts").count()).toBe(
      await cb.select(Alert).where("status:Unresolved").count(),
    );
    // Without a query it is the whole page.
    expect(await objectOf(`${cb.url}/#/binaries`, "binaries").count()).toBe(await cb.select(Binary).count());
  });

  it("of a watchlist is what the watchlist searches", async () => {
    const shells = await cb.select(Watchlist, 9);
    const search = shells.search();
    const found = objectOf(search.webui_link, "processes");
    expect(found.query).toBe(shells.query);
    expect(await found.count()).toBe(await search.count());
    // And a search that was found by its address becomes a watchlist, with its facets and its order.
    const copy = await found.createWatchlist("Copied from the browser");
    expect(copy.query).toBe(shells.query);
    expect(copy.facets).toEqual({ host_type: "server" });
    expect(await copy.search().count()).toBe(await search.count());
  });
});

describe("an address that leads nowhere", () => {
  it.each<[address: (url: string) => string, reason: RegExp]>([
    [() => "https://elsewhere.example/#watchlist/17", /Invalid URL provided.*elsewhere\.example/],
    [(url) => `${url.replace("https:", "http:")}/#watchlist/17`, /Invalid URL provided/],
    [() => "watchlist 17", /Invalid URL provided.*is no address/],
    [(url) => `${url}/#dashboard/1`, /Unknown URL endpoint "dashboard".*#analyze.*#search/],
    [(url) => `${url}/#watchlist/`, /Unknown URL endpoint.*#watchlist\/<id>/],
    [(url) => `${url}/#analyze/net.exe/1`, /Unknown URL endpoint.*#analyze\/<guid>\/<segment>/],
    [(url) => `${url}/#threat-details/3`, /Unknown URL endpoint.*#threat-details\/<feed id>\/<report id>/],
    [(url) => `${url}/#search/process_name:cmd.exe`, /not a query string of the console/],
  ])("is refused, and nothing is asked: %s", async (address, reason) => {
    expect(() => other.fromUi(address(cb.url))).toThrow(ApiError);
    expect(() => other.fromUi(address(cb.url))).toThrow(reason);
    expect(requested(sandbox)).toEqual([]);
  });
});
