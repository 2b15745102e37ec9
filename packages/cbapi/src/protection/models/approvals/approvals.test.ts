import { describe, expect, it } from "vitest";
import { InvalidObjectError } from "../../../core/errors.js";
import { protectionServer } from "../../../test-support/protection-server.js";
import { ApprovalResolution, ApprovalStatus } from "../names.js";
import { ApprovalRequest } from "./approval-request.js";
import { Certificate } from "./certificate.js";
import { Publisher } from "./publisher.js";

const { Open, Closed, Escalated } = ApprovalStatus;

/** A request where it stands, on a server of this version. */
async function requestAt(status: number, version: string) {
  const server = await protectionServer(
    {
      "approvalRequest/3": ({ body }) => ({
        id: 3,
        status,
        resolution: 0,
        ...(body as object),
      }),
    },
    { version },
  );
  await server.cb.connect();
  return { ...server, request: await server.cb.select(ApprovalRequest, 3) };
}

describe("an approval request", () => {
  it("is resolved and closed in one go", async () => {
    const { request, writes } = await requestAt(1, "8.1.4.134");
    request.set({ resolution: ApprovalResolution.Approved, status: Closed, resolutionComments: "ok" });
    await request.save();
    const body = { id: 3, resolution: 2, status: 3, resolutionComments: "ok" };
    expect(writes).toEqual([{ method: "PUT", path: "approvalRequest/3", body }]);
    expect(request.status).toBe(Closed);
  });

  it("is not resolved before somebody has opened it", async () => {
    const { request, writes } = await requestAt(1, "8.1.4.134");
    request.resolution = ApprovalResolution.Rejected;
    await expect(request.save()).rejects.toThrow("resolution can be set once it is open or closed");
    await request.set({ status: Open }).save();
    await request.set({ resolution: ApprovalResolution.Other }).save();
    expect(writes.map(({ body }) => body)).toEqual([
      { id: 3, resolution: 1, status: 2 },
      { id: 3, resolution: 7 },
    ]);
  });

  it("never goes back to where it came in", async () => {
    const { request } = await requestAt(2, "8.1.4.134");
    expect(() => request.set({ status: 1 as never })).toThrow("expected one of 2 (Open), 3 (Closed), 4 (Escalated)");
  });

  it.each([
    [1, Open, true],
    [1, Closed, true],
    [1, Escalated, false],
    [2, Closed, true],
    [2, Escalated, false],
    [3, Open, false],
  ])("goes from %i to %i before 8.0: %s; from 8.0 on, anywhere", async (from, to, allowed) => {
    const old = await requestAt(from, "7.2.3.1100");
    const saving = old.request.set({ status: to }).save();
    if (allowed) await saving;
    else await expect(saving).rejects.toThrow(InvalidObjectError);
    expect(old.writes.length).toBe(allowed ? 1 : 0);
    const newer = await requestAt(from, "8.0.0.2562");
    await newer.request.set({ status: to }).save();
    expect(newer.writes.map(({ body }) => body)).toEqual([{ id: 3, status: to }]);
  });
});

describe("deleting what approves or bans", () => {
  it.each([
    [
      Certificate,
      "certificate",
      { id: 4, subjectName: "CN=Example", certificateState: 3, certificateEffectiveState: 3 },
    ],
    [Publisher, "publisher", { id: 4, name: "Example", publisherState: 3 }],
  ] as const)("lifts that, and %o stays", async (model, path, document) => {
    let lifted = false;
    const { cb, requests } = await protectionServer({
      [`${path}/4`]: ({ method, body }) => {
        if (method !== "DELETE") {
          const states = Object.keys(document).filter((name) => name.endsWith("State"));
          return {
            ...document,
            ...(lifted ? Object.fromEntries(states.map((name) => [name, 1])) : {}),
            ...(body as object),
          };
        }
        lifted = true;
        return { status: 204, text: "" };
      },
    });
    const found: Certificate | Publisher = await cb.select<typeof Certificate | typeof Publisher>(model, 4);
    const state = () => (found instanceof Certificate ? found.certificateState : found.publisherState);
    expect(state()).toBe(3);
    await found.delete();
    expect([state(), found.isLoaded]).toEqual([undefined, false]);
    await found.load();
    expect(state()).toBe(1);
    // It can be changed, and what is said of it lifted, again.
    await found.set({ description: "again" }).save();
    await found.delete();
    expect(requests).toEqual([`${path}/4`, `DELETE ${path}/4`, `${path}/4`, `PUT ${path}/4`, `DELETE ${path}/4`]);
  });
});
