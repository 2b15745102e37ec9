import { describe, expect, it } from "vitest";
import { failure, jumping, serve, transport } from "../../test-support/transport-server.js";
import { ClientError, TimeoutError } from "../errors.js";

describe("A redirect", () => {
  it("begins no new limit of time: all of them share the call's", async () => {
    const clock = jumping();
    const { url } = await serve(
      (_, response) => {
        void clock.sleep(600_000); // all that the call has
        response.writeHead(302, { location: "/elsewhere" }).end();
      },
      () => {}, // would be waited for ten minutes more
    );
    const error = await failure(transport(url, { clock }).getJson("/api", {}, { timeout: 600_000 }), TimeoutError);
    expect(error.message).toContain("within 600000 ms");
  });

  it.each([301, 302, 303, 307, 308])("is followed for reads: %i", async (status) => {
    const { url, seen } = await serve([status, "", { location: "/there" }], [200, { ok: 1 }]);
    expect(await transport(url).getJson("/here")).toEqual({ ok: 1 });
    expect(seen.map((request) => request.url)).toEqual(["/here", "/there"]);
  });

  it.each([301, 302, 303, 307, 308])(
    "of a write is followed by a read where that is wanted, unless it asks for the write again: %i",
    async (status) => {
      const { url, seen } = await serve([status, "", { location: "/job/5" }], [200, { id: 5 }]);
      const sent = transport(url).request({ method: "POST", path: "/export", json: { all: true }, followWrite: true });
      if (status > 303) expect((await failure(sent, ClientError)).code).toBe("REDIRECT");
      else expect(await (await sent).json()).toEqual({ id: 5 });
      const told = seen.map(({ method, url: at, headers }) => [
        method,
        at,
        headers["content-type"],
        headers["content-length"],
      ]);
      expect(told[0]).toEqual(["POST", "/export", "application/json", "13"]);
      // What is read has no body, and says nothing of one.
      expect(told.slice(1)).toEqual(status > 303 ? [] : [["GET", "/job/5", undefined, undefined]]);
    },
  );

  it("of a write is not followed unless that is wanted", async () => {
    const { url, seen } = await serve([303, "", { location: "/login" }]);
    const sent = transport(url).request({ method: "POST", path: "/export", json: {} });
    expect((await failure(sent, ClientError)).code).toBe("REDIRECT");
    expect(seen.length).toBe(1);
  });

  it.each([300, 304, 305, 306])("is none that anybody follows: %i", async (status) => {
    const { url, seen } = await serve([status, "", { location: "/there" }], [200, { ok: 1 }]);
    expect((await failure(transport(url).getJson("/here"), ClientError)).code).toBe("REDIRECT");
    expect(seen.length).toBe(1);
  });

  it("is not what a success that names a place is", async () => {
    const { url, seen } = await serve([201, { id: 5 }, { location: "/api/x/5" }]);
    expect(await transport(url).getJson("/")).toEqual({ id: 5 });
    expect(seen.length).toBe(1);
  });

  it("to no address is told of, and not followed", async () => {
    const { url, seen } = await serve([302, "", { location: "https://[nowhere" }]);
    expect((await failure(transport(url).getJson("/"), ClientError)).message).toContain("https://[nowhere");
    expect(seen.length).toBe(1);
  });

  it("to another server is not followed without TLS, even where other servers are allowed", async () => {
    const other = await serve([200, {}]);
    const { url } = await serve([302, "", { location: `${other.url}/there` }]);
    const read = transport(url).exchange({ method: "GET", path: "/", followCrossOrigin: true });
    expect((await failure(read, ClientError)).code).toBe("REDIRECT");
    expect(other.seen.length).toBe(0);
  });
});
