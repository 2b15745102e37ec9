import { request } from "node:http";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { ForwarderReceiver } from "./receiver.js";

const TOKEN = "s3cret-token";
let receiver: ForwarderReceiver;
let problems: unknown[];

beforeEach(async () => {
  problems = [];
  receiver = await ForwarderReceiver.listen({
    ...{ auth: { token: TOKEN }, maxBytes: 10_000, onProblem: (error) => problems.push(error) },
  });
  return () => receiver.stop();
});

const bearer = { authorization: `Bearer ${TOKEN}` };
const event = (n: number) => ({ type: "task.error.logged", n });

async function post(body: string | Buffer, headers: Record<string, string> = bearer, method = "POST"): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(receiver.url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

describe("a receiver of forwarded events", () => {
  it.each([
    ["as the forwarder wraps them", JSON.stringify({ service: "carbonblack", alerts: [event(1), event(2)] })],
    ["in a list", JSON.stringify([event(1), event(2)])],
    ["line by line", `${JSON.stringify(event(1))}\n\n${JSON.stringify(event(2))}\n`],
  ])("takes events %s", async (_, body) => {
    const found: unknown[] = [];
    receiver.on("task.#", ({ raw }) => found.push(raw["n"]));
    expect(await post(body)).toBe(200);
    expect(await post(gzipSync(body), { ...bearer, "content-encoding": "gzip" })).toBe(200);
    expect(found).toEqual([1, 2, 1, 2]);
  });

  it("answers when everything is handled, and asks for it again when something was not", async () => {
    let isBroken = true;
    receiver.on("task.error.logged", async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (isBroken) throw new Error("no disk");
    });
    expect(await post(JSON.stringify(event(1)))).toBe(503);
    expect(problems).toEqual([expect.objectContaining({ message: "no disk" })]);
    isBroken = false;
    expect(await post(JSON.stringify(event(1)))).toBe(200);
  });

  it("can be looped over", async () => {
    const answers = [post(JSON.stringify([event(1), event(2)]))];
    for await (const { raw } of receiver.events("task.#")) {
      if (raw["n"] === 2) break;
    }
    // The second was in hand when the loop was left.
    expect(await Promise.all(answers)).toEqual([503]);
  });

  it("refuses what nobody may send, or nobody can read", async () => {
    const body = JSON.stringify(event(1));
    expect(await post(body, {})).toBe(401);
    expect(await post(body, { authorization: "Bearer s3cret-toke" })).toBe(401);
    expect(await post(body, { authorization: `Basic ${Buffer.from("a:b").toString("base64")}` })).toBe(401);
    expect(await post("", bearer, "GET")).toBe(405);
    expect(await post("{broken")).toBe(400);
    expect(await post("[1]")).toBe(400);
    expect(await post("{}")).toBe(400);
    expect(await post(Buffer.from("no gzip"), { ...bearer, "content-encoding": "gzip" })).toBe(400);
    expect(await post(body, { ...bearer, "content-encoding": "br" })).toBe(415);
    expect(await post("x".repeat(10_001))).toBe(413);
    const bomb = gzipSync(Buffer.alloc(5_000_000, 0x20));
    expect(bomb.length).toBeLessThan(10_000);
    expect(await post(bomb, { ...bearer, "content-encoding": "gzip" })).toBe(413);
  });

  it("knows users too, and shows nobody what they log in with", async () => {
    await receiver.stop();
    receiver = await ForwarderReceiver.listen({ auth: { user: "cb", password: "pa:ss" } });
    const authorization = `Basic ${Buffer.from("cb:pa:ss").toString("base64")}`;
    expect(await post(JSON.stringify(event(1)), { authorization })).toBe(200);
    expect(inspect(receiver)).toBe(`ForwarderReceiver(${receiver.url})`);
    const nobody = ForwarderReceiver.listen({ auth: { token: "" } });
    await expect(nobody).rejects.toThrow(/Anybody could post otherwise/);
  });
});
