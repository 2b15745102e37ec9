// What the clients of all products of the Cloud have from the platform, on the client of one of them.
import { BaseAlert, type CbPSCBaseAPI, Device, ObjectNotFoundError, ServerError, WorkflowStatus } from "cbapi/psc";
import { describe, expect, it } from "vitest";
import { errorOf } from "./error-of.js";
import { sandbox, written } from "./given-cloud.js";

const POLICIES = "/policyservice/v1/orgs/{org}/policies";

/** Tests of the file: each method of the platform, with its effect as another client reads it. */
export function testPlatform(given: { readonly cb: CbPSCBaseAPI; readonly other: CbPSCBaseAPI }): void {
  describe("alerts", () => {
    const states = async (threats: readonly string[]) => {
      const alerts = await given.other.select(BaseAlert).setThreatIds(threats).all();
      return [...new Set(alerts.map(({ workflow_ }) => workflow_.state))];
    };

    it("of threats are dismissed and opened by the ids of the threats", async () => {
      const { cb, other } = given;
      const alerts = await other.select(BaseAlert).all();
      const threats = [...new Set(alerts.map(({ threat_id }) => threat_id ?? ""))].slice(0, 2);
      expect(threats).toHaveLength(2);
      await (await cb.select(WorkflowStatus, await cb.bulkThreatDismiss(threats, "RESOLVED", "both"))).wait();
      expect(await states(threats)).toEqual(["DISMISSED"]);
      await (await cb.select(WorkflowStatus, await cb.bulkThreatUpdate(threats))).wait();
      expect(await states(threats)).toEqual(["OPEN"]);
    });

    it("have suggestions for how a text goes on", async () => {
      const terms = (await given.cb.alertSearchSuggestions("device_n")).map(({ term }) => term);
      expect(terms).toContain("device_name");
      expect(terms.every((term) => term.startsWith("device_n"))).toBe(true);
    });
  });

  describe("devices, by their ids,", () => {
    /** One that is online, and so does what it is told at its next check-in. */
    const online = async () => {
      const device = await given.other.select(Device).sortBy("last_contact_time", "DESC").first();
      if (device === undefined) throw new Error("there are no devices");
      return device;
    };
    /** What is told of one once it has checked in. */
    const later = async (id: number) => {
      await sandbox.clock.step(200);
      return given.other.select(Device, id, { refresh: true });
    };

    it("are cut off and let back", async () => {
      const { id } = await online();
      for (const on of [true, false]) {
        expect((await given.cb.deviceQuarantine([id], on)).complete).toBe(true);
        expect((await later(id)).quarantined).toBe(on);
      }
    });

    it("let everything through, or enforce their policies", async () => {
      const { id } = await online();
      for (const on of [true, false]) {
        expect((await given.cb.deviceBypass([id], on)).complete).toBe(true);
        expect((await later(id)).passive_mode).toBe(on);
      }
    });

    it("are scanned, and stop that", async () => {
      const { id } = await online();
      expect((await given.cb.deviceBackgroundScan([id], true)).complete).toBe(true);
      expect((await later(id)).scan_status).toMatch(/^(IN_PROGRESS|COMPLETED)$/);
      expect((await given.cb.deviceBackgroundScan([id], false)).complete).toBe(true);
      expect((await later(id)).scan_status).toBe("STOPPED");
    });

    it("get other policies and other versions", async () => {
      const { cb } = given;
      const { id, sensor_kit_type = "WINDOWS" } = await online();
      const made = await cb.postObject(POLICIES, { name: "Another", priority_level: "LOW" });
      const { id: policy } = (await made.json()) as { id: number };
      expect((await cb.deviceUpdatePolicy([id], policy)).complete).toBe(true);
      expect((await cb.deviceUpdateSensorVersion([id], { [sensor_kit_type]: "9.9.9.7" })).complete).toBe(true);
      expect(await later(id)).toMatchObject({ policy_id: policy, sensor_version: "9.9.9.7" });
    });

    it("lose their sensors, and then their records", async () => {
      const { id } = await online();
      expect((await given.cb.deviceDeleteSensor([id])).complete).toBe(false);
      expect((await given.cb.deviceUninstallSensor([id])).complete).toBe(true);
      expect((await later(id)).status).toBe("UNINSTALLED");
      expect((await given.cb.deviceDeleteSensor([id])).complete).toBe(true);
      expect(await errorOf(() => later(id))).toBeInstanceOf(ObjectNotFoundError);
    });
  });

  describe("requests of any kind", () => {
    it("are sent as they are, to the address of the credentials", async () => {
      const { cb, other } = given;
      expect(cb.url).toBe(sandbox.credentials("cloud").url);
      const created = await cb.postObject(POLICIES, { name: "Raw", priority_level: "LOW" });
      const { id } = (await created.json()) as { id: number };
      const path = `${POLICIES}/${id}`;
      expect(await other.getObject(path)).toMatchObject({ id, name: "Raw", priority_level: "LOW" });

      const whole = (await cb.getObject(path)) as object;
      const updated = await cb.putObject(path, { ...whole, description: "put" });
      await cb.raiseUnlessJson(updated, { id, description: "put" });
      const refused = await errorOf(() => cb.raiseUnlessJson(updated, { description: "something else" }));
      expect(refused).toBeInstanceOf(ServerError);
      expect(await other.getObject(path)).toMatchObject({ description: "put" });

      const answer = await cb.apiJsonRequest("PUT", path, { json: { ...whole, description: "sent" } });
      expect(await answer.json()).toMatchObject({ description: "sent" });
      expect(JSON.parse(String(await cb.getRawData(path)))).toMatchObject({ id, description: "sent" });

      expect((await cb.deleteObject(path)).status).toBe(204);
      expect(await errorOf(() => other.getObject(path))).toBeInstanceOf(ObjectNotFoundError);
      expect(written()).toEqual([`POST ${POLICIES}`, `PUT ${path}`, `PUT ${path}`, `DELETE ${path}`]);
    });
  });
}
