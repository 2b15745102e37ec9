// What is started through Live Response is recorded like any other process, and bans hold for it.
import { BannedHash, Binary, LiveResponseError, Process, Sensor } from "cbapi/response";
import { expect, it } from "vitest";
import { cb, useSandbox } from "../support/given.js";

useSandbox({ clock: { tickInterval: 50 } });

it("is found by searches, with the service that started it", async () => {
  await using session = await (await cb.select(Sensor).where("hostname:WIN-IA9NQ1GN8OI").one()).lrSession();
  expect(String(await session.createProcess("whoami"))).toContain("nt authority\\system");
  const proc = await cb.select(Process).where("process_name:whoami.exe username:SYSTEM").one();
  expect(proc).toMatchObject({ cmdline: "whoami", hostname: "WIN-IA9NQ1GN8OI" });
  expect(await proc.parent.path).toMatch(/services\.exe$/i);
});

it("does not run when its hash is banned, and the endpoint says why", async () => {
  await using session = await (await cb.select(Sensor).where("hostname:WIN-IA9NQ1GN8OI").one()).lrSession();
  const { process_md5 = "" } = (await cb.select(Process).where("process_name:net.exe").first()) ?? {};
  const ban = await BannedHash.ban(cb, process_md5, { text: "not by anybody" });
  const refused = await session.createProcess("net use").catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(LiveResponseError);
  expect(refused).toMatchObject({ decoded_win32_error: "ERROR_ACCESS_DISABLED_BY_POLICY" });
  await ban.refresh();
  expect(ban).toMatchObject({ block_count: 1, last_block_hostname: "WIN-IA9NQ1GN8OI" });
  expect(await cb.select(Binary, process_md5).banned).toMatchObject({ enabled: true });
  await ban.disable();
  expect(String(await session.createProcess("net use"))).toContain("\\\\test\\blah");
});
