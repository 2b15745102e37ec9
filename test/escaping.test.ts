// What is put into a template is found as it is: through the SDK's escaping and the server's parser.
import { Sandbox } from "@cbapi/sandbox";
import { type CbResponseAPI, Process } from "cbapi/response";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awkwardNames, logOf } from "./support/awkward-names.js";
import { clientOf } from "./support/sandbox.js";

const values = awkwardNames(150);

let sandbox: Sandbox;
let cb: CbResponseAPI;
let log: Awaited<ReturnType<typeof logOf>>;

beforeAll(async () => {
  log = await logOf(values);
  sandbox = await Sandbox.start({ organisation: "empty", importFiles: [log.file] });
  cb = clientOf(sandbox);
});
afterAll(async () => {
  await cb.close();
  await sandbox.stop();
  await log.remove();
});

/** The names that the server takes for this one: it does not tell capitals, and knows accounts with and without domain. */
const equals = (a: string, b: string) => {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x === y || x.endsWith(`\\${y}`);
};

describe("a value in a query", () => {
  it("is imported as it is", async () => {
    const names = (await cb.select(Process).where("process_name:odd.exe").groupBy("id").all()).map(
      (proc) => proc.username,
    );
    expect([...names].sort()).toEqual([...values].sort());
  });

  it.each([
    ["a template", (value: string) => cb.select(Process).where`username:${value}`],
    ["a quoted template", (value: string) => cb.select(Process).where`username:"${value}"`],
    ["terms", (value: string) => cb.select(Process).where({ username: value })],
    ["a list of terms", (value: string) => cb.select(Process).where({ username: [value, "nobody at all"] })],
    [
      "several clauses",
      (value: string) =>
        cb.select(Process).where("process_name:odd.exe or process_name:even.exe").and({ username: value }),
    ],
  ])("finds exactly itself in %s", async (_form, queryFor) => {
    for (const value of values) {
      const found = (await queryFor(value).groupBy("id").all()).map((proc) => proc.username ?? "");
      const expected = values.filter((name) => equals(name, value));
      expect([...found].sort(), `for ${JSON.stringify(value)}: ${queryFor(value).query}`).toEqual([...expected].sort());
    }
  });
});
