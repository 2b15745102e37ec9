import { describe, expect, it } from "vitest";
import { failure, jumping, serve, transport } from "../../test-support/transport-server.js";
import * as errors from "../errors.js";
import { backoff } from "./retry.js";

describe("A pause before a repetition", () => {
  it("is shortened by chance, and by half of it at most", () => {
    expect([0, 0.5, 1].map((chance) => backoff(1, () => chance))).toEqual([500, 375, 250]);
    expect(backoff(9, () => 1)).toBe(4000);
  });

  it("is as short as the server says, too", async () => {
    const clock = jumping();
    const { url } = await serve(
      [429, "slow", { "retry-after": "0" }],
      [429, "slow", { "retry-after": "0.2" }],
      [429, "slow", { "retry-after": "" }],
      [200, {}],
    );
    await transport(url, { clock, random: () => 0 }).getJson("/");
    expect(clock.pauses).toEqual([0, 200, 2000]);
  });

  it("is not made when the pauses before have used up the call's time", async () => {
    const clock = jumping();
    const { url, seen } = await serve([503, "busy", { "retry-after": "3" }]);
    await failure(transport(url, { clock, timeout: 5000 }).getJson("/"), errors.ServerError);
    expect(clock.pauses).toEqual([3000]);
    expect(seen.length).toBe(2);
  });

  it("may come after any time where there is no limit", async () => {
    for (const timeout of [0, Number.POSITIVE_INFINITY]) {
      const clock = jumping();
      const { url, seen } = await serve(
        (_, response) => {
          void clock.sleep(40 * 86_400_000); // longer than any timer can hold
          response.writeHead(503).end("busy");
        },
        [200, { ok: 1 }],
      );
      expect(await transport(url, { clock, timeout }).getJson("/")).toEqual({ ok: 1 });
      expect(seen.length).toBe(2);
    }
  });
});

describe("A request of another method", () => {
  it.each([
    ["HEAD", 2],
    ["get", 2],
    ["PUT", 1],
    ["DELETE", 1],
  ])("%s is sent %i times to a server that is restarting", async (method, times) => {
    const { url, seen } = await serve([503, "restarting"], [200, {}]);
    const sent = transport(url).exchange({ method, path: "/" });
    if (times === 1) await failure(sent, errors.ServerError);
    else expect((await sent).status).toBe(200);
    expect(seen.length).toBe(times);
  });
});
