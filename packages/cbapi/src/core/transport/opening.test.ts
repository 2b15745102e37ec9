import { describe, expect, it } from "vitest";
import { failure, serve, TOKEN, transport } from "../../test-support/transport-server.js";
import { ServerError } from "../errors.js";

describe("A token of two parts", () => {
  it("is hidden by either, unless a part is as short as a word", async () => {
    const { url } = await serve([500, "no secret-8 here, nor key-four or word"]);
    for (const [token, shown] of [
      ["secret-8/key-four", "no ******** here, nor ******** or word"],
      ["word/secret-8", "no ******** here, nor key-four or word"],
    ] as const) {
      const error = await failure(transport(url, {}, { token }).getJson("/"), ServerError);
      expect(error.serverMessage).toBe(shown);
      expect(error.message).toContain(shown);
    }
  });

  it("is not known before it is needed: of other texts, the secret fields are hidden all the same", async () => {
    const { url } = await serve([200, {}]);
    const cb = transport(url);
    const text = `token ${TOKEN} and {"password": "HIDDEN"}`;
    expect(cb.withoutSecrets(text)).toBe(`token ${TOKEN} and {"password": "********"}`);
    await cb.getJson("/");
    expect(cb.withoutSecrets(text)).toBe('token ******** and {"password": "********"}');
  });
});
