import { describe, expect, it } from "vitest";
import { CALL, checkCall } from "./call-options.js";
import { CbApiError } from "./errors.js";

const names = ["dryRun", "verify", ...CALL];
const thrown = (options: unknown) => {
  try {
    return checkCall("moveTo()", options, names);
  } catch (error) {
    return error;
  }
};

describe("the options of a call", () => {
  it("are those that there are", () => {
    expect(thrown({})).toBeUndefined();
    expect(thrown({ dryRun: true, signal: undefined, timeout: 5 })).toBeUndefined();
  });

  it.each([
    [{ dryrun: true }, "moveTo(): unknown option dryrun. Did you mean dryRun?"],
    [{ offset: 1 }, "moveTo(): unknown option offset. The options are: dryRun, signal, timeout, verify"],
  ])("are refused when they are none: %j", (options, message) => {
    expect(thrown(options)).toBeInstanceOf(CbApiError);
    expect(thrown(options)).toMatchObject({ code: "UNKNOWN_OPTION", message });
  });

  it.each([true, null, 5, "verify"])("go by their names, and are not %j", (options) => {
    expect(thrown(options)).toMatchObject({
      code: "INVALID_OPTION",
      message: `moveTo() takes its options by their names, as { dryRun: ... }: got ${JSON.stringify(options)}`,
    });
  });
});
