import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  ApiError,
  BannedHash,
  Binary,
  InvalidHashError,
  InvalidObjectError,
  Process,
  Sensor,
  ServerError,
  StoragePartition,
} from "../../response/index.js";
import { type Answer, edrServer } from "../../test-support/edr-server.js";
import { assign } from "./assign.js";
import { defineModel } from "./define-model.js";
import { t } from "./fields.js";

const document = {
  id: 1,
  computer_name: "H1",
  computer_sid: "S-1-5-21-1\n",
  group_id: 2,
  notes: null,
  clock_delta: "106",
  network_isolation_enabled: false,
  last_checkin_time: "2018-02-06 12:44:33.883886-06:00",
  network_adapters: "192.168.1.163,00155d019c08|broken|10.0.0.5,00155d019c09|",
};

describe("a client", () => {
  it("tells how well its documents serve, and forgets them", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/sensor/1": document });
    await using _ = cb;
    const sensor = await cb.select(Sensor, 1);
    await cb.select(Sensor, 1);
    expect([requests.length, cb.cacheStats]).toEqual([1, { hits: 1, misses: 1, size: 1 }]);
    sensor.notes = "mine";
    cb.clearCache();
    expect(cb.cacheStats.size).toBe(0);
    await cb.select(Sensor, 1);
    expect(requests.length).toBe(2);
    expect([sensor.notes, sensor.isDirty()]).toEqual(["mine", true]);
  });

  it("takes options that are there and undefined for ones that are left out", async () => {
    const { cb, requests } = await edrServer(
      { "/api/v1/banning/blacklist": [] },
      { cache: { max: undefined, ttl: undefined }, routes: { bannedHashes: undefined }, timeout: undefined },
    );
    await using _ = cb;
    expect(await cb.select(BannedHash).all({ limit: undefined })).toEqual([]);
    expect([requests, cb.routes.bannedHashes]).toEqual([
      [expect.stringMatching(/^\/api\/v1\/banning\/blacklist\?/)],
      "/api/v1/banning/blacklist",
    ]);
  });
});

describe("a loaded model", () => {
  it("is shown by an assertion that fails, with what differs", async () => {
    const { cb } = await edrServer({ "/api/v1/sensor/1": document });
    await using _ = cb;
    const sensor = await cb.select(Sensor, 1);
    let failure: unknown;
    try {
      expect(sensor).toMatchObject({ computer_name: "H2" });
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ name: "AssertionError", message: expect.stringContaining("computer_name: H1") });
    const tags = [sensor, sensor.group].map((object) => Object.prototype.toString.call(object));
    expect(tags).toEqual(["[object Sensor]", "[object Ref]"]);
  });

  it("reads fields by their kinds, and absent and null ones as undefined", async () => {
    const { cb } = await edrServer({ "/api/v1/sensor/1": document });
    const sensor = await cb.select(Sensor, 1);
    expect(sensor.clock_delta).toBe(106);
    expect(sensor.notes).toBeUndefined();
    expect(sensor.uninstalled).toBeUndefined();
    expect(sensor.last_checkin_time).toEqual(new Date("2018-02-06T18:44:33.883Z"));
    expect(sensor.sid).toBe("S-1-5-21-1");
    expect(sensor.network_interfaces).toEqual([
      { macaddr: "00:15:5d:01:9c:08", ipaddr: "192.168.1.163" },
      { macaddr: "00:15:5d:01:9c:09", ipaddr: "10.0.0.5" },
    ]);
    expect(sensor.get("last_checkin_time")).toBe("2018-02-06 12:44:33.883886-06:00");
    expect(sensor.get("notes", "none")).toBe("none");
    expect(sensor.toJSON()).toEqual(document);
  });

  it("gives lists that cannot be edited in place", async () => {
    const md5 = "A".repeat(32);
    const { cb } = await edrServer({ [`/api/v1/binary/${md5}/summary`]: { md5, observed_filename: ["c:\\a.exe"] } });
    const binary = await cb.select(Binary, md5);
    expect(() => (binary.observed_filename as string[]).push("x")).toThrow(TypeError);
    expect(binary.endpoints).toEqual([]);
  });

  it("prints the table of the guide", async () => {
    const { cb } = await edrServer({ "/api/v1/sensor/1": { ...document, token: "secret", password: "hunter2" } });
    const sensor = await cb.select(Sensor, 1);
    sensor.notes = "a note";
    sensor.group_id = 7;
    const text = inspect(sensor);
    expect(text).toMatch(/^Sensor object, bound to http:.*\n Last refreshed at \d{4}-/);
    expect(text).toContain(`${"-".repeat(79)}\n\n`);
    expect(text).toContain("(+)                notes: a note");
    expect(text).toContain("(*)             group_id: 7");
    expect(text).toContain("           computer_name: H1");
    expect(text).toContain("              clock_delta: 106".slice(3));
    expect(text).toContain("                password: ********");
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain("secret");
    expect(inspect([sensor])).toBe(`[ <Sensor: id 1> @ ${cb.url} (*) ]`);
    expect(String(sensor)).toBe(`<Sensor: id 1> @ ${cb.url} (*)`);
  });

  it("prints a binary and a process as documents, under their link in the console", async () => {
    const md5 = "08D1631FAF39538A133D94585644D5A8";
    const { cb } = await edrServer({
      [`/api/v1/binary/${md5}/summary`]: {
        host_count: 1,
        observed_filename: ["c:\\windows\\syswow64\\appwiz.cpl"],
        is_64bit: false,
        company_name: null,
        product_name: "x".repeat(80),
      },
    });
    expect(inspect(await cb.select(Binary, md5))).toBe(
      [
        "Binary:",
        `-> available via web UI at ${cb.url}/#binary/${md5}`,
        "host_count           : 1",
        'observed_filename    : ["c:\\\\windows\\\\syswow64\\\\appwiz.cpl"]',
        "is_64bit             : false",
        "company_name         : null",
        `product_name         : ${"x".repeat(80)}`,
        `md5                  : ${md5}`,
      ].join("\n"),
    );
  });

  it("lets no control character through to the terminal", async () => {
    const { cb } = await edrServer({
      "/api/v1/sensor/1": { id: 1, notes: "\u001b[2Jcleared\r\n\u009b31m", list: ["\u0007"] },
    });
    const printed = inspect(await cb.select(Sensor, 1)).replaceAll("\n", "");
    expect(printed).toContain("\\x1b[2Jcleared\\x0d\\x0a\\x9b31m");
    expect(printed).not.toMatch(/\p{Cc}/u);
  });

  it("cuts long values where the guide does", async () => {
    const { cb } = await edrServer({
      "/api/v1/sensor/1": { id: 1, notes: "x".repeat(60), computer_name: "y".repeat(50) },
    });
    const text = inspect(await cb.select(Sensor, 1));
    expect(text).toContain(`notes: ${"x".repeat(47)}...`);
    expect(text).toContain(`computer_name: ${"y".repeat(50)}`);
  });
});

describe("a change", () => {
  it("is tracked, taken back, reset and read from the server again", async () => {
    const { cb, requests } = await edrServer({ "/api/v1/sensor/1": document });
    const sensor = await cb.select(Sensor, 1);
    expect(sensor.isDirty()).toBe(false);
    sensor.notes = "draft";
    expect(sensor.isDirty()).toBe(true);
    expect(sensor.notes).toBe("draft");
    sensor.notes = undefined;
    expect(sensor.isDirty()).toBe(false);
    sensor.group_id = 9;
    sensor.reset();
    expect(sensor.group_id).toBe(2);
    sensor.notes = "draft";
    await sensor.refresh();
    expect(sensor.isDirty()).toBe(false);
    expect(requests).toHaveLength(2);
  });

  it("is seen by nobody else before it is saved", async () => {
    const { cb } = await edrServer({ "/api/v1/sensor/1": document });
    const [mine, other] = [await cb.select(Sensor, 1), await cb.select(Sensor, 1)];
    mine.notes = "draft";
    expect(other.notes).toBeUndefined();
    expect((await cb.select(Sensor, 1)).notes).toBeUndefined();
  });

  it("is sent once, and the server's state is taken over", async () => {
    const bodies: string[] = [];
    let saved: Record<string, unknown> = document;
    const { cb, requests } = await edrServer({
      "/api/v1/sensor/1": (_query, method, body): Answer => {
        if (method === "GET") return saved;
        bodies.push(body);
        saved = { ...document, notes: "by the server" };
        return { status: 204, text: "" };
      },
    });
    const sensor = await cb.select(Sensor, 1);
    await sensor.save();
    expect(requests).toEqual(["/api/v1/sensor/1"]);
    sensor.set({ notes: "mine", restart_queued: true });
    expect(await sensor.save({ dryRun: true })).toMatchObject({
      requests: [{ method: "PUT", path: "/api/v1/sensor/1" }],
      changes: { notes: { from: null, to: "mine" }, restart_queued: { from: undefined, to: true } },
    });
    expect(bodies).toEqual([]);
    expect(await sensor.save()).toBe(sensor);
    expect(requests.slice(1)).toEqual(["PUT /api/v1/sensor/1", "/api/v1/sensor/1"]);
    expect(bodies[0]).toBe(
      '{"event_log_flush_time": null, "group_id": 2, "network_isolation_enabled": false, "notes": "mine", "restart_queued": true, "uninstall": null}',
    );
    expect(sensor.notes).toBe("by the server");
    expect(sensor.isDirty()).toBe(false);
    expect((await cb.select(Sensor, 1)).notes).toBe("by the server");
  });

  it("that the server refuses is reported, and stays", async () => {
    const { cb } = await edrServer({
      "/api/v1/sensor/1": (_query, method) =>
        method === "GET" ? document : { result: `sensor is being uninstalled ${"0123456789abcdef".repeat(2)}` },
    });
    const sensor = await cb.select(Sensor, 1);
    sensor.notes = "x";
    const error = await sensor.save().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ServerError);
    expect((error as Error).message).toContain("sensor is being uninstalled");
    expect(inspect(error)).not.toContain("0123456789abcdef");
    expect(inspect(error)).not.toContain("0123456789abcdef");
    expect(sensor.isDirty()).toBe(true);
  });

  it("of the wrong kind, of an unknown field or of one that the server owns is refused, and nothing is assigned", async () => {
    const { cb } = await edrServer({
      "/api/v1/sensor/1": document,
      "/api/v1/storage/events/partition": { writer: { name: "writer", status: "hot" } },
    });
    const sensor = await cb.select(Sensor, 1);
    expect(() => sensor.set({ notes: "x", no_such: 1 } as never)).toThrow("Sensor has no field named no_such");
    expect(sensor.isDirty()).toBe(false);
    expect(() => sensor.set({ group_id: "two" } as never)).toThrow(InvalidObjectError);
    expect(() => {
      // @ts-expect-error the server owns it
      sensor.computer_name = "x";
    }).toThrow("Field computer_name is immutable");
    const partition = await cb.select(StoragePartition).first();
    expect(() => Reflect.set(partition ?? {}, "status", "cold")).toThrow(ApiError);
    expect(() => cb.create(Sensor)).toThrow("Cannot create object of type Sensor");
  });
});

describe("what a class computes", () => {
  class Base extends defineModel(
    { name: "Card", path: "/api/card", key: "id", writable: ["text"] },
    { id: t.integer(), text: t.string(), colour: t.string() },
  ) {
    get shout(): string {
      return `${this.text}!`;
    }
  }
  class Card extends Base {
    override get colour(): string {
      return this.get("colour") === undefined ? "white" : "other";
    }
    override get text(): string {
      return String(this.get("text"));
    }
    override set text(value: string) {
      assign(this, "text", value.trim());
    }
  }

  it("is not assigned, and says so in every class, that of the record's own up to the last", async () => {
    const { cb } = await edrServer({});
    for (const Class of [Base, Card, Base]) {
      const card = new Class({ client: cb, key: 1, document: { id: 1, text: "a" } });
      expect(() => Reflect.set(card, "shout", "x")).toThrow(
        "Field shout is immutable: Card.shout is made of other fields. Fields that can be set: text",
      );
      expect(() => Reflect.set(card, "colour", "x")).toThrow("Field colour is immutable: the server does not let");
      expect(card.isDirty()).toBe(false);
    }
  });

  it("keeps a setter of its own", async () => {
    const { cb } = await edrServer({});
    const setter = Object.getOwnPropertyDescriptor(Card.prototype, "text")?.set;
    const card = new Card({ client: cb, key: 1, document: { id: 1, text: "a" } });
    expect(Object.getOwnPropertyDescriptor(Card.prototype, "text")?.set).toBe(setter);
    expect([card.shout, card.colour]).toEqual(["a!", "white"]);
  });
});

describe("a new object", () => {
  class Note extends defineModel(
    { name: "Note", path: "/api/note", key: "id", writable: ["text", "tags"], creatable: true, required: ["text"] },
    { id: t.integer(), text: t.string(), tags: t.array(t.string()) },
  ) {}

  it("is created, and read again when only its id comes back", async () => {
    const bodies: string[] = [];
    const { cb, requests } = await edrServer({
      "/api/note": (_query, _method, body) => {
        bodies.push(body);
        return { id: 5 };
      },
      "/api/note/5": { id: 5, text: "hello", tags: ["a"] },
    });
    const note = cb.create(Note, { text: "hello" });
    note.tags = ["a"];
    expect(note.id).toBeUndefined();
    await note.save();
    expect(bodies).toEqual(['{"tags": ["a"], "text": "hello"}']);
    expect(requests).toEqual(["POST /api/note", "/api/note/5"]);
    expect(note.id).toBe(5);
  });

  it("is not sent without what the server requires", async () => {
    const { cb, requests } = await edrServer({});
    const note = cb.create(Note, { tags: ["a"] });
    await expect(note.save()).rejects.toThrow("Missing fields: [text]");
    expect(requests).toEqual([]);
    await expect(note.refresh()).rejects.toThrow("has not been saved");
    await note.delete();
    expect(requests).toEqual([]);
  });

  it("is gone from the cache when it was deleted", async () => {
    let there = true;
    const { cb } = await edrServer({
      "/api/note/5": (_query, method): Answer => {
        if (method === "DELETE") there = false;
        return there
          ? { id: 5, text: "x" }
          : method === "DELETE"
            ? { status: 204, text: "" }
            : { status: 404, text: "gone" };
      },
    });
    const note = await cb.select(Note, 5);
    await note.delete();
    await expect(cb.select(Note, 5)).rejects.toThrow("404");
  });
});

describe("a declaration", () => {
  it("cannot take a name that every model has", () => {
    const record = { id: t.integer(), ["then" as string]: t.string() };
    expect(() => defineModel({ name: "X", path: "/x", key: "id" }, record)).toThrow("taken by every model");
  });

  it("refuses what is no field", () => {
    expect(() => defineModel({ name: "X", path: "/x", key: "id" }, { id: t.integer(), bad: 5 })).toThrow(
      "neither a field",
    );
  });
});

describe("a key", () => {
  it("is checked before anything is requested", async () => {
    const { cb, requests } = await edrServer({});
    expect(() => cb.select(Binary, "abc123")).toThrow(InvalidHashError);
    expect(() => cb.select(Process, "abc")).toThrow(/is no id of a process/);
    expect(requests).toEqual([]);
  });
});
