import { describe, expect, it } from "vitest";
import { bypasses, parseProxy, systemProxy } from "./proxy.js";

describe("proxies", () => {
  const target = new URL("https://cb.corp.example:8443");

  it.each([
    ["*", true],
    ["cb.corp.example", true],
    [".corp.example", true],
    ["*.corp.example", true],
    ["corp.example", true],
    ["orp.example", false],
    ["cb.corp.example:8443", true],
    ["cb.corp.example:443", false],
    ["other, CORP.example", true],
    ["", false],
  ])("NO_PROXY=%j: %j", (list, expected) => {
    expect(bypasses(target, list)).toBe(expected);
  });

  it("takes 443 for the port of an address without one", () => {
    expect(bypasses(new URL("https://cb.example"), "cb.example:443")).toBe(true);
    expect(bypasses(new URL("https://cb.example"), "cb.example:80")).toBe(false);
  });

  it.each(["10.1/16", "10.0.0.0/40", "fd00::/129", "fd00::/8", "::/0"])(
    "passes over %s: no network of this host",
    (list) => {
      expect(bypasses(new URL("https://10.1.2.3"), list)).toBe(false);
      expect(bypasses(new URL("https://10.1.2.3"), `${list}, 10.0.0.0/8`)).toBe(true);
    },
  );

  it("knows networks", () => {
    expect(bypasses(new URL("https://10.1.2.3"), "10.0.0.0/8")).toBe(true);
    expect(bypasses(new URL("https://11.1.2.3"), "10.0.0.0/8")).toBe(false);
    expect(bypasses(new URL("https://[::1]"), "::1")).toBe(true);
    expect(bypasses(new URL("https://[fd00::1]"), "fd00::/8")).toBe(true);
    expect(bypasses(new URL("https://[fd00:0:1::1]"), "fd00:0:1::/48")).toBe(true);
    expect(bypasses(new URL("https://[fd00:0:1::1]"), "10.0.0.0/8")).toBe(false);
  });

  it("reads the system's variables", () => {
    expect(systemProxy(target, { HTTPS_PROXY: "http://p:1" })?.host).toBe("p:1");
    expect(systemProxy(target, { https_proxy: "q:2", HTTPS_PROXY: "http://p:1" })?.host).toBe("q:2");
    expect(systemProxy(target, { https_proxy: "  ", HTTPS_PROXY: " http://p:1\n" })?.host).toBe("p:1");
    expect(systemProxy(target, { HTTPS_PROXY: " " })).toBeUndefined();
    expect(systemProxy(target, { ALL_PROXY: "http://p:1" })?.host).toBe("p:1");
    expect(systemProxy(target, { HTTP_PROXY: "http://p:1" })).toBeUndefined();
    expect(systemProxy(target, { HTTPS_PROXY: "http://p:1", NO_PROXY: "corp.example" })).toBeUndefined();
  });

  it("refuses kinds it does not speak, without repeating the password", () => {
    expect(() => parseProxy("socks5://u:HIDDEN@p:1", "proxy")).toThrow("cannot be used");
    expect(() => parseProxy("socks5://u:HIDDEN@p:1", "proxy")).not.toThrow("HIDDEN");
    for (const address of [
      "http://u:1/HIDDEN@p:1",
      "http://u:1#HIDDEN@p:1",
      "u:1?HIDDEN@p:1",
      "http://u:x/HIDDEN@p:1",
    ]) {
      expect(() => parseProxy(address, "proxy")).toThrow("%2F");
      expect(() => parseProxy(address, "proxy")).not.toThrow("HIDDEN");
    }
    expect(parseProxy("http://u:a@b@p:1", "proxy").host).toBe("p:1");
  });
});
