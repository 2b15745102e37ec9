import { gunzipSync } from "node:zlib";
import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox.js";
import { type Ask, ODD_VALUES, startSmall } from "./samples.js";

const GROUP = { name: "Lab", sensorbackend_server: "https://cb.example:443", site_id: 1 };
const one = async (ask: Ask, id: number) => (await ask("GET", `/api/v3/group/${id}`)).body[0];
const found = async (ask: Ask, group: string): Promise<number> => {
  const query = encodeURIComponent(`group:"${group}"`);
  return (await ask("GET", `/api/v1/process?rows=0&q=${query}`)).body.total_results;
};

describe("sensor groups", () => {
  it("are created, changed and deleted; sensors and searches follow", async () => {
    await using server = await startSmall();
    const { ask } = server;
    const all = await found(ask, "default group");
    expect(await ask("POST", "/api/v3/group", GROUP)).toEqual({ status: 200, body: { id: 2 } });
    const [first] = (await ask("GET", "/api/v3/group")).body;
    expect(await one(ask, 2)).toEqual({ ...first, ...GROUP, id: 2, number_of_hosts: 0, team_access: [] });

    await ask("PUT", "/api/v1/sensor/3", { group_id: 2 });
    const moved = await found(ask, "lab");
    expect(moved).toBeGreaterThan(0);
    expect(await found(ask, "default group")).toBe(all - moved);
    expect((await ask("GET", "/api/v2/sensor?groupid=2")).body).toMatchObject({ total_results: 1 });

    // Clients send the whole document back; what is the server's own in it is passed over.
    const document = { ...(await one(ask, 2)), name: "Büro", alert_criticality: 5, vdi_enabled: true };
    const changed = { ...document, id: 9, number_of_hosts: 50, quota_eventlog_bytes: 5, unknown: 1 };
    expect(await ask("PUT", "/api/v3/group/2", changed)).toEqual({ status: 200, body: { result: "success" } });
    expect(await one(ask, 2)).toEqual({ ...document, number_of_hosts: 1, quota_eventlog_bytes: "5" });
    expect([await found(ask, "lab"), await found(ask, "BÜRO")]).toEqual([0, moved]);
    const exclusions = {
      isolation_exclusions: [{ name: "proxy", ip_address: "10.0.0.1", enabled: true }],
      event_exclusions: [{ eventsToIgnore: ["netconn"], paths: ["c:\\temp\\**"] }],
    };
    await ask("PUT", "/api/group/2", exclusions);
    expect(await one(ask, 2)).toMatchObject({ name: "Büro", alert_criticality: 5, ...exclusions });

    expect(await ask("DELETE", "/api/v3/group/2")).toEqual({ status: 204, body: "" });
    expect((await ask("GET", "/api/v3/group/2")).body).toEqual([]);
    expect((await ask("GET", "/api/v1/sensor/3")).body).toMatchObject({ group_id: 1 });
    expect(await found(ask, "default group")).toBe(all);
    // The number of a group that is gone is not given to another one.
    expect((await ask("POST", "/api/group", GROUP)).body).toEqual({ id: 3 });
    await server.sandbox.reset();
    expect((await ask("GET", "/api/group")).body).toHaveLength(1);
    expect((await ask("POST", "/api/group", GROUP)).body).toEqual({ id: 2 });
  });

  it("show which teams have access, and give it", async () => {
    await using server = await startSmall();
    const { ask } = server;
    const team_access = [{ team_id: 1, team_name: "ignored", access_category: "Viewer" }];
    const { id } = (await ask("POST", "/api/v3/group", { ...GROUP, team_access })).body;
    const { name } = (await ask("GET", "/api/team/1")).body;
    expect((await one(ask, id)).team_access).toEqual([{ team_id: 1, team_name: name, access_category: "Viewer" }]);
    const accessOfTeam = async () =>
      (await ask("GET", "/api/team/1")).body.group_access.find((each: { group_id: number }) => each.group_id === id);
    expect(await accessOfTeam()).toMatchObject({ access_category: "Viewer" });
    for (const wrong of [
      [{ team_id: 99, access_category: "Viewer" }],
      [{ team_id: 1, access_category: "Owner" }],
      [1],
    ]) {
      expect((await ask("PUT", `/api/v3/group/${id}`, { team_access: wrong })).status).toBe(400);
    }
    await ask("PUT", `/api/v3/group/${id}`, { name: "Lab 2" });
    expect((await one(ask, id)).team_access).toHaveLength(1);
    await ask("PUT", `/api/v3/group/${id}`, { team_access: [] });
    expect((await one(ask, id)).team_access).toEqual([]);
  });

  it("are refused with the field that is missing or wrong, and then nothing is written", async () => {
    await using server = await startSmall();
    const { ask, reader } = server;
    const list = (await ask("GET", "/api/v3/group")).body;
    for (const field of Object.keys(GROUP)) {
      const { [field]: _, ...rest } = GROUP as Record<string, unknown>;
      for (const body of [rest, { ...rest, [field]: null }, { ...rest, [field]: {} }]) {
        const answer = await ask("POST", "/api/v3/group", body);
        expect(answer, JSON.stringify(body)).toEqual({ status: 400, body: expect.stringContaining(field) });
      }
    }
    const wrong: [field: string, isValid: (value: unknown) => boolean][] = [
      ["name", (value) => value === "text"],
      ["site_id", (value) => value === 1],
      ["collect_netconns", (value) => value === true],
      ["alert_criticality", (value) => value === 1],
      ["quota_storefile_bytes", (value) => value === 1],
      ["sensor_exe_name", (value) => typeof value === "string"],
      ["team_access", (value) => Array.isArray(value) && value.length === 0],
      ["event_exclusions", (value) => value === null || (Array.isArray(value) && value.length === 0)],
    ];
    for (const [field, isValid] of wrong) {
      for (const value of [...ODD_VALUES, null, -2, 1e300].filter((each) => !isValid(each))) {
        // Entries of lists of objects may hold what they like, but they must be objects.
        if (field === "event_exclusions" && JSON.stringify(value) === '[{"id":{}}]') continue;
        const { status, body } = await ask("PUT", "/api/v3/group/1", { [field]: value });
        if (field === "team_access" && value === null) continue;
        expect([status, body], `${field} ${JSON.stringify(value)}`).toEqual([400, expect.stringContaining(field)]);
      }
    }
    expect(await ask("POST", "/api/v3/group", { ...GROUP, site_id: 5 })).toMatchObject({ status: 400 });
    expect(await ask("POST", "/api/v3/group", { ...GROUP, name: "DEFAULT group" })).toMatchObject({ status: 400 });
    expect(await ask("DELETE", "/api/v3/group/1")).toMatchObject({ status: 400 });
    for (const [method, body] of [["PUT", GROUP], ["DELETE"]] as const) {
      for (const id of ["77", "1e0", "x", "1%20OR%201=1", "..%2f1"]) {
        expect((await ask(method, `/api/v3/group/${id}`, body)).status, id).toBe(404);
      }
    }
    for (const [method, path] of [
      ["POST", "/api/v3/group"],
      ["PUT", "/api/v3/group/1"],
      ["DELETE", "/api/v3/group/1"],
    ] as const) {
      expect((await reader(method, path, GROUP)).status).toBe(403);
    }
    expect((await ask("GET", "/api/v3/group")).body).toEqual(list);
    // Names are texts, whatever they look like.
    const odd = "'); DROP TABLE sensor_group; --";
    expect((await ask("POST", "/api/v3/group", { ...GROUP, name: odd })).body).toEqual({ id: 2 });
    expect((await one(ask, 2)).name).toBe(odd);
  });
});

describe("installers", () => {
  const download = async (sandbox: Sandbox, path: string): Promise<{ status: number; type: string; bytes: Buffer }> => {
    const headers = { "x-auth-token": sandbox.token };
    const response = await sandbox.handle(new Request(`${sandbox.url}${path}`, { headers }));
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, type: response.headers.get("content-type") ?? "", bytes };
  };

  it("are packages of each system that lead to the server and into the group", async () => {
    await using server = await startSmall();
    const { ask, sandbox } = server;
    await ask("POST", "/api/v3/group", { ...GROUP, name: "Lab\r\nVdiEnabled=true" });
    const get = (os: string) => download(sandbox, `/api/v1/group/2/installer/${os}`);
    const settings = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
    const lines =
      /^\[CB\]\r\nConfigName=Lab VdiEnabled=true\r\nGroupId=2\r\nSensorBackendServer=https:\/\/cb.example:443\r\n/;

    const exe = await get("windows/exe");
    expect(exe).toMatchObject({ status: 200, type: "application/zip" });
    const files = unzipSync(exe.bytes);
    expect(Object.keys(files).sort()).toEqual(["CarbonBlackClientSetup.exe", "sensorsettings.ini"]);
    const program = Buffer.from(files["CarbonBlackClientSetup.exe"] ?? []);
    expect(program.toString("latin1", 0, 2)).toBe("MZ");
    expect(program.toString("latin1", program.readUInt32LE(60), program.readUInt32LE(60) + 4)).toBe("PE\0\0");
    expect(settings(files["sensorsettings.ini"])).toMatch(lines);

    const msi = unzipSync((await get("windows/msi")).bytes)["cbsetup.msi"] ?? new Uint8Array();
    expect(Buffer.from(msi).toString("hex", 0, 8)).toBe("d0cf11e0a1b11ae1");
    const pkg = unzipSync((await get("osx")).bytes)["CbOsxSensor.pkg"] ?? new Uint8Array();
    expect(Buffer.from(pkg).toString("latin1", 0, 4)).toBe("xar!");

    const linux = await get("linux");
    expect(linux.type).toBe("application/gzip");
    const tar = untar(gunzipSync(linux.bytes));
    expect([...tar.keys()]).toEqual(["install.sh", "cbsensor", "sensorsettings.ini"]);
    expect(tar.get("cbsensor")?.toString("latin1", 1, 4)).toBe("ELF");
    expect(settings(tar.get("sensorsettings.ini"))).toMatch(lines);

    for (const os of ["windows/exe", "linux"]) expect((await get(os)).bytes).toEqual((await get(os)).bytes);
    for (const path of ["2/installer/windows", "2/installer/solaris", "2/installer/linux/exe", "9/installer/linux"]) {
      expect((await download(sandbox, `/api/v1/group/${path}`)).status, path).toBe(404);
    }
  });

  it("come with what is shared of a group's files", async () => {
    await using server = await startSmall({ organisation: { hosts: 12, processes: 500, binaries: 100 } });
    const { ask } = server;
    expect((await ask("GET", "/api/v1/group/1/datasharing")).body).toEqual([]);
    const shared = { id: 1, group_id: 5, what: "BIN", who: "VIRUSTOTAL" };
    expect((await ask("GET", "/api/v1/group/5/datasharing")).body).toEqual([shared]);
    server.sandbox.behaviour.sharingEnabled = false;
    expect((await ask("GET", "/api/v1/group/5/datasharing")).body).toEqual([]);
    expect((await ask("GET", "/api/v1/group/99/datasharing")).status).toBe(404);
  });
});

/** The files of a tar archive; a wrong checksum ends it. */
function untar(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; archive[at] !== 0; ) {
    const header = Buffer.from(archive.subarray(at, at + 512));
    const octal = (from: number, to: number): number => Number.parseInt(header.toString("latin1", from, to), 8);
    const sum = octal(148, 154);
    header.fill(" ", 148, 156);
    expect(header.reduce((total, byte) => total + byte, 0)).toBe(sum);
    expect(header.toString("latin1", 257, 263)).toBe("ustar\0");
    const size = octal(124, 135);
    files.set(header.toString("utf8", 0, header.indexOf(0)), archive.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
