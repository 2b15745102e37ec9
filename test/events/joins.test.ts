// Events joined with what the server they came from knows of it.
import { type AnyEvent, followEvents } from "cbapi/events";
import { Watchlist } from "cbapi/response";
import { describe, expect, it } from "vitest";
import { isThere } from "../support/services.js";
import { Told } from "./told.js";

const there = await isThere("RabbitMQ");
const MD5 = "c".repeat(32);
const EVIL = { sensor: 1, path: "c:\\temp\\wicked.exe", md5: MD5, cmdline: "wicked.exe --now" };

async function watch({ cb }: Told): Promise<Watchlist> {
  const search_query = "cb.urlver=1&q=process_name%3Awicked.exe";
  const watchlist = await cb.create(Watchlist, { name: "Evil", index_type: "events", search_query }).save();
  const action = watchlist.createAction();
  action.type = "alert";
  await action.save();
  return watchlist;
}

describe.skipIf(!there).each(["5.2.0.161004.1206", "6.5.2.191219.1200", "7.8.0.230101.1200"])(
  "events of %s",
  (version) => {
    it("lead to the process, its binary and endpoint, the watchlist and the alert", async () => {
      await using told = await Told.start({}, version);
      const { cb, sandbox, exchange } = told;
      const watchlist = await watch(told);
      const loop = cb.events("watchlist.#", { exchange, queue: await told.queue("watchlist.#") });
      const alerts = cb.events("alert.#", { exchange, queue: await told.queue("alert.watchlist.hit.query.#") });
      const launched = await sandbox.launch(EVIL);
      if (launched.outcome !== "started") throw new Error(launched.outcome);
      await sandbox.clock.step(31);
      const hit = await ofEvil(loop, "watchlist.hit.process");
      const alert = await ofEvil(alerts, "alert.watchlist.hit.query.process");
      expect(await hit.process.binary.md5).toBe(MD5.toUpperCase());
      expect(await hit.process.id).toBe(launched.id);
      expect(await hit.process.cmdline).toBe("wicked.exe --now");
      expect(await hit.parent.process_name).toBe("explorer.exe");
      expect(await hit.sensor.computer_name).toBe("WIN-58DM2VNS9RT");
      expect(await hit.watchlist.name).toBe("Evil");
      expect(String(await hit.watchlist.id)).toBe(String(watchlist.id));
      expect(await alert.process.unique_id).toBe(launched.unique_id);
      expect(await alert.alert.status).toBe("Unresolved");
      expect(await alert.binary.md5).toBe(MD5.toUpperCase());
      await Promise.all([loop.return(), alerts.return()]);

      for await (const line of followEvents(told.file, { from: "start" })) {
        const event = cb.joinEvent(line);
        if (event.type !== "watchlist.hit.process" || event.raw["watchlist_name"] !== "Evil") continue;
        expect(await event.process.unique_id).toBe(launched.unique_id);
        break;
      }
    });
  },
);

/** The first event of a type that the test's own watchlist has brought about. */
async function ofEvil<E extends AnyEvent>(events: AsyncGenerator<E>, type: string): Promise<E> {
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) throw new Error("The events have ended");
    if (value.type === type && value.raw["watchlist_name"] === "Evil") return value;
  }
}
