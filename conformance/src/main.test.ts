import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { main } from "./main.js";

const fixtures = fileURLToPath(new URL("../fixtures", import.meta.url));

describe("the command", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cbapi-conformance-test-"));
    mkdirSync(join(folder, "deeper"));
    copyFileSync(join(fixtures, "response/api-bad-token.json"), join(folder, "deeper/a.json"));
    const other = readFileSync(join(fixtures, "defense/device-move-policy.json"), "utf8");
    writeFileSync(join(folder, "b.json"), other.replace('"product": "defense"', '"product": "elsewhere"'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function command(...args: string[]): Promise<{ code: number; text: string }> {
    const lines: string[] = [];
    const code = await main(args, (line) => lines.push(line));
    return { code, text: lines.join("\n") };
  }

  it("prints an outcome for each file, and the sum", async () => {
    const { code, text } = await command(folder);
    expect(code).toBe(0);
    expect(text.split("\n")).toEqual([
      "unsupported  b.json: product elsewhere",
      "passed       deeper/a.json",
      "",
      "1 passed, 0 failed, 1 unsupported",
    ]);
  });

  it("ends with 1 and the reasons when a recording is not met", async () => {
    const recorded = readFileSync(join(folder, "deeper/a.json"), "utf8");
    writeFileSync(join(folder, "deeper/a.json"), recorded.replace("UnauthorizedError", "ServerError"));
    const { code, text } = await command(folder);
    expect(code).toBe(1);
    expect(text).toContain(
      "FAILED       deeper/a.json\n             - step 0 (connect): an error of class ServerError",
    );
    expect(text).toContain("0 passed, 1 failed, 1 unsupported");
  });

  it("prints JSON on request", async () => {
    const { code, text } = await command("--json", folder);
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({
      passed: 1,
      failed: 0,
      unsupported: 1,
      vectors: [
        { file: "b.json", status: "unsupported", reasons: ["product elsewhere"] },
        { file: "deeper/a.json", vector: "response/api-bad-token", status: "passed" },
      ],
    });
  });

  it("runs only the vector that is named", async () => {
    for (const name of ["api-bad-token", "response/api-bad-token"]) {
      expect((await command(folder, "--only", name)).text).toContain("1 passed, 0 failed, 0 unsupported");
    }
    expect(await command(folder, "--only", "nothing")).toEqual({ code: 1, text: "No vector is named nothing" });
  });

  it("ends with 1 when there is nothing to run", async () => {
    rmSync(join(folder, "b.json"));
    rmSync(join(folder, "deeper"), { recursive: true });
    expect((await command(folder)).code).toBe(1);
  });

  it("ends with 2 for wrong usage", async () => {
    for (const args of [[], [folder, folder], [join(folder, "absent")], [folder, "--what"]]) {
      const { code, text } = await command(...args);
      expect(code).toBe(2);
      expect(text).toContain("usage: conformance DIR");
    }
  });
});
