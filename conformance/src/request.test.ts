import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { compareRequest, parseTarget, type ReceivedRequest } from "./request.js";
import type { RecordedRequest } from "./vector.js";

const recorded: RecordedRequest = { method: "GET", path: "/api/x", query: [["a", "1"]], headers: { accept: "*/*" } };

function received(change: Partial<ReceivedRequest> = {}): ReceivedRequest {
  return {
    method: "GET",
    path: "/api/x",
    query: [["a", "1"]],
    headers: { accept: "*/*" },
    body: Buffer.alloc(0),
    ...change,
  };
}

describe("the target of a request", () => {
  it("is decoded, with its parameters in order", () => {
    expect(parseTarget("/a%20b?q=x+y%26z&b=2&b=1&a=%C3%BC")).toEqual({
      path: "/a b",
      query: [
        ["a", "ü"],
        ["b", "1"],
        ["b", "2"],
        ["q", "x y&z"],
      ],
    });
  });
});

describe("comparing a request", () => {
  it("finds nothing in the same one", () => {
    expect(compareRequest(recorded, received({ headers: { accept: "*/*", "user-agent": "x" } }))).toEqual([]);
  });

  it("names each parameter that is missing, changed or too many", () => {
    expect(compareRequest(recorded, received({ query: [["a", "2"]] }))).toEqual([
      "parameter a=1 is missing",
      "parameter a=2 was not recorded",
    ]);
    const twice = received({
      query: [
        ["a", "1"],
        ["a", "1"],
      ],
    });
    expect(compareRequest(recorded, twice)).toEqual(["parameter a=1 was not recorded"]);
  });

  it("tells methods, paths and headers apart", () => {
    expect(compareRequest(recorded, received({ method: "POST" }))).toEqual(["method POST in place of GET"]);
    expect(compareRequest(recorded, received({ path: "/api/y" }))).toEqual(["path /api/y in place of /api/x"]);
    expect(compareRequest(recorded, received({ headers: {} }))).toEqual(['header accept is missing, recorded "*/*"']);
  });

  it("compares JSON by its values, not by its order", () => {
    const put: RecordedRequest = { ...recorded, json: { a: 1, b: [null, 2] } };
    const body = (value: unknown) => received({ body: Buffer.from(JSON.stringify(value)) });
    expect(compareRequest(put, body({ b: [null, 2], a: 1 }))).toEqual([]);
    expect(compareRequest(put, body({ b: [2, null], a: 1 }))).toHaveLength(1);
    expect(compareRequest({ ...recorded, json: null }, body(null))).toEqual([]);
    expect(compareRequest(put, received())).toEqual(['the body is no JSON: ""']);
    expect(compareRequest(recorded, body({}))).toEqual(['the body is "{}", recorded ""']);
  });

  it("compares forms by the names, sizes and hashes of their parts, whatever the boundary", () => {
    const content = "hello\r\n--almost";
    const multipart = [
      { name: "file", filename: "a.txt", size: 15, sha256: createHash("sha256").update(content).digest("hex") },
    ];
    const form = { ...recorded, headers: { "content-type": "multipart/form-data; boundary=*" }, multipart };
    const send = (text: string) =>
      received({
        headers: { "content-type": "multipart/form-data; boundary=xyz" },
        body: Buffer.from(
          `--xyz\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n${text}\r\n--xyz--\r\n`,
        ),
      });
    expect(compareRequest(form, send(content))).toEqual([]);
    expect(compareRequest(form, send("other"))).toHaveLength(1);
  });
});
