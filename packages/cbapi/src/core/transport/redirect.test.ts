import { describe, expect, it } from "vitest";
import { failure, jumping, serve, transport } from "../../test-support/transport-server.js";
import { TimeoutError } from "../errors.js";

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
});
