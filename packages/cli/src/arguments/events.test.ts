import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../arguments.js";

const events = (...args: string[]) => {
  const parsed = parseCommandLine(["sandbox", ...args]);
  return parsed.command === "sandbox" ? parsed.events : parsed;
};

describe("the events of cbapi sandbox", () => {
  it("go where the options say, and nowhere without them", () => {
    expect(events()).toBeUndefined();
    expect(events("--events-amqp", "amqp://localhost", "--events-exchange", "x", "--raw-events")).toEqual({
      ...{ amqp: "amqp://localhost", exchange: "x", rawEvents: true },
    });
    expect(events("--events-file", "e.json", "--forwarder", "older")).toEqual({ file: "e.json", forwarder: "older" });
  });

  it.each([
    [["--raw-events"], /--raw-events needs a place/],
    [["--events-file", "e.json", "--events-exchange", "x"], /--events-exchange needs --events-amqp/],
    [["--events-amqp", "amqp://localhost", "--forwarder", "older"], /--forwarder needs --events-file/],
    [["--events-file", "e.json", "--forwarder", "old"], /older or newer/],
    [["--events-file", " "], /--events-file is empty/],
  ])("%j make no sense", (args, message) => {
    expect(() => events(...args)).toThrow(message);
  });
});
