// Searches: terms that are typed, checked and escaped, raw queries of the console, facets, and watchlists made of them.
import {
  Alert,
  ApiError,
  Binary,
  type BinaryTerms,
  ClientError,
  Process,
  present,
  Q,
  QuerySyntaxError,
  range,
  raw,
  searchFields,
  ThreatReport,
  wildcard,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { cb, sandbox, useSandbox } from "../support/given.js";
import { requested } from "../support/sandbox.js";

useSandbox();

const HOST = "WIN-IA9NQ1GN8OI";
const MODELS = { process: Process, binary: Binary, alert: Alert, threatReport: ThreatReport };
/** The values of a field over all rows of a search, counted. */
function counted(values: readonly (string | undefined)[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
const told = (facet: readonly { name: string; value: number }[]) =>
  new Map(facet.map(({ name, value }) => [name, value]));

describe("terms", () => {
  it("of every kind find what they say", async () => {
    const count = (query: ReturnType<typeof Q>) => cb.select(Process).where(query).count();
    const rows = await cb.select(Process).all();
    const where = (keep: (row: Process) => boolean) => rows.filter(keep).length;
    expect(await count(Q({ process_name: ["cmd.exe", "net.exe"] }))).toBe(
      where(({ process_name = "" }) => ["cmd.exe", "net.exe"].includes(process_name)),
    );
    expect(await count(Q({ process_name: wildcard("wi*.exe") }))).toBe(
      where(({ process_name = "" }) => /^wi.*\.exe$/.test(process_name)),
    );
    // In plain text, a star is a star.
    expect(await count(Q({ process_name: "wi*.exe" }))).toBe(0);
    expect(await count(Q({ netconn_count: range(1, undefined) }))).toBe(
      where(({ netconn_count = 0 }) => netconn_count >= 1),
    );
    expect(await count(Q({ netconn_count: range(undefined, 0) }))).toBe(
      where(({ netconn_count = 0 }) => netconn_count === 0),
    );
    const [from, to] = [new Date("2016-11-11T00:00:00Z"), new Date("2016-11-12T00:00:00Z")];
    expect(await count(Q({ start: range(from, to) }))).toBe(
      where(({ start }) => start !== undefined && start >= from && start <= to),
    );
    expect(await count(Q({ start: raw("2016-11-11") }))).toBe(
      where(({ start }) => start?.toISOString().startsWith("2016-11-11") === true),
    );
    expect(await count(Q({ watchlist_208: present() }))).toBe(
      where(({ watchlists = [] }) => watchlists.some(({ wid }) => wid === "208")),
    );
    expect(await count(Q({ alliance_score_soc: range(70, 70) }))).toBe(
      where((row) => row.tagInfo("soc")?.score === 70),
    );
    expect(await count(Q({ sensor_id: 4 }).or({ sensor_id: 2 }))).toBe(
      where(({ sensor_id }) => sensor_id === 4 || sensor_id === 2),
    );
    expect(await count(Q({ hostname: HOST }).not())).toBe(where(({ hostname }) => hostname !== HOST));
    expect(await count(Q({ path: "c:\\windows\\system32\\net.exe", cmdline: "\\\\test\\blah" }))).toBe(2);
  });

  it("take values as they are, whatever stands in them", async () => {
    const odd = ["net use (a or b)", 'say "hi" -now', "c:\\x y\\[1]", "a* b? \\", "und-übrig"];
    for (const cmdline of odd) {
      const launched = await sandbox.launch({ sensor: 3, path: "c:\\windows\\system32\\calc.exe", cmdline });
      const id = launched.outcome === "started" ? launched.id : "";
      const found = await cb.select(Process).where({ process_name: "calc.exe" }).and`cmdline:${cmdline}`.all();
      expect(found.map((row) => row.id)).toContain(id);
      expect((await cb.select(Process).where({ process_id: id }).one()).cmdline).toBe(cmdline);
    }
  });

  it("name fields that the search has; what it has not is refused with what is near", async () => {
    sandbox.requests.clear();
    const unknown: [query: () => unknown, near: RegExp][] = [
      [
        () => cb.select(Process).where({ hostnme: HOST } as never),
        /Process searches have no field "hostnme"\. Did you mean hostname/,
      ],
      [() => cb.select(Binary).where({ process_name: "x" } as never), /Binary searches have no field "process_name"/],
      [
        () => cb.select(Alert).where({ stauts: "Resolved" } as never),
        /Alert searches have no field "stauts"\. Did you mean status/,
      ],
      [() => cb.select(ThreatReport).where({ score: 3 } as never), /ThreatReport searches have no field "score"/],
      [() => cb.select(Process).where(Q({ watchlist_x: "1" })), /no field "watchlist_x"/],
    ];
    for (const [query, near] of unknown) {
      expect(query).toThrow(ApiError);
      expect(query).toThrow(near);
    }
    expect(() => cb.select(Process).where({ hostname: undefined } as never)).toThrow(/no value/);
    expect(() => cb.select(Process).where({ hostname: [] })).toThrow(/empty list/);
    expect(requested(sandbox)).toEqual([]);
    // In query text the server decides.
    await expect(cb.select(Process).where("hostnme:x").count()).rejects.toThrow(QuerySyntaxError);
    await expect(cb.select(Process).where("process_name:").count()).rejects.toThrow(QuerySyntaxError);
  });

  it.each(["process", "binary", "alert", "threatReport"] as const)(
    "may name every field that is known of a %s search, and the server knows them all",
    async (kind) => {
      const roles = ["filewrite", "parent", "child", "modload"].map(
        (role) => [`digsig_result_${role}`, { type: "sign" }] as const,
      );
      const families = { process: roles, binary: [], alert: [], threatReport: [] }[kind];
      const fields = [...Object.entries(searchFields[kind].fields), ...families];
      const refused: string[] = [];
      for (const [name, { type }] of fields) {
        const value = type === "bool" ? "true" : type === "ipaddr" ? "10.0.0.1" : "*";
        const text = `${name}:${value}`;
        await cb
          .select(MODELS[kind] as typeof Process)
          .where(text)
          .count()
          .catch((error: unknown) => refused.push(`${text}: ${String(error)}`));
      }
      expect(refused).toEqual([]);
    },
  );

  it("without a field are looked for where the fields are marked so", async () => {
    const [row] = await cb.select(Process).where("process_name:evil.exe").all();
    for (const text of ["evil.exe", row?.process_md5 ?? "", "evil.example"]) {
      const ids = (await cb.select(Process).where(text).all()).map(({ id }) => id);
      expect(ids).toContain(row?.id);
    }
    // A connection's port is no such field.
    const [connection] = (await row?.netconns) ?? [];
    const port = connection?.remote_port ?? 0;
    expect(connection?.domain).toBe("evil.example");
    expect(await cb.select(Process).where({ ipport: port, process_name: "evil.exe" }).count()).toBe(1);
    expect(await cb.select(Process).where(`${port} process_name:evil.exe`).count()).toBe(0);
  });
});

describe("a raw query", () => {
  it("is sent as the console wrote it, with its own order, unless another is named", async () => {
    const text = "cb.urlver=1&cb.q.process_name=cmd.exe&cb.fq.host_type=server&sort=start%20asc&rows=1&start=5";
    const query = cb.select(Process).raw(text);
    await cb.connect();
    sandbox.requests.clear();
    const rows = await query.all();
    const [path = ""] = requested(sandbox);
    const sent = new URL(path, cb.url).searchParams;
    expect(Object.fromEntries(sent)).toEqual({
      ...{ "cb.urlver": "1", "cb.q.process_name": "cmd.exe", "cb.fq.host_type": "server", sort: "start asc" },
      ...{ facet: "false", q: "", rows: "100", start: "0" },
    });
    const plain = await cb.select(Process).where("process_name:cmd.exe host_type:server").sort("start asc").all();
    expect(plain.length).toBeGreaterThan(1);
    expect(rows.map(({ unique_id }) => unique_id)).toEqual(plain.map(({ unique_id }) => unique_id));
    expect(await query.count()).toBe(plain.length);
    const turned = (await query.sort("start desc").all()).map(({ start }) => start?.getTime() ?? 0);
    expect(turned).toEqual([...turned].sort((a, b) => b - a));
    expect(query.query).toBe("process_name:cmd.exe");
    expect(() => query.where("x:y")).toThrow(/A raw query cannot be narrowed/);
    expect(() => cb.select(Process).where("x:y").raw(text)).toThrow(/stands in place of where/);
    expect(() => cb.select(Process).raw("process_name:cmd.exe")).toThrow(/not a query string of the console/);
  });

  it("keeps its conditions when values are counted, and when rows are grouped and limited in time", async () => {
    const query = cb.select(Process).raw("q=process_name%3Acmd.exe&cb.fq.host_type=server");
    const { hostname } = await query.facets("hostname");
    const rows = await query.all();
    expect(told(hostname)).toEqual(counted(rows.map((row) => row.hostname)));
    const grouped = await query.groupBy("id").all();
    expect(grouped.map(({ id }) => id).sort()).toEqual([...new Set(rows.map(({ id }) => id))].sort());
    const limit = rows.at(-1)?.last_update ?? new Date();
    const text = `q=process_name%3Acmd.exe&cb.group=id&cb.min_last_update=${limit.toISOString().slice(0, 19)}Z`;
    const limited = await cb.select(Process).raw(text).all();
    expect(new Set(limited.map(({ id }) => id)).size).toBe(limited.length);
    expect(
      limited.every(({ last_update }) => last_update !== undefined && last_update.getTime() >= limit.getTime() - 1000),
    ).toBe(true);
  });

  it("may be of binaries, alerts and reports as well", async () => {
    const signed = cb.select(Binary).raw("q=digsig_result%3ASigned&cb.fq.os_type=Windows&sort=md5%20asc");
    const hashes = (await signed.all()).map(({ md5 }) => md5);
    expect(hashes).toEqual([...hashes].sort());
    expect(hashes.length).toBe(await cb.select(Binary).where("digsig_result:Signed os_type:windows").count());
    const resolved = cb.select(Alert).raw("cb.fq.status=In%20Progress&sort=created_time%20asc");
    expect((await resolved.all()).map(({ status }) => status)).toEqual(
      Array.from({ length: await cb.select(Alert).where('status:"In Progress"').count() }, () => "In Progress"),
    );
    expect(await cb.select(ThreatReport).raw("q=title%3AFUZZYWOMBAT&cb.fq.feed_name=SOC").count()).toBe(6);
  });
});

describe("facets", () => {
  it("of several fields are counted over the rows of the search, and over nothing else", async () => {
    const query = cb.select(Process).where({ username: "bit9rad" });
    const rows = await query.all();
    const facets = await query.facets("process_name", "hostname", "parent_name", "username_full", "process_md5");
    expect(told(facets.hostname)).toEqual(counted(rows.map(({ hostname }) => hostname)));
    expect(told(facets.process_name)).toEqual(counted(rows.map(({ process_name }) => process_name)));
    expect(told(facets.username_full)).toEqual(counted(rows.map(({ username }) => username)));
    for (const { name, value } of facets.parent_name) {
      expect(await query.and({ parent_name: name }).count()).toBe(value);
    }
    const [most, ...rest] = facets.process_name;
    expect(most).toMatchObject({ percent: 100, ratio: ((100 * (most?.value ?? 0)) / rows.length).toFixed(1) });
    for (const { value, percent } of rest) expect(percent).toBeCloseTo((100 * value) / (most?.value ?? 1), 0);
  });

  it.each([
    {
      kind: "process",
      fields: ["process_name", "process_md5", "hostname", "group", "path_full", "parent_name", "host_type"],
      more: ["hour_of_day", "day_of_week", "start", "username_full", "alliance_score_soc"],
    },
    {
      kind: "binary",
      fields: ["product_name_facet", "file_version_facet", "company_name_facet", "digsig_publisher_facet"],
      more: ["digsig_result", "digsig_sign_time", "server_added_timestamp", "observed_filename_facet"],
    },
    {
      kind: "alert",
      fields: ["alert_type", "status", "assigned_to", "feed_name", "watchlist_name", "hostname", "group", "username"],
      more: ["process_name", "md5", "report_score", "alert_severity", "feed_id", "watchlist_id", "created_time"],
    },
    {
      kind: "threatReport",
      fields: ["feed_id", "feed_name", "feed_category"],
      more: ["is_ignored", "tags", "create_time"],
    },
  ] as const)(
    "of a $kind search narrow it, one value at a time, as the console does",
    async ({ kind, fields, more }) => {
      const model = MODELS[kind] as typeof Process;
      const facets = await cb.select(model).facets(...([...fields, ...more] as [string, ...string[]]));
      for (const [field, values] of Object.entries(facets)) {
        expect(values.length, field).toBeGreaterThan(0);
        for (const { name, value } of [...values.slice(0, 3), ...values.slice(-2)]) {
          const filter = `cb.fq.${field}=${encodeURIComponent(name)}`;
          expect(await cb.select(model).raw(filter).count(), filter).toBe(value);
        }
      }
    },
  );

  it("of binaries count companies, signatures and paths, and a feed's scores", async () => {
    const query = cb.select(Binary).where("os_type:windows");
    const rows = await query.all();
    const facets = await query.facets(
      "company_name_facet",
      "digsig_result",
      "observed_filename_facet",
      "alliance_score_soc",
    );
    expect(told(facets.company_name_facet)).toEqual(counted(rows.map(({ company_name }) => company_name)));
    expect(told(facets.digsig_result)).toEqual(counted(rows.map(({ digsig_result }) => digsig_result)));
    expect(facets.observed_filename_facet.length).toBe(
      Math.min(200, new Set(rows.flatMap(({ observed_filename = [] }) => observed_filename)).size),
    );
    expect(told(facets.alliance_score_soc)).toEqual(counted(rows.map((row) => row.tagInfo("soc")?.score?.toString())));
  });

  it("stay what they are while a search is read page by page", async () => {
    const query = cb.select(Process).where("hostname:HOSTNAME").batchSize(3);
    const [{ process_name }, rows] = await Promise.all([query.facets("process_name"), query.all()]);
    expect(rows.report()).toMatchObject({ complete: true });
    expect(told(process_name)).toEqual(counted(rows.map((row) => row.process_name)));
    const stop = new AbortController();
    stop.abort(new Error("no more"));
    await expect(query.facets("process_name", { signal: stop.signal })).rejects.toThrow("no more");
  });
});

describe("a watchlist made of a search", () => {
  it("searches what the search searches, with its order, its groups and its limits", async () => {
    const limit = new Date("2016-10-01T00:00:00Z");
    const query = cb.select(Process).where({ process_name: ["net.exe", "whoami.exe"] }).and`cmdline:${"use"}`
      .groupBy("id")
      .minLastUpdate(limit)
      .sort("start asc");
    const watchlist = await query.createWatchlist("Of a search");
    expect(watchlist.query).toBe(query.query);
    expect(Object.fromEntries(new URLSearchParams(watchlist.search_query))).toEqual({
      ...{ "cb.urlver": "1", facet: "false", "cb.group": "id", "cb.min_last_update": "2016-10-01T00:00:00Z" },
      ...{ q: "(process_name:net.exe OR process_name:whoami.exe) cmdline:use", sort: "start asc" },
    });
    const rows = await query.all();
    expect(rows.length).toBeGreaterThan(0);
    const found = await watchlist.search().all();
    expect(found.map((row) => row.get("unique_id"))).toEqual(rows.map(({ unique_id }) => unique_id));
    await sandbox.clock.step(30 - (sandbox.clock.ticks % 30));
    expect((await watchlist.refresh()).total_hits).toBe(rows.length);

    const terms: BinaryTerms = { digsig_result: "Unsigned", observed_filename: "evil.exe" };
    const files = cb.select(Binary).where(terms).sort("md5 asc");
    const ofFiles = await files.createWatchlist("Of a search for binaries", { timeout: 60_000 });
    expect(ofFiles).toMatchObject({ index_type: "modules", query: files.query });
    expect(await ofFiles.search().count()).toBe(await files.count());
  });

  it("of a query that the server does not understand is not made", async () => {
    await expect(cb.select(Process).where("(process_name:x").createWatchlist("Broken")).rejects.toThrow(
      QuerySyntaxError,
    );
    // A watchlist that finds everything is most likely a mistake of whoever made the query: the server takes it all the same.
    const everything = await cb.select(Process).createWatchlist("Everything");
    expect(await everything.search().count()).toBe(await cb.select(Process).count());
    await everything.delete();
    await expect(cb.select(Process).where("process_name:x").createWatchlist(" ")).rejects.toThrow(ClientError);
  });
});
