import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { BanRecord, ObjectKind } from "./domain/index.js";
import { Sandbox } from "./sandbox.js";

const folder = mkdtempSync(join(tmpdir(), "put-"));
afterAll(() => rmSync(folder, { recursive: true }));

const start = (file?: string): Promise<Sandbox> =>
  Sandbox.start({ organisation: "empty", tls: false, ...(file === undefined ? {} : { file }) });

async function get(sandbox: Sandbox, path: string): Promise<{ status: number; body: unknown }> {
  const headers = { "x-auth-token": sandbox.token };
  const response = await sandbox.handle(new Request(`${sandbox.url}${path}`, { headers }));
  return { status: response.status, body: response.ok ? await response.json() : await response.text() };
}

const team = (id: number, name: string) => ({ id, name, group_access: [] });
const md5 = "0123456789abcdef".repeat(2);
const ban: BanRecord = {
  ...{ md5, text: null, enabled: true, block_count: 3, last_block_time: null, last_block_sensor_id: null },
  ...{ last_block_hostname: null, audit: [] },
};

/** All kinds that there are: the compiler asks for those that are missing here. */
const KINDS: Record<ObjectKind, true> = {
  ...{ action: true, ban: true, feed: true, filtered_process: true, ingress_filter: true, investigation: true },
  ...{ license: true, partition: true, published_feed: true, removed_user: true, tagged_event: true, team: true },
  ...{ throttle: true, user: true, watchlist: true },
  ...{ cloud_alert: true, cloud_audit: true, cloud_device: true, cloud_feed: true, cloud_intelligence_count: true },
  ...{ cloud_job: true, cloud_policy: true, cloud_queue: true, cloud_report: true, cloud_report_setting: true },
  ...{ cloud_run: true, cloud_run_answer: true, cloud_run_template: true, cloud_threat: true, cloud_watchlist: true },
  cloud_watchlist_hit: true,
  ...{ protection_approvalRequest: true, protection_certificate: true },
  ...{ protection_computer: true, protection_connector: true, protection_driftReport: true },
  ...{ protection_driftReportContents: true, protection_event: true, protection_fileAnalysis: true },
  ...{ protection_fileCatalog: true, protection_fileInstance: true, protection_fileInstanceDeleted: true },
  ...{ protection_fileInstanceGroup: true, protection_fileRule: true, protection_fileUpload: true },
  ...{ protection_grantedUserPolicyPermission: true, protection_meteredExecution: true },
  ...{ protection_notification: true, protection_notifier: true, protection_policy: true },
  ...{ protection_publisher: true, protection_publisherCertificate: true, protection_scriptRule: true },
  ...{ protection_serverConfig: true, protection_serverPerformance: true, protection_trustedDirectory: true },
  ...{ protection_trustedUser: true, protection_updater: true, protection_user: true },
  ...{ protection_userGroup: true },
};

describe("an object that is put into a sandbox", () => {
  it("is what the server has, by its id or by the key that is given", async () => {
    await using sandbox = await start();
    await sandbox.put("team", team(7, "Night shift"));
    await sandbox.put("team", team(7, "Day shift"));
    await sandbox.put(
      "ban",
      { ...ban, audit: [{ username: "x", user_id: 1, timestamp: 0, text: null, enabled: true }] },
      md5,
    );
    expect(await get(sandbox, "/api/team/7")).toMatchObject({ status: 200, body: { name: "Day shift" } });
    expect(await get(sandbox, `/api/v1/banning/blacklist/${md5}`)).toMatchObject({ body: { block_count: 3 } });
    await sandbox.put("throttle", {
      id: 1,
      site_id: 1,
      day_of_week: 1,
      from: 0,
      to: 1,
      bytes_per_second: 5,
    });
    expect(await get(sandbox, "/api/throttle")).toMatchObject({ body: [{ id: 1 }] });
  });

  it("is forgotten by a reset, and kept with the organisation in a file", async () => {
    const file = join(folder, "organisation.db");
    const first = await start(file);
    await first.put("team", team(7, "Night shift"));
    await first.stop();
    await using second = await start(file);
    expect(await get(second, "/api/team/7")).toMatchObject({ status: 200 });
    // In turn: what is put behind a reset is in the new organisation, what is put before it is not.
    const before = second.put("team", team(8, "Before"));
    const reset = second.reset();
    await Promise.all([before, reset, second.put("team", team(9, "Behind"))]);
    expect(await Promise.all([7, 8, 9].map(async (id) => (await get(second, `/api/team/${id}`)).status))).toEqual([
      ...[404, 404, 200],
    ]);
  });

  it("is of a kind that the server keeps: each that is declared, whether there are objects of it or not", async () => {
    await using sandbox = await start();
    const kinds = Object.keys(KINDS).sort();
    const problem = `No objects of the kind teams are kept: the kinds are ${kinds.join(", ")}`;
    // @ts-expect-error There is no such kind.
    await expect(sandbox.put("teams", team(7, "Night shift"))).rejects.toEqual(new RangeError(problem));
    for (const own of ["world", "protection_made", "protection_agent_task"]) {
      // @ts-expect-error These are the sandbox's own.
      await expect(sandbox.put(own, { id: 1 })).rejects.toThrow(`No objects of the kind ${own} are kept`);
    }
    expect(await get(sandbox, "/api/teams")).toMatchObject({ status: 200, body: [] });
  });

  it("has a key", async () => {
    await using sandbox = await start();
    // @ts-expect-error A ban has no id.
    await expect(sandbox.put("ban", ban)).rejects.toThrow(RangeError);
    // @ts-expect-error A team is kept by its id, and by nothing else.
    await expect(sandbox.put("team", team(7, "Night shift"), 8)).rejects.toThrow(RangeError);
    await expect(sandbox.put("team", team(1.5, "Night shift"))).rejects.toThrow("not by 1.5");
    expect(await get(sandbox, "/api/v1/banning/blacklist")).toMatchObject({ body: [] });
  });

  it("needs an organisation, and one that has not been stopped", async () => {
    const sandbox = await Sandbox.start({ products: [], tls: false });
    await expect(sandbox.put("team", team(7, "x"))).rejects.toThrow("no organisation, and so no objects");
    await sandbox.stop();
    await expect(sandbox.put("team", team(7, "x"))).rejects.toThrow("stopped");
  });
});
