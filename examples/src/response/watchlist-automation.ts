// What watchlists find is acted upon, by the beginnings of their names:
//   ISOLATE: ...       the endpoint is cut off from the network
//   BAN: ...           the program is banned
//   LOCK: ...          both
//   LIVERESPONSE: ...  of processes: what runs on the endpoint, its services, and what its users have visited last
import type { AnyEvent, BinaryDocument, ProcessDocument, WatchlistBinaryHit, WatchlistProcessHit } from "cbapi/events";
import { BannedHash, CbResponseAPI, Sensor } from "cbapi/response";
import { runExample } from "../arguments.js";
import { EndpointReport } from "../endpoint-report.js";
import { EVENT_OPTIONS, EventLoop } from "../event-loop.js";

const PREFIX = /^(ISOLATE|BAN|LOCK|LIVERESPONSE):/;

await runExample(
  {
    name: "watchlist-automation",
    about:
      "Isolates endpoints, bans programs and looks around by Live Response where watchlists whose names begin with ISOLATE:, BAN:, LOCK: (both) or LIVERESPONSE: find something. Ctrl-C ends it.",
    client: CbResponseAPI,
    options: {
      ...EVENT_OPTIONS,
      most: {
        type: "number",
        value: "N",
        default: 10,
        least: 1,
        about: "isolate nobody for a file that more endpoints have",
      },
      "dry-run": { type: "boolean", short: "d", about: "show what would be done, and do nothing" },
    },
  },
  async (example) => {
    const { cb, values, print, signal } = example;
    const dryRun = values["dry-run"];
    const loop = new EventLoop(example);

    /** Resolves when the isolation is asked for. Whether the endpoint has done it is said later. */
    async function isolate(id: number): Promise<void> {
      const sensor = await cb.select(Sensor, id);
      const name = sensor.computer_name ?? String(id);
      if (dryRun) {
        print(`Would isolate sensor ${name}`);
        return;
      }
      let asked = () => {};
      const isAsked = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const isolated = sensor.isolate({ signal, onWait: asked });
      const isSaid = isolated.then(() => print(`Successfully isolated sensor ${name} based on watchlist hit`));
      // Whoever waits below is told of a failure.
      isSaid.catch(() => undefined);
      await Promise.race([isolated, isAsked]);
      loop.watch(isSaid);
    }

    async function ban(md5: string, watchlist: string): Promise<void> {
      if (dryRun) {
        print(`Would ban binary MD5sum ${md5}`);
        return;
      }
      await BannedHash.ban(cb, md5, { text: `Found by the watchlist ${watchlist}`, signal });
      print(`Successfully banned binary MD5sum ${md5} based on watchlist hit`);
    }

    function lookAround(id: number, name: string): void {
      if (dryRun) {
        print(`Would look around on sensor ${name}`);
        return;
      }
      loop.submit("Looking around", new EndpointReport(), id, (lines) => {
        print(`Live Response on sensor ${name} (${id}):`);
        for (const line of lines) print(`  ${line}`);
      });
    }

    await loop.run<AnyEvent>("watchlist.hit.*", "watchlist hits", async (event) => {
      if (!isHit(event)) return;
      const [, action] = PREFIX.exec(event.watchlist_name) ?? [];
      if (action === undefined) return;
      const [document] = event.docs;
      const isProcess = event.type === "watchlist.hit.process";
      const sensors = sensorsOf(document);
      const failures: Error[] = [];
      // What cannot be done must not keep the rest from being done.
      const attempt = (work: Promise<void>) =>
        work.catch((error: unknown) => void failures.push(error instanceof Error ? error : new Error(String(error))));
      if (action === "BAN" || action === "LOCK") {
        const md5 = String((isProcess ? document["process_md5"] : document["md5"]) ?? "");
        if (/^0*$/.test(md5)) failures.push(new Error(`${event.watchlist_name}: the hit names no MD5`));
        else await attempt(ban(md5, event.watchlist_name));
      }
      if (action === "ISOLATE" || action === "LOCK") {
        if (sensors.length === 0) failures.push(new Error(`${event.watchlist_name}: the hit names no endpoint`));
        if (sensors.length > values.most) {
          loop.fail(
            `${event.watchlist_name}: nobody is isolated, as ${sensors.length} endpoints have the file (--most)`,
          );
        } else for (const id of sensors) await attempt(isolate(id));
      }
      if (action === "LIVERESPONSE" && isProcess) {
        const [id] = sensors;
        if (id === undefined) failures.push(new Error(`${event.watchlist_name}: the hit names no endpoint`));
        else lookAround(id, String(document["computer_name"] ?? document["hostname"] ?? id));
      }
      const [first, ...others] = failures;
      for (const error of others) loop.fail(error);
      if (first !== undefined) throw first;
    });
  },
);

type Hit = WatchlistProcessHit | WatchlistBinaryHit;

/** What comes from elsewhere may have the name of a hit and nothing of what hits have. */
function isHit(event: AnyEvent): event is Hit {
  const { watchlist_name, docs } = event as Partial<Hit>;
  return typeof watchlist_name === "string" && Array.isArray(docs) && typeof docs[0] === "object" && docs[0] !== null;
}

/** The endpoint of a process, or all that have a binary, which are named `HOST|id`. */
function sensorsOf(document: ProcessDocument | BinaryDocument): number[] {
  const { sensor_id, endpoint } = document as { readonly sensor_id?: unknown; readonly endpoint?: unknown };
  const named = sensor_id === undefined && Array.isArray(endpoint) ? endpoint.map(idOf) : [Number(sensor_id)];
  return [...new Set(named)].filter((id) => Number.isSafeInteger(id) && id > 0);
}

function idOf(endpoint: unknown): number {
  return Number(/\|(\d+)$/.exec(String(endpoint))?.[1]);
}
