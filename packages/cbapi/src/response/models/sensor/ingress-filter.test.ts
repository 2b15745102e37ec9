import { describe, expect, it } from "vitest";
import { type Answer, edrServer } from "../../../test-support/edr-server.js";
import { ApiError, IngressFilter, InvalidObjectError } from "../../index.js";

const LIST = "/api/v1/ingress_whitelist";
const noise = { id: "noise-1", name: "Noise", description: "Files of the backup", enabled: true, hit_rate: 0.5 };

describe("an ingress filter", () => {
  it("is created by a list of one, and is what the server makes of it", async () => {
    const bodies: unknown[] = [];
    const { cb, requests } = await edrServer({
      [LIST]: (_query, _method, body): Answer => {
        bodies.push(JSON.parse(body));
        return ["noise-1"];
      },
      [`${LIST}/noise-1`]: { ...noise, version: 1 },
    });
    const filter = cb.create(IngressFilter, { id: "noise-1", name: "Noise", description: "Files of the backup" });
    filter.path_filters = ["c:\\backup\\*.exe"];
    filter.group_ids = [1, 2];
    filter.global = false;
    await filter.save();
    const { enabled: _e, hit_rate: _h, ...named } = noise;
    expect(bodies).toEqual([[{ ...named, path_filters: ["c:\\backup\\*.exe"], group_ids: [1, 2], global: false }]]);
    expect(requests).toEqual([`POST ${LIST}`, `${LIST}/noise-1`]);
    expect(filter).toMatchObject({ id: "noise-1", hit_rate: 0.5, version: 1, enabled: true });
  });

  it("that the list tells of in part is read whole before it is changed, and deleted by its id alone", async () => {
    const bodies: unknown[] = [];
    const { cb, requests } = await edrServer({
      [LIST]: [
        { id: "noise-1", name: "Noise" },
        { id: "b", name: "B" },
      ],
      [`${LIST}/noise-1`]: (_query, method, body): Answer => {
        if (method === "PUT") bodies.push(JSON.parse(body));
        return method === "DELETE" ? { status: 204, text: "" } : { ...noise, enabled: bodies.length === 0 };
      },
    });
    const filter = await cb.select(IngressFilter).where({ name: "noise" }).one();
    expect(filter.description).toBeUndefined();
    filter.enabled = false;
    await filter.save();
    expect(bodies).toEqual([{ ...noise, enabled: false }]);
    expect(filter).toMatchObject({ description: "Files of the backup", enabled: false });
    expect(requests).toEqual([LIST, `${LIST}/noise-1`, `PUT ${LIST}/noise-1`]);
    requests.length = 0;
    await cb.select(IngressFilter, "noise-1").delete();
    expect(requests).toEqual([`DELETE ${LIST}/noise-1`]);
  });

  it("has to be named and described, by an id of letters, digits and dashes", async () => {
    const { cb, requests } = await edrServer({});
    for (const id of ["a b", "a/b", "ä", "", 5]) {
      expect(() => cb.create(IngressFilter, { id: id as string })).toThrow(InvalidObjectError);
    }
    expect(() => cb.create(IngressFilter, { hit_rate: 1 } as never)).toThrow("Field hit_rate is immutable");
    await expect(cb.create(IngressFilter, { id: "a" }).save()).rejects.toThrow("Missing fields: [name, description]");
    expect(requests).toEqual([]);
  });

  it("is not asked of a server that has none", async () => {
    const { cb, requests } = await edrServer({}, { version: "6.0.1.170101.0000" });
    const message = /^Ingress filters need a server from 6.1 on, and http:.* runs 6\.0\.1/;
    await expect(cb.select(IngressFilter).all()).rejects.toThrow(message);
    await expect(cb.select(IngressFilter, "a")).rejects.toThrow(message);
    await expect(cb.select(IngressFilter, "a").delete()).rejects.toThrow(ApiError);
    const filter = cb.create(IngressFilter, { id: "a", name: "A", description: "x" });
    await expect(filter.save()).rejects.toThrow(message);
    await filter.delete();
    expect(requests).toEqual([]);
  });

  it("may be somewhere else", async () => {
    const { cb, requests } = await edrServer(
      { "/api/v1/ingress_approvedlist/a": noise },
      { routes: { ingressFilters: "/api/v1/ingress_approvedlist" } },
    );
    const filter = await cb.select(IngressFilter, "a");
    filter.name = "B";
    expect((await filter.save({ dryRun: true }))?.requests[0]?.path).toBe("/api/v1/ingress_approvedlist/a");
    await filter.delete();
    expect(requests).toEqual(["/api/v1/ingress_approvedlist/a", "DELETE /api/v1/ingress_approvedlist/a"]);
  });
});
