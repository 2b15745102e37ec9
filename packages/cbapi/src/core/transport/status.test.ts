import { describe, expect, it } from "vitest";
import { failure, serve, TOKEN, transport } from "../../test-support/transport-server.js";
import * as errors from "../errors.js";
import { READ } from "./status.js";

/** The error that this answer ends in. */
async function refusal(status: number, body: unknown): Promise<errors.CbApiError> {
  const { url } = await serve([status, body]);
  return failure(transport(url, { maxRetries: 0 }).getJson("/"), errors.CbApiError);
}

describe("What a server says of a failure", () => {
  it.each([
    ['{"message": "no such sensor", "id": 5}', "answered 409: no such sensor. "],
    ['{"Message": "no such sensor"}', "answered 409: no such sensor. "],
    ['{"message": "", "id": 5}', 'answered 409: {"message": "", "id": 5}. '],
    ['{"message": 5}', 'answered 409: {"message": 5}. '],
    ["{no such sensor}", "answered 409: {no such sensor}. "],
    ["null", "answered 409: null. "],
    ['["no such sensor"]', 'answered 409: ["no such sensor"]. '],
    [" \n no such\n sensor\n ", "answered 409: no such sensor. "],
    [" \n ", "answered 409 (the server gave no reason). "],
  ])("is shown in words: %j", async (body, words) => {
    const error = await refusal(409, body);
    expect(error.message).toContain(words);
    expect(error).toMatchObject({ serverMessage: body.trim() });
  });

  it("is kept whole up to 4096 characters", async () => {
    expect(await refusal(500, "x".repeat(4096))).toMatchObject({ serverMessage: "x".repeat(4096) });
    expect(await refusal(500, "x".repeat(4097))).toMatchObject({ serverMessage: `${"x".repeat(4093)}...` });
  });

  it("loses what may be the beginning of a secret where reading it stopped", async () => {
    // All between the two texts is a secret, and takes no room when it is masked: the end of what was read is kept.
    const half = TOKEN.slice(0, TOKEN.length / 2);
    const [before, after] = ['no {"password": "', `"}, token ${half}`];
    const echo = before + "x".repeat(READ - before.length - after.length) + after + TOKEN.slice(half.length);
    const { serverMessage, message } = (await refusal(500, echo)) as errors.ServerError;
    for (const shown of [serverMessage, message]) {
      expect(shown).toContain('no {"password": "***');
      expect(shown).not.toContain(half);
    }
    // The same text, ended there by the server itself, is shown to its end.
    expect(await refusal(500, `no {"password": "x"}, token ${half}`)).toMatchObject({
      serverMessage: `no {"password": "********"}, token ${half}`,
    });
  });

  it.each([
    [405, "does not have this operation"],
    [413, "larger than the server takes"],
  ])("comes with what to do about it: %i", async (status, hint) => {
    expect((await refusal(status, "no")).message).toContain(hint);
  });

  it.each([
    [400, { reason: "query_malformed_syntax" }, errors.QuerySyntaxError],
    [403, { reason: "query_malformed_syntax" }, errors.ClientError],
    [400, { reason: "other", message: "not query_malformed_syntax" }, errors.ClientError],
    [400, { message: "query_malformed_syntax" }, errors.ClientError],
    [400, "query_malformed_syntax", errors.ClientError],
    [400, "null", errors.ClientError],
  ])("is a mistake in the query only where it says so: %i %j", async (status, body, kind) => {
    expect((await refusal(status, body)).name).toBe(kind.name);
  });
});

describe("An answer that should be JSON", () => {
  it.each([
    ["", "with an empty body instead of JSON. "],
    [" \n", "with an empty body instead of JSON. "],
    ["Welcome \n back", "with something that is not JSON instead of JSON (Welcome back). "],
    ["<html>\nlogin</html>", "with a web page instead of JSON (<html> login</html>). "],
  ])("and is %j shows what it is", async (body, words) => {
    const error = await refusal(200, body);
    expect(error).toMatchObject({ code: "NOT_JSON", status: 200 });
    expect(error.message).toContain(words);
  });

  it("is none with a status of 300 either, be it empty", async () => {
    expect(await refusal(300, "")).toMatchObject({ code: "NOT_JSON", status: 300 });
  });
});
