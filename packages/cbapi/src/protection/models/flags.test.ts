import { describe, expect, it } from "vitest";
import { addFlags, FileFlag, flagNames, hasFlags, RefreshFlag, removeFlags, SyncFlag } from "./flags.js";

describe("the bits of a field", () => {
  it("are read by their words, and by numbers where they have none", () => {
    expect(flagNames(SyncFlag, 0x21)).toEqual(["Initializing", "KernelNotConnected"]);
    expect(flagNames(SyncFlag, 0x404)).toEqual(["0x4", "0x400"]);
    expect([flagNames(SyncFlag, 0), flagNames(SyncFlag, undefined)]).toEqual([[], []]);
    // The highest bit makes the number negative on servers that sign it.
    expect(flagNames(FileFlag, -0x80000000)).toEqual(["0x80000000"]);
  });

  it("are looked for all together", () => {
    expect(hasFlags(0x21, SyncFlag.Initializing, SyncFlag.KernelNotConnected)).toBe(true);
    expect(hasFlags(0x20, SyncFlag.Initializing, SyncFlag.KernelNotConnected)).toBe(false);
    expect(hasFlags(undefined, SyncFlag.Initializing)).toBe(false);
  });

  it("are set and taken away, and the others stay", () => {
    expect(addFlags(undefined, RefreshFlag.Reboot, RefreshFlag.FullResync)).toBe(0x201);
    expect(addFlags(0x2, RefreshFlag.Reboot)).toBe(0x202);
    expect(removeFlags(0x203, RefreshFlag.Reboot, RefreshFlag.Reregister)).toBe(0x3);
    expect(removeFlags(undefined, RefreshFlag.Reboot)).toBe(0);
  });
});
