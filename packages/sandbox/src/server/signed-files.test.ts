import { afterEach, describe, expect, it } from "vitest";
import { HttpProblem } from "./product.js";
import { SignedFiles } from "./signed-files.js";

const START = Date.UTC(2026, 0, 5, 9);
const failures: string[] = [];
let now = START;

const start = (): SignedFiles =>
  new SignedFiles({
    host: "127.0.0.1",
    tls: () => undefined,
    now: () => now,
    onFailure: (during) => failures.push(during),
  });

afterEach(() => {
  now = START;
  expect(failures.splice(0)).toEqual([]);
});

describe("a signed address", () => {
  it("is read by whoever has it, in parts too, and takes no token along", async () => {
    const files = start();
    const address = await files.address(({ headers }) => ({ status: 200, body: `all of ${headers["range"] ?? "it"}` }));
    expect(await (await fetch(address)).text()).toBe("all of it");
    expect(await (await fetch(address, { headers: { Range: "bytes=3-" } })).text()).toBe("all of bytes=3-");
    for (const name of ["X-Auth-Token", "Authorization", "Cookie"]) {
      const refused = await fetch(address, { headers: { [name]: "secret/connector" } });
      expect(refused.status, name).toBe(400);
      expect(await refused.text()).not.toContain("connector");
    }
    expect((await fetch(address, { method: "POST", body: "x" })).status).toBe(405);
    await files.close();
    await expect(fetch(address)).rejects.toThrow();
  });

  it("is of no use when it is changed, too old, or one of too many", async () => {
    const files = start();
    const address = await files.address(() => ({ status: 200, body: "x" }));
    const { origin } = new URL(address);
    for (const wrong of [
      address.slice(0, address.indexOf("?")),
      address.replace(/Signature=./, "Signature=z"),
      origin,
    ]) {
      expect((await fetch(wrong)).status, wrong).toBe(403);
    }
    now += 900_000;
    expect((await fetch(address)).status).toBe(403);
    const oldest = await files.address(() => ({ status: 200, body: "x" }));
    expect((await fetch(oldest)).status).toBe(200);
    for (let n = 0; n < 10_000; n++) await files.address(() => ({ status: 200, body: "y" }));
    expect((await fetch(oldest)).status).toBe(403);
    await files.close();
  });

  it("holds as long as it was given, and no longer than its files are there", async () => {
    const files = start();
    const [brief, long] = [
      await files.address(() => ({ status: 200 }), 60_000),
      await files.address(() => ({ status: 200 }), 604_800_000),
    ];
    const read = async (address: string) => (await fetch(address)).status;
    expect([await read(brief), await read(long)]).toEqual([200, 200]);
    now += 59_999;
    expect(await read(brief)).toBe(200);
    now += 1;
    expect([await read(brief), await read(long)]).toEqual([403, 200]);
    files.forget();
    expect(await read(long)).toBe(403);
    await files.close();
  });

  it("tells what is wrong with a file as stores of files do", async () => {
    const files = start();
    const address = await files.address(() => {
      throw new HttpProblem(404, "Session <1> & file not found");
    });
    const answer = await fetch(address);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "application/xml"]);
    expect(await answer.text()).toContain("<Message>Session &#60;1&#62; &#38; file not found</Message>");
    await files.close();
  });
});
