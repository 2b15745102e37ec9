import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { cut, failure, listen, serve, transport } from "../../test-support/transport-server.js";
import { ConnectionError, ServerError } from "../errors.js";
import { fileBody } from "./file-body.js";

const LOGIN = "\ufeff\n<!DOCTYPE html><html><body>Please sign in</body></html>";

describe("A file that is downloaded", () => {
  it("arrives as it is, also empty, short, or compressed on the way", async () => {
    const { gzipSync } = await import("node:zlib");
    const content = Buffer.from("MZ <html> is no beginning of this file");
    const { url } = await serve(
      [200, content],
      [200, ""],
      [204, ""],
      [200, "M"],
      [200, gzipSync(content), { "content-encoding": "gzip" }],
    );
    const client = transport(url);
    const download = async (): Promise<string> => {
      const body = await fileBody(await client.request({ method: "GET", path: "/file" }));
      return (await buffer(body)).toString();
    };
    const got: string[] = [];
    for (let each = 0; each < 5; each++) got.push(await download());
    expect(got).toEqual([String(content), "", "", "M", String(content)]);
  });

  it("is no web page, whatever type that claims to have; its connection is given up", async () => {
    let given = 0;
    const server = createServer((request, response) => {
      response.writeHead(200, { "content-type": request.url === "/typed" ? "text/html" : "application/zip" });
      response.write(LOGIN); // and no end
      response.once("close", () => given++);
    });
    const client = transport(await listen(server));
    for (const path of ["/typed", "/untyped"]) {
      const error = await failure(client.request({ method: "GET", path }).then(fileBody), ServerError);
      expect(error).toMatchObject({ code: "NOT_A_FILE", method: "GET", path, status: 200 });
    }
    await expect.poll(() => given).toBe(2);
  });

  it("that breaks off before its first byte is an error of the download", async () => {
    const { url } = await serve(cut(""));
    const response = await transport(url).request({ method: "GET", path: "/file" });
    await failure(fileBody(response), ConnectionError);
  });
});
