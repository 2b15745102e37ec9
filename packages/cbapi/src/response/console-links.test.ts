import { describe, expect, it } from "vitest";
import { ApiError, CbApiError } from "../core/errors.js";
import type { AnyModel } from "../core/model/model.js";
import type { Query } from "../core/query/query.js";
import { edrServer } from "../test-support/edr-server.js";
import { CbResponseAPI } from "./client.js";
import { Binary } from "./models/binary/binary.js";
import { Alert } from "./models/detection/alert.js";
import { ThreatReport } from "./models/detection/threat-report.js";
import { Watchlist } from "./models/detection/watchlist.js";
import { Investigation } from "./models/investigation/investigation.js";
import { Process } from "./models/process/process.js";
import { Sensor } from "./models/sensor/sensor.js";

const GUID = "00000001-0000-0e48-01d2-c2a397f4cfe0";
const MD5 = "24DA05ADE2A978E199875DA0D859E7EB";
const routes = {
  [`/api/v1/process/${GUID}/1495465643405`]: {
    process: { id: GUID, segment_id: 1495465643405, process_name: "a.exe" },
  },
  [`/api/v1/process/${GUID}/0`]: { process: { id: GUID, process_name: "whole.exe" } },
  [`/api/v1/binary/${MD5}/summary`]: { md5: MD5, original_filename: "b.exe" },
  "/api/v1/sensor/3": { id: 3, computer_name: "WIN" },
  "/api/v1/watchlist/222": { id: "222", name: "shares" },
  "/api/investigations": [{ id: 1, name: "case" }],
  "/api/v1/feed/18/report/a%2Fb%3A1": { feed_id: 18, id: "a/b:1", title: "slashed" },
};

describe("the address of one object", () => {
  it("leads to it, and nothing is asked before it is awaited", async () => {
    const { cb, requests } = await edrServer(routes);
    const of = (fragment: string) => cb.fromUi(`${cb.url}/${fragment}`);
    const process = of(`#analyze/${GUID}/1495465643405`);
    const whole = of(`#/analyze/${GUID}`);
    const binary = of(`#binary/${MD5.toLowerCase()}?tab=files`);
    const sensor = of("#/host/3/");
    const watchlist = of("#/watchlist/222");
    const investigation = of("#investigation/1");
    const report = of("#/threat-details/18/a/b%3A1");
    // What had been asked for would be at the server before this.
    await cb.connect();
    expect(requests).toEqual([]);
    expect(process.kind === "process" && (await process.object).segment).toBe(1495465643405);
    expect(whole.kind === "process" && (await whole.object.process_name)).toBe("whole.exe");
    expect(binary.kind === "binary" && (await binary.object.original_filename)).toBe("b.exe");
    expect(sensor.kind === "sensor" && (await sensor.object.hostname)).toBe("WIN");
    expect(watchlist.kind === "watchlist" && (await watchlist.object.name)).toBe("shares");
    expect(investigation.kind === "investigation" && (await investigation.object.name)).toBe("case");
    expect(report.kind === "threatReport" && (await report.object.title)).toBe("slashed");
  });

  it("is what webui_link of each model gives", async () => {
    const { cb } = await edrServer({});
    const links = [
      await cb.select(Process, `${GUID}-015c3097620d`).webui_link,
      await cb.select(Process, `${GUID}-00000001`).webui_link,
      await cb.select(Binary, MD5).webui_link,
      await cb.select(Sensor, 3).webui_link,
      await cb.select(Watchlist, 222).webui_link,
      await cb.select(Investigation, 1).webui_link,
      await cb.select(ThreatReport, "18:a/b c%3A1?x").webui_link,
    ];
    await cb.connect();
    links.push(await cb.select(Process, GUID).webui_link);
    for (const link of links) {
      const found = cb.fromUi(link ?? "");
      const back = found.kind === "server" ? undefined : Reflect.get(found.object, "webui_link");
      expect(await back).toBe(link);
    }
  });
});

describe("the address of a search", () => {
  const conditions = [
    (cb: CbResponseAPI) => cb.select(Process),
    (cb: CbResponseAPI) => cb.select(Process).where("path:c:/x/y a&b=c +d %41 #e ü").sort("start asc"),
    (cb: CbResponseAPI) =>
      cb
        .select(Process)
        .where({ hostname: ["a", "b"] })
        .and("c:d")
        .sort(""),
    (cb: CbResponseAPI) =>
      cb.select(Process).groupBy("id").minLastUpdate(new Date(0)).maxLastServerUpdate("2018-01-01"),
    (cb: CbResponseAPI) => cb.select(Process).useComprehensiveSearch().setLegacyMode(false).stable(),
    (cb: CbResponseAPI) => cb.select(Process).raw("q=a%3Ab&cb.fq.host_type=server&cb.q.x=1&cb.q.x=2&sort=start%20desc"),
    (cb: CbResponseAPI) => cb.select(Binary).where("md5:x").stable(),
    (cb: CbResponseAPI) => cb.select(Binary),
    (cb: CbResponseAPI) => cb.select(Alert).where({ status: "Unresolved" }).sort("created_time desc"),
    (cb: CbResponseAPI) => cb.select(ThreatReport).where({ title: "a/b" }),
  ];

  it.each(
    conditions.map(
      (make) =>
        [
          make(new CbResponseAPI({ url: "https://x", token: "x" })).webui_link.slice("https://x/".length),
          make,
        ] as const,
    ),
  )("%s", async (_, make) => {
    const page = { total_results: 0, results: [] };
    const { cb, requests } = await edrServer({
      "/api/v1/process": page,
      "/api/v1/binary": page,
      "/api/v2/alert": page,
      "/api/v1/threat_report": page,
    });
    const query = make(cb);
    const link = query.webui_link;
    expect(link).toMatch(/#\/(search|binaries|alerts|threats)\?/);
    for (const form of [
      link,
      link.replace("#/", "#"),
      link.replace(/(#\/\w+)\?/, "$1/"),
      link.replace(/(#\/\w+)\?/, "$1/?"),
    ]) {
      const { object } = cb.fromUi(form);
      const found = object as typeof query;
      expect(requests).toEqual([]);
      expect(found.constructor).toBe(query.constructor);
      expect(found.webui_link).toBe(link);
      expect(found.query).toBe(query.query);
      await (found as Query<AnyModel>).all();
      await (query as Query<AnyModel>).all();
      const [theirs, ours] = requests.splice(0);
      expect(theirs).toBe(ours);
    }
  });

  it("may leave the query out", async () => {
    const { cb } = await edrServer({});
    const found = cb.fromUi(`${cb.url}/#/search`);
    expect(found.kind === "processes" && found.object.where({ hostname: "x" }).query).toBe("hostname:x");
    expect(cb.fromUi(`${cb.url}/#alerts/`).kind).toBe("alerts");
  });
});

describe("an address", () => {
  it("is of this server whatever way it is written", () => {
    const cb = new CbResponseAPI({ url: "https://cb.example.com", token: "x".repeat(40) });
    for (const url of [
      "https://cb.example.com:443/#/host/1",
      "HTTPS://CB.example.com/#host/1",
      " https://cb.example.com#host/1",
    ]) {
      expect(cb.fromUi(url).kind).toBe("sensor");
    }
    const ported = new CbResponseAPI({ url: "https://cb.example.com:443/", token: "x".repeat(40) });
    expect(ported.fromUi("https://cb.example.com/#/host/1").kind).toBe("sensor");
    for (const url of ["https://cb.example.com", "https://cb.example.com/#", "https://cb.example.com/#/login?next=x"]) {
      const found = cb.fromUi(url);
      expect(found.kind === "server" && found.object).toBe(cb);
    }
  });

  it.each([
    ["http://cb.example.com/#/host/1", /^Invalid URL provided: it is about http:\/\/cb\.example\.com, and this client/],
    ["https://cb.example.com:8443/#/host/1", /^Invalid URL provided/],
    ["https://other.example.com/#/host/1", /^Invalid URL provided/],
    ["not an address", /^Invalid URL provided/],
    [undefined, /^Invalid URL provided/],
    ["https://cb.example.com/#/nowhere/1", /^Unknown URL endpoint "nowhere".*#analyze.*#threats/],
    ["https://cb.example.com/#/constructor/1", /^Unknown URL endpoint "constructor"/],
    ["https://cb.example.com/#/binary", /^Unknown URL endpoint .* reads #binary\/<md5>/],
    ["https://cb.example.com/#/threat-details/18", /reads #threat-details/],
    [`https://cb.example.com/#analyze/${GUID}/x`, /reads #analyze\/<guid>\/<segment>/],
    [`https://cb.example.com/#analyze/${GUID}/281474976710656`, /reads #analyze/],
    ["https://cb.example.com/#analyze/no-guid/1", /reads #analyze/],
    ["https://cb.example.com/#/search/process_name:cmd.exe", /not a query string/],
  ])("is refused: %s", (url, message) => {
    const cb = new CbResponseAPI({ url: "https://cb.example.com", token: "x".repeat(40) });
    expect(() => cb.fromUi(url as never)).toThrow(ApiError);
    expect(() => cb.fromUi(url as never)).toThrow(message);
  });

  it("with an id that is none says which, and shows no password", () => {
    const cb = new CbResponseAPI({ url: "https://cb.example.com", token: "x".repeat(40) });
    expect(() => cb.fromUi("https://cb.example.com/#/host/three")).toThrow(CbApiError);
    expect(() => cb.fromUi("https://cb.example.com/#/host/three")).toThrow(/"three" is no id of a Sensor/);
    expect(() => cb.fromUi("https://cb.example.com/#/binary/123")).toThrow(/123 is not valid/);
    expect(() => cb.fromUi("//me:hush@cb.example.com/x")).toThrow(/^(?!.*hush)/);
  });
});
