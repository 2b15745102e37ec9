import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { SimulationClock } from "./clock.js";
import { openOwnWorld } from "./own-world.js";
import type { PlayableProduct, ProductServer, ServerParts } from "./product-server.js";
import { versionsOf } from "./products.js";
import { EDR } from "./response/playable.js";
import { Sandbox } from "./sandbox.js";
import type { Product } from "./server/product.js";
import { SignedFiles } from "./server/signed-files.js";
import type { WorldSettings } from "./world.js";

const folder = mkdtempSync(join(tmpdir(), "own-world-"));
afterAll(() => rmSync(folder, { recursive: true }));
const log = join(folder, "empty.jsonl");
writeFileSync(log, "");

const clock = new SimulationClock({ running: false });

const failed = (_: string, error: unknown): never => {
  throw error;
};

const settings = (): WorldSettings => ({
  ...{ seed: 1, clock, behaviour: { ...EDR.behaviour } as WorldSettings["behaviour"], fresh: false, token: "t" },
  tokens: () => [],
  url: () => "https://localhost",
  signed: new SignedFiles({
    ...{ host: "127.0.0.1", tls: () => undefined, now: () => clock.now(), onFailure: failed },
  }),
  signal: new AbortController().signal,
  onFailure: failed,
});

/** A product beside EDR that notes what it is told, and what it is made of. */
class Neighbour implements PlayableProduct {
  readonly name = "neighbour";
  readonly defaultVersion = "1.0.0";
  readonly behaviour = {};
  readonly told: string[] = [];
  parts: ServerParts | undefined;
  blocks = false;

  open(parts: ServerParts): Promise<ProductServer> {
    const { told } = this;
    this.parts = parts;
    const product: Product = {
      ...{ name: "neighbour", headers: {}, routes: [], owns: () => false },
      problem: ({ status }) => ({ status }),
      tick: (tick) => void told.push(`tick ${tick}`),
    };
    return Promise.resolve({
      product,
      settle: () => void told.push("settle"),
      *detect(seed) {
        const sensors = parts.store.database.count("SELECT count(*) AS n FROM sensor");
        told.push(`detect ${seed} in ${sensors}`);
        yield;
      },
      programStarted: ({ commandLine }) => {
        told.push(commandLine);
        return this.blocks ? "blocked" : { pid: 77, guid: "not asked" };
      },
      close: () => void told.push("close"),
    });
  }
}

describe("a world of several products", () => {
  it("tells each of them what happens, in the order in which they are listed", async () => {
    const neighbour = new Neighbour();
    const world = await openOwnWorld({ organisation: "small" }, settings(), [EDR, neighbour]);
    try {
      expect(world.servers.map(({ product }) => product.name)).toEqual(["response", "neighbour"]);
      expect(world.serverOf(neighbour)).toBe(world.servers[1]);
      expect(world.serverOf(EDR)?.version).toBe(EDR.defaultVersion);
      expect(neighbour.parts).toMatchObject({ version: "1.0.0", presence: { round: undefined, interval: 2000 } });
      await clock.step(2);
      // Whoever asks, endpoints have reported once.
      expect(neighbour.parts?.presence.round).toBe(clock.now());
      await world.importFile(log, new AbortController().signal);
    } finally {
      await world.close();
    }
    await clock.step(1);
    expect(neighbour.told).toEqual(["detect 1 in 4", "tick 1", "tick 2", "settle", "close"]);
  });

  it("asks all of them about a program that Live Response starts: each can block it, the first one numbers it", async () => {
    const neighbour = new Neighbour();
    const world = await openOwnWorld({ organisation: "small" }, settings(), [EDR, neighbour]);
    try {
      const start = () => neighbour.parts?.machines.get(1)?.processes.start("whoami");
      const started = start();
      expect(started?.pid).toBeGreaterThan(0);
      expect(started?.pid).not.toBe(77);
      neighbour.blocks = true;
      expect(start).toThrow("blocked");
      expect(neighbour.told.slice(1)).toEqual(["whoami", "whoami"]);
      await started?.ended;
    } finally {
      await world.close();
    }
  });
});

describe("the versions that are played", () => {
  it("are asked for by product, or as EDR's", async () => {
    const older = "6.1.0.170531.1416";
    expect(versionsOf({})(EDR)).toBe(EDR.defaultVersion);
    expect(versionsOf({ version: older })(EDR)).toBe(older);
    expect(versionsOf({ version: older, versions: { response: older } })(EDR)).toBe(older);
    expect(versionsOf({ version: older }, [EDR, new Neighbour()])(new Neighbour())).toBe("1.0.0");
    await using sandbox = await Sandbox.start({ organisation: "empty", tls: false, versions: { response: older } });
    expect(sandbox.info()).toMatchObject({ version: older });
  });

  it("are refused when there is no such product, or two of them", async () => {
    const start = (options: object) => Sandbox.start({ organisation: "empty", tls: false, ...options });
    await expect(start({ versions: { edr: "7.8.0" } })).rejects.toThrow("the products are response");
    const two = { version: "7.8.0.230101.1200", versions: { response: "6.1.0.170531.1416" } };
    await expect(start(two)).rejects.toThrow("two versions of one server");
  });
});
