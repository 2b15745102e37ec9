// What the client itself can do: the server's own documents, its licence, its figures, and requests of any kind.
import { inspect } from "node:util";
import {
  ApiError,
  ClientError,
  ObjectNotFoundError,
  Sensor,
  ServerError,
  StoragePartition,
  UnauthorizedError,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { cb, sandbox, useSandbox } from "../support/given.js";
import { clientOf, loggedClientOf, sent, written } from "../support/sandbox.js";

const ANALYST = "analyst-token-0123456789";

useSandbox({ tokens: [{ username: "analyst", token: ANALYST }] });

describe("the client", () => {
  it("greets the server once, when it has to", async () => {
    expect((await errorOf(() => cb.server_info)).message).toContain("connect()");
    expect(() => cb.cb_server_version).toThrow(ApiError);
    expect(sent(sandbox)).toEqual([]);
    await Promise.all([cb.connect(), cb.connect(), cb.select(StoragePartition, "writer").load()]);
    expect(sent(sandbox).filter((request) => request === "GET /api/info")).toHaveLength(1);
    expect(String(cb.cb_server_version)).toBe("6.5.2.191219.1200");
    expect(cb.cb_server_version.atLeast(6, 5)).toBe(true);
    expect(cb.cb_server_version.atLeast(7)).toBe(false);
    expect(cb.server_info).toMatchObject({
      version: "6.5.2.191219.1200",
      cblrEnabled: true,
      maxSearchResultRows: 1000,
    });
    expect(cb.hasLegacyPartitions).toBe(false);
    expect(await cb.info()).toEqual(cb.server_info);
    expect(cb.url).toBe(sandbox.url);
  });

  it("is turned away with a token that nobody has, which it does not tell", async () => {
    const token = "0123456789abcdef0123456789abcdef01234567";
    await using stranger = clientOf(sandbox, { token });
    const error = await errorOf(() => stranger.connect());
    expect(error).toBeInstanceOf(UnauthorizedError);
    expect(inspect(error) + inspect(stranger)).not.toContain(token);
    expect(await errorOf(() => stranger.select(Sensor).all())).toBeInstanceOf(UnauthorizedError);
  });

  it("tells what the server has: sensors, storage, builds", async () => {
    expect(await cb.sensorStatistics()).toEqual({
      ...{ sensor_count: 4, active_sensor_count: 4, num_eventlog_bytes: 0, num_storefile_bytes: 0 },
    });
    const statistics = (await cb.dashboardStatistics()) as {
      storage: Record<string, { FileSystems: Record<string, unknown>[]; EventStoreStats: { DocumentCount: number } }>;
    };
    const [server] = Object.values(statistics.storage);
    expect(server?.FileSystems[0]).toMatchObject({ MountPoint: "/var/cb/data", Type: "ext4" });
    expect(server?.EventStoreStats.DocumentCount).toBe(documents());
    expect(await cb.banningWhitelist()).toEqual([]);
    expect(await cb.banningRestrictions({ timeout: 10_000 })).toEqual([]);
    expect(sent(sandbox)).toEqual([
      ...["GET /api/v1/sensor/statistics", "GET /api/v1/dashboard/statistics"],
      ...["GET /api/v1/banning/whitelist", "GET /api/v1/banning/restrictions"],
    ]);
    // A sensor that has been silent for a day is active no more.
    await sandbox.setOnline(1, false);
    sandbox.clock.set(sandbox.clock.now() + 25 * 3_600_000);
    await sandbox.clock.step(2);
    expect(await cb.sensorStatistics()).toMatchObject({ sensor_count: 4, active_sensor_count: 3 });
    await sandbox.setOnline(1, true);
    expect(await cb.sensorStatistics()).toMatchObject({ active_sensor_count: 4 });
  });

  it("has the licence renewed, and tells when the server does not take one", async () => {
    const request = await cb.licenseRequest();
    expect(request).toBe(((await cb.getObject("/api/license")) as Record<string, unknown>)["license_request_block"]);
    expect(JSON.parse(Buffer.from(request, "base64").toString())).toMatchObject({ sensors: 4 });
    const block = Buffer.from(JSON.stringify({ sensors: 3, end: "2031-12-31", signature: "none" })).toString("base64");
    await cb.updateLicense(`-----BEGIN CB LICENSE-----\n${block}\n-----END CB LICENSE-----\n`);
    expect(await cb.getObject("/api/license")).toMatchObject({
      ...{ license_end_date: "2031-12-31", licensed_sensor_count: 3, actual_sensor_count: 4 },
      ...{ licensed_sensor_count_exceeded: true, license_valid: false, license_expired: false },
    });
    const refused = await errorOf(() => cb.updateLicense("not a licence"));
    expect(refused).toBeInstanceOf(ServerError);
    expect(refused.message).toContain("failure");
    expect(await cb.getObject("/api/license")).toMatchObject({ licensed_sensor_count: 3 });
    await using analyst = clientOf(sandbox, { token: ANALYST });
    expect(await errorOf(() => analyst.updateLicense(block))).toMatchObject({ status: 403 });
    expect(written(sandbox)).toEqual(["POST /api/license", "POST /api/license", "POST /api/license"]);
  });

  it("does not log the licence that it sends", async () => {
    const { cb: logged, taken } = loggedClientOf(sandbox);
    await using _ = logged;
    const block = Buffer.from(JSON.stringify({ sensors: 10_000, end: "2030-06-30", note: "x" })).toString("base64");
    await logged.updateLicense(block);
    const lines = taken().join("\n");
    expect(lines).toContain("Sending HTTP POST /api/license");
    expect(lines).not.toContain(block);
  });

  it("opens a new partition", async () => {
    const before = await cb.select(StoragePartition).count();
    await cb.createNewPartition();
    expect(await cb.select(StoragePartition).count()).toBe(before + 1);
    expect(written(sandbox)).toEqual(["POST /api/v1/storage/events/new_partition"]);
  });
});

describe("requests of any kind", () => {
  const group = { name: "Raw", site_id: 1, sensorbackend_server: "https://cb.example:443" };

  it("are sent as they are, and answered by what the server says", async () => {
    const created = await cb.postObject("/api/v3/group", group);
    expect(created.status).toBe(200);
    const { id } = (await created.json()) as { id: number };
    const path = `/api/v3/group/${id}`;
    const updated = await cb.putObject(path, { name: "Raw, changed" });
    expect(await updated.json()).toEqual({ result: "success" });
    expect(await cb.getObject(path)).toMatchObject([{ id, name: "Raw, changed", site_id: 1 }]);
    expect(await cb.getObject("/api/v2/sensor", { hostname: "HOSTNAME", rows: 1 })).toMatchObject({ total_results: 1 });
    expect(JSON.parse(String(await cb.getRawData(path)))).toMatchObject([{ id }]);
    expect((await cb.deleteObject(path)).status).toBe(204);
    expect(await cb.getObject(path)).toEqual([]);
    const answer = await cb.apiJsonRequest("PUT", "/api/v1/sensor/4", { json: { notes: "raw" } });
    expect(answer.status).toBe(204);
    expect((await cb.select(Sensor, 4)).notes).toBe("raw");
    expect(written(sandbox)).toEqual(["POST /api/v3/group", `PUT ${path}`, `DELETE ${path}`, "PUT /api/v1/sensor/4"]);
  });

  it("are given a default for an answer without content", async () => {
    await sandbox.setOnline(2, false);
    await sandbox.clock.step(12);
    const path = "/api/v1/sensor/2/activity";
    expect(await cb.getObject(path, undefined, { default: "nothing" })).toBe("nothing");
    expect(await cb.getRawData(path, undefined, { default: "nothing" })).toBe("nothing");
    expect(await cb.getObject(path)).toBeUndefined();
    await sandbox.setOnline(2, true);
  });

  it("fail with the server's own words", async () => {
    const missing = await errorOf(() => cb.getObject("/api/v1/sensor/987654"));
    expect(missing).toBeInstanceOf(ObjectNotFoundError);
    expect(missing.message).toContain("Sensor not found");
    const bad = await errorOf(() => cb.postObject("/api/v3/group", { name: 5, site_id: 1, sensorbackend_server: "x" }));
    expect(bad).toBeInstanceOf(ClientError);
    expect(bad).toMatchObject({ status: 400, method: "POST", path: "/api/v3/group", retryable: false });
    expect(bad.message).toContain("name must be");
    const none = await errorOf(() => cb.getObject("/api/v9/nothing"));
    expect(none).toBeInstanceOf(ObjectNotFoundError);
    expect(none.message).toContain("response");
    expect(sandbox.requests.missing()).toMatchObject([{ method: "GET", path: "/api/v9/nothing", count: 1 }]);
    expect(await errorOf(() => cb.deleteObject("/api/info"))).toMatchObject({ status: 405 });
  });
});

/** What the sandbox says that it holds. */
function documents(): number {
  return (sandbox.info()["organisation"] as { documents: number }).documents;
}
