import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sandbox } from "../sandbox.js";

const times = (text: string, count: number, between = " "): string =>
  Array.from({ length: count }, () => text).join(between);
const each = (count: number, make: (n: number) => string, between = " or "): string =>
  Array.from({ length: count }, (_, n) => make(n)).join(between);

const SHELL = "00000003-0000-036c-01d2-2efd3af51186";
const NET = "79b6d4c5283fc806387c55b8d7c8b762";

describe("requests that mean no good", () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await Sandbox.start({ organisation: { hosts: 20, processes: 8000, binaries: 800 }, tls: false });
  });
  afterAll(async () => {
    expect(sandbox.requests.failures()).toEqual([]);
    await sandbox.stop();
  });

  async function ask(path: string, parameters: Record<string, string> | [string, string][] = {}): Promise<Response> {
    const url = new URL(`${sandbox.url}${path}`);
    for (const [name, value] of Array.isArray(parameters) ? parameters : Object.entries(parameters)) {
      url.searchParams.append(name, value);
    }
    return await sandbox.handle(new Request(url, { headers: { "x-auth-token": sandbox.token } }));
  }

  let nested = "a";
  for (let depth = 0; depth < 48; depth++) nested = `-(${times("process_name:x", 20, " or ")} ${nested})`;
  let wide = "cmdline:b";
  for (let depth = 0; depth < 45; depth++) wide = `-(${each(32, (n) => `cmdline:x${n}`)} ${wide})`;

  it.each([
    ["thousands of equal alternatives", times("a", 4500, " or "), 200],
    ["thousands of terms", times("a", 10_000), 200],
    ["hundreds of different terms", each(350, (n) => `w${n}`), 200],
    ["thousands of different terms", each(3000, (n) => `w${n}`), 400],
    ["a list of hashes", `md5:(${each(800, (n) => n.toString(16).padStart(32, "0"))})`, 200],
    [
      "a list of ids",
      `process_id:(${each(650, (n) => `00000003-0000-036c-01d2-${n.toString(16).padStart(12, "0")}`)})`,
      200,
    ],
    ["a list of pids", `process_pid:(${each(3000, String)})`, 200],
    ["a list of ports", `ipport:(${each(3000, String)})`, 200],
    ["a list of hosts", `hostname:(${each(2500, (n) => `h${n}`)})`, 200],
    ["a list of paths", `filemod:(${each(1500, (n) => `temp\\${n}`)})`, 200],
    ["relations", each(700, (n) => `file_desc_modload:w${n}`), 200],
    ["many wildcards", each(101, (n) => `filemod:*w${n}*`), 400],
    ["parentheses without end", "(".repeat(10_000), 400],
    ["parentheses", `${"(".repeat(5000)}a${")".repeat(5000)}`, 400],
    ["a hundred parentheses", `${"(".repeat(99)}a${")".repeat(99)}`, 200],
    ["a hundred negations", `${"-".repeat(99)}process_name:cmd.exe`, 200],
    ["thousands of negations", "-".repeat(20_000), 400],
    ["negated groups in negated groups", nested, undefined],
    ["wide groups in wide groups", wide, undefined],
    ["a phrase", `cmdline:"${times("a", 2000)}"`, undefined],
    ["a phrase of different words", `cmdline:"${each(300, (n) => `w${n}`, " ")}"`, undefined],
    ["a domain of thousands of labels", `domain:${times("a", 8000, ".")}`, 200],
    ["a path of thousands of parts", `path:${times("a", 8000, "\\")}`, 200],
    ["a pattern of stars", `cmdline:${"*a".repeat(200)}zzz`, 200],
    ["a long pattern", `process_name:${"*a".repeat(14_000)}`, 200],
    ["question marks", `cmdline:${"?".repeat(10_000)}`, 200],
    ["quotes", '"'.repeat(10_000), 400],
    ["brackets", times("process_name:[a", 1500), 200],
    ["a range of blanks", `process_name:[${" ".repeat(30_000)}`, undefined],
    ["control characters", "process_name:\u0000\u0001\u001f\u007f", 200],
    ["SQL", "process_name:'; DROP TABLE process; --", undefined],
    ["SQL wildcards", "process_name:%cmd% or username:_%", 200],
    ["something like a regular expression", "process_name:^(a+)+$", 400],
    ["a large number", `netconn_count:[${"9".repeat(400)} TO *]`, undefined],
    ["odd ports", "ipport:(4.5 or 99999999999) -ipport:[70000 TO 99999999999999]", 200],
    ["the end of time", "start:9999-12-31 or start:-999999999h", 200],
    ["names of JavaScript", "process_name:__proto__ or process_name:constructor", 200],
  ] as const)("%s", async (_, q, status) => {
    const response = await ask("/api/v1/process", { q });
    if (status !== undefined) expect(response.status).toBe(status);
    expect([200, 400]).toContain(response.status);
    if (response.status === 400) expect(await response.json()).toMatchObject({ reason: "query_malformed_syntax" });
  });

  it.each([
    ["/api/v1/process?start=1e9", 400],
    ["/api/v1/process?start=100001", 400],
    ["/api/v1/process?start=100000", 200],
    ["/api/v1/process?rows=999999999999999999", 400],
    ["/api/v1/process?rows=-1", 400],
    ["/api/v1/process?rows=999999999&q=process_name:nobody.exe", 200],
    ["/api/v1/process?sort=__proto__%20asc", 400],
    ["/api/v1/process?sort=start%20upwards", 400],
    ["/api/v1/process?cb.group=constructor", 400],
    ["/api/v1/process?cb.q.__proto__=x", 400],
    ["/api/v1/process?cb.min_last_update=2026-02-30", 400],
    ["/api/v1/process?q=%zz", 200],
    ["/api/v1/process/%E0%A4%A/0", 400],
    ["/api/v1/process/%00/0", 400],
    [`/api/v1/process/${SHELL}zzz/0`, 404],
    [`/api/v1/process/${SHELL}/99999999999999999999`, 404],
    [`/api/v1/process/${SHELL}/-1`, 404],
    ["/api/v1/sensor/1e0", 404],
    ["/api/v1/sensor/0x1", 404],
    ["/api/v2/sensor?sort.col=__proto__", 400],
    ["/api/v2/sensor?sort.dir=sideways", 400],
    ["/api/v2/sensor?groupid=abc", 400],
    ["/api/v1/binary/..%2f..%2fetc/summary", 404],
  ])("%s is answered with %i", async (path, status) => {
    expect((await ask(path)).status).toBe(status);
  });

  it("the same parameter many times is one, and the first of two counts", async () => {
    const fields = Array.from({ length: 1200 }, (): [string, string] => ["facet.field", "path_full"]);
    expect((await ask("/api/v1/process", [["facet", "true"], ["rows", "0"], ...fields])).status).toBe(200);
    expect((await ask("/api/v1/process", { sort: times("hostname desc", 1500, ",") })).status).toBe(200);
    const many = Array.from({ length: 60 }, (_, n): [string, string] => ["facet.field", `alliance_score_${n}`]);
    expect((await ask("/api/v1/process", [["facet", "true"], ...many])).status).toBe(400);
    const twice = await ask("/api/v1/process", [
      ["rows", "3"],
      ["rows", "x"],
    ]);
    expect(((await twice.json()) as { results: unknown[] }).results).toHaveLength(3);
  });

  it("answers JSON as a server of that kind does, and everything else as what it is", async () => {
    const type = async (path: string): Promise<string | null> => (await ask(path)).headers.get("content-type");
    const info = await ask("/api/info");
    expect(Object.fromEntries(info.headers)).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "max-age=0",
      server: "openresty",
      date: expect.stringMatching(/, 05 Jan 2026 /), // its own clock's, as the times in its documents
      "strict-transport-security": "max-age=31536000",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
    expect(await type("/api/v1/process?q=(")).toBe("application/json; charset=utf-8");
    expect(await type("/api/v1/process/x/0")).toBe("text/plain; charset=utf-8");
    expect(await type("/api/nothing")).toBe("text/plain; charset=utf-8");
    expect(await type(`/api/v1/binary/${NET}`)).toBe("application/zip");
  });

  it("numbers beyond a field's own are not looked for in the next field", async () => {
    const count = async (q: string): Promise<number> =>
      ((await (await ask("/api/v1/process", { q, rows: "0" })).json()) as { total_results: number }).total_results;
    const all = await count("ipport:*");
    expect(all).toBeGreaterThan(0);
    expect(await count("ipport:[-100 TO 99999999999999]")).toBe(all);
    expect(await count("ipport:[65536 TO 99999999999999]")).toBe(0);
    expect(await count("ipport:443")).toBe(await count("ipport:[443 TO 443]"));
    expect(await count("-(-process_name:cmd.exe)")).toBe(await count("process_name:cmd.exe"));
  });

  it("partitions are kept from those who are no administrators", async () => {
    const { token } = sandbox.tokens.add({ username: "reader" });
    const as = (path: string): Promise<Response> =>
      sandbox.handle(new Request(`${sandbox.url}${path}`, { headers: { "x-auth-token": token } }));
    expect((await as("/api/v1/storage/events/partition")).status).toBe(403);
    expect((await as("/api/v1/process?rows=1")).status).toBe(200);
  });
});
