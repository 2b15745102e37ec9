// Live Response by the client and the devices of Defense, in both generations.
import { CbDefenseAPI, type CbDefenseOptions, Device, GetFileJob } from "cbapi/defense";
import { Device as PlatformDevice } from "cbapi/psc";
import { expect, it } from "vitest";
import { expectNothingLeft, hurriedAccess, sent, useCloudEndpoints } from "../support/cloud-endpoints.js";
import { errorOf } from "../support/error-of.js";
import { LINUX, WINDOWS } from "../support/live-response.js";

useCloudEndpoints({
  extraFiles: [{ sensor: WINDOWS, path: "C:\\Data\\note.txt", content: "for you" }],
});

const client = (options: CbDefenseOptions = {}): CbDefenseAPI => new CbDefenseAPI({ ...hurriedAccess(), ...options });

it("opens a session with a device, loaded or not, by the addresses of the client's generation", async () => {
  for (const routes of ["current", "classic"] as const) {
    await using cb = client({ routes });
    const device = await cb.select(Device, WINDOWS);
    sent();
    // What it is is known of a device that is loaded.
    await using session = await device.lrSession();
    expect(session.osType).toBe(1);
    const base =
      routes === "current"
        ? "/appservices/v6/orgs/{org}/liveresponse/sessions"
        : `/integrationServices/v3/cblr/session/${WINDOWS}`;
    expect(sent()[0]).toBe(`POST ${base}`);
    expect(String(await session.getFile("C:\\Data\\note.txt"))).toBe("for you");
    await using other = await cb.select(Device, LINUX).lrSession();
    expect(other.pathJoin("/tmp", "a")).toBe("/tmp/a");
  }
  expectNothingLeft();
});

it("does jobs on devices of either kind, and refuses objects that are none", async () => {
  await using cb = client();
  const job = new GetFileJob("C:\\Data\\note.txt");
  const platform = cb.select(PlatformDevice, WINDOWS);
  for (const target of [WINDOWS, await cb.select(Device, WINDOWS), platform]) {
    expect(String(await cb.liveResponse.submitJob(job, target).result)).toBe("for you");
  }
  const none = await errorOf(async () => cb.liveResponse.submitJob(job, { id: WINDOWS } as never).result);
  expect(none).toMatchObject({ code: "INVALID_TARGET" });
  await cb.liveResponse.close();
  expectNothingLeft();
});
