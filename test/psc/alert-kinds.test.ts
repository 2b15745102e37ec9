// What is done to alerts of each kind, held against what another client reads afterwards.
import {
  BaseAlert,
  CBAnalyticsAlert,
  type CbPSCBaseAPI,
  ObjectNotFoundError,
  VMwareAlert,
  WatchlistAlert,
  WorkflowStatus,
} from "cbapi/psc";
import { beforeEach, describe, expect, it } from "vitest";
import { type AlertKind, putAlert } from "../support/alert-records.js";
import { errorOf } from "../support/error-of.js";
import { asked, cb, cloudClient, other, useCloud } from "../support/given-cloud.js";

useCloud();

const THREAT = "THREATOFKINDS";

const KINDS: readonly (readonly [typeof BaseAlert, AlertKind])[] = [
  [BaseAlert, "CONTAINER_RUNTIME"],
  [WatchlistAlert, "WATCHLIST"],
  [CBAnalyticsAlert, "CB_ANALYTICS"],
];
const BY_ROUTES = KINDS.flatMap(([model, kind]) =>
  (["current", "classic"] as const).map((routes) => [kind, routes, model] as const),
);

// Alerts of VMware are none to the service of today.
describe.each([...BY_ROUTES, ["VMWARE", "classic", VMwareAlert] as const])(
  "an alert of %s by the %s routes",
  (kind, routes, model) => {
    let client: CbPSCBaseAPI;
    /** Whoever else asks by the same routes: in the words of one generation, not all is told of what was said in the other's. */
    let reader: CbPSCBaseAPI;
    let alert: BaseAlert;
    /** Another alert of its threat, of a kind that both generations know. */
    let companion: string;

    beforeEach(async () => {
      client = routes === "current" ? cb : cloudClient({ routes });
      reader = cloudClient({ routes });
      companion = await putAlert("CB_ANALYTICS", THREAT, "companion");
      alert = await client.select(model, await putAlert(kind, THREAT));
      return async () => {
        if (client !== cb) await client.close();
        await reader.close();
      };
    });
    /** Where an alert stands, by the word of the service. */
    const now = async (id = alert.id) => (await reader.select(BaseAlert, id, { refresh: true })).workflow_;

    it("is of its class, and leads to its device", async () => {
      expect(alert).toBeInstanceOf(model);
      expect((await alert.device)?.id).toBe(alert.device_id);
      expect([alert.org_key, alert.type]).toEqual([client.credentials.org_key, kind]);
      expect(await errorOf(() => client.select(model, "no-such-alert"))).toBeInstanceOf(ObjectNotFoundError);
    });

    it("comes with its device, where a search includes that", async () => {
      asked();
      const found = await client.select(model).setAlertIds([alert.id]).include("device").one();
      expect(asked().filter((request) => request.includes("/devices"))).toHaveLength(1);
      expect((await found.device)?.id).toBe(alert.device_id);
      expect(asked()).toEqual([]);
    });

    it("is dismissed, opened, and closed for a reason", async () => {
      expect(await alert.dismiss("RESOLVED", "seen to")).toBe(alert);
      expect([alert.workflow_.state, (await now()).state]).toEqual(["DISMISSED", "DISMISSED"]);
      expect((await now()).remediation).toBe("RESOLVED");
      expect(await alert.update(undefined, "after all")).toBe(alert);
      expect([alert.workflow_.state, (await now()).state]).toEqual(["OPEN", "OPEN"]);
      expect(await alert.changeStatus({ status: "CLOSED", closureReason: "DUPLICATE_CLEANUP" })).toBe(alert);
      expect([alert.workflow_.status, (await now()).status]).toEqual(["CLOSED", "CLOSED"]);
      expect((await now()).remediation).toBe("DUPLICATE_CLEANUP");
      // The rest of its threat is left alone.
      expect((await now(companion)).state).toBe("OPEN");
    });

    it("is dismissed and opened with its whole threat", async () => {
      expect((await alert.dismissThreat("RESOLVED", "all of it")).state).toBe("DISMISSED");
      for (const id of [alert.id, companion]) expect([id, (await now(id)).state]).toEqual([id, "DISMISSED"]);
      expect((await alert.updateThreat()).state).toBe("OPEN");
      for (const id of [alert.id, companion]) expect([id, (await now(id)).state]).toEqual([id, "OPEN"]);
    });

    it("its threat has notes, tags and a history", async () => {
      const fromOther = () => other.select(BaseAlert, companion, { refresh: true });
      const note = await alert.createNote("of the threat", { threat: true });
      expect((await alert.notes({ threat: true })).map(({ id }) => id)).toEqual([note.id]);
      const [told] = await (await fromOther()).notes({ threat: true });
      expect(told?.note).toBe("of the threat");
      expect((await fromOther()).threat_notes_present).toBe(true);
      const history = await alert.history({ threat: true });
      expect(history).toEqual(await (await fromOther()).history({ threat: true }));
      expect(history.map(({ note: text }) => text)).toEqual(["of the threat"]);

      expect((await alert.addThreatTags(["night", "lab"])).toSorted()).toEqual(["lab", "night"]);
      expect((await fromOther()).tags?.toSorted()).toEqual(["lab", "night"]);
      expect(await alert.deleteThreatTag("night")).toEqual(["lab"]);
      expect(await alert.threatTags()).toEqual(["lab"]);
      expect((await fromOther()).tags).toEqual(["lab"]);
    });

    if (kind === "VMWARE") {
      it("has no notes and no history of its own: these came with the service of today", async () => {
        for (const call of [() => alert.notes(), () => alert.createNote("n"), () => alert.history()]) {
          expect(await errorOf(call)).toBeInstanceOf(ObjectNotFoundError);
        }
      });
    } else {
      it("has notes and a history of its own", async () => {
        const note = await alert.createNote("about this one");
        const seen = await other.select(BaseAlert, alert.id, { refresh: true });
        expect((await seen.notes()).map(({ id, note: text }) => [id, text])).toEqual([[note.id, "about this one"]]);
        expect((await alert.notes()).map(({ id }) => id)).toEqual([note.id]);
        expect(seen.alert_notes_present).toBe(true);
        await alert.changeStatus({ status: "CLOSED" });
        const history = await alert.history();
        expect(history.map(({ type }) => type)).toEqual(["WORKFLOW", "NOTE"]);
        expect(history).toEqual(await seen.history());
        expect(await (await other.select(BaseAlert, companion)).notes()).toEqual([]);
      });
    }
  },
);

describe("how far a change has come", () => {
  it.each(["current", "classic"] as const)("is told by its id, with what was asked for: %s", async (routes) => {
    await using client = cloudClient({ routes });
    const alert = await putAlert("WATCHLIST", THREAT);
    const id = await client.bulkThreatDismiss([THREAT], "RESOLVED", "gone");
    const status = await client.select(WorkflowStatus, id);
    await status.wait();
    expect([status.id_, status.num_success]).toEqual([id, 1]);
    const { state, remediation, comment } = status.workflow_;
    expect({ state, remediation, comment }).toEqual({ state: "DISMISSED", remediation: "RESOLVED", comment: "gone" });
    const told = (await other.select(BaseAlert, alert)).workflow_;
    expect([told.state, status.workflow_.status]).toEqual(["DISMISSED", told.status]);
  });
});
