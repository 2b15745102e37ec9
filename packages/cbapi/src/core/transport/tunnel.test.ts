import { createServer } from "node:http";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { failure, listen, transport } from "../../test-support/transport-server.js";
import { ConnectionError } from "../errors.js";

describe("A proxy that refuses a tunnel", () => {
  it("may repeat the password that it was sent: nothing shows it", async () => {
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    const server = createServer();
    let sent = "";
    server.on("connect", (request, socket) => {
      sent = request.headers["proxy-authorization"] ?? "";
      const password = Buffer.from(sent.slice("Basic ".length), "base64").toString().split(":")[1];
      socket.end(`HTTP/1.1 502 No way for ${sent} or ${password}\r\n\r\n`);
    });
    const { host } = new URL(await listen(server));
    const client = transport(
      "https://cb.example",
      { maxRetries: 0, logger: { debug: log, info: log, warn: log } },
      { proxy: `http://hunter:s3cret%2Fword@${host}` },
    );
    const error = await failure(client.getJson("/api/info"), ConnectionError);
    expect(sent).toBe(`Basic ${Buffer.from("hunter:s3cret/word").toString("base64")}`);
    expect(error.message).toContain("502 No way for Basic ******** or ********");
    const shown = inspect(error, { depth: 9 }) + lines.join("\n");
    for (const secret of ["s3cret", sent.slice("Basic ".length)]) expect(shown).not.toContain(secret);
    expect(lines.length).toBeGreaterThan(0);
  });
});

describe("A tunnel", () => {
  it.each([
    ["hunter:100%", "hunter:100%"],
    ["api-key", "api-key:"],
    [":s3cret", ":s3cret"],
    ["", undefined],
  ])("is asked for by its server's name, with the user and password of %j", async (user, sent) => {
    const asked: (string | undefined)[] = [];
    const server = createServer();
    server.on("connect", ({ url, headers }, socket) => {
      const [, pair] = headers["proxy-authorization"]?.split(" ") ?? [];
      asked.push(url, headers.host, pair && Buffer.from(pair, "base64").toString());
      socket.end("HTTP/1.1 403 No\r\n\r\n");
    });
    const proxy = (await listen(server)).replace("//", `//${user}@`);
    const client = transport("https://cb.example", { maxRetries: 0 }, { proxy });
    await failure(client.getJson("/"), ConnectionError);
    expect(asked).toEqual(["cb.example:443", "cb.example:443", sent]);
  });
});
