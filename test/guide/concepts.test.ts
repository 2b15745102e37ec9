// Chapter 4.3 of the developer guide: its samples, run as they are printed there, on the data that they were printed from.
import { inspect } from "node:util";
import { Sandbox } from "@cbapi/sandbox";
import {
  ApiError,
  BannedHash,
  Binary,
  InvalidObjectError,
  MoreThanOneResultError,
  ObjectNotFoundError,
  Process,
  Sensor,
  User,
} from "cbapi/response";
import { describe, expect, it } from "vitest";
import { cb, sandbox, useSandbox } from "../support/given.js";
import { clientOf, loggedClientOf, requested } from "../support/sandbox.js";

useSandbox();

describe("4.2.2 Your First Query", () => {
  it("prints a command line, without a word of query text", async () => {
    expect(await cb.select(Process).first().cmdline).toMatch(/\S/);
  });
});

describe("4.3.1 Model Objects", () => {
  it("prints a binary with everything that is known of it", async () => {
    const binary = await cb.select(Binary, "08D1631FAF39538A133D94585644D5A8");
    const lines = inspect(binary).split("\n");
    expect(lines.slice(0, 2)).toEqual([
      "Binary:",
      `-> available via web UI at ${sandbox.url}/#binary/08D1631FAF39538A133D94585644D5A8`,
    ]);
    for (const line of [
      "host_count           : 1",
      "digsig_result        : Signed",
      'observed_filename    : ["c:\\\\windows\\\\syswow64\\\\appwiz.cpl"]',
      "product_version      : 6.2.9200.16384",
      "digsig_sign_time     : 2012-07-26T08:56:00Z",
      "orig_mod_len         : 669696",
      "is_executable_image  : false",
      "is_64bit             : false",
      "digsig_publisher     : Microsoft Corporation",
    ]) {
      expect(lines).toContain(line);
    }
    expect(lines.find((line) => line.startsWith("legal_copyright"))).toMatch(/^legal_copyright {6}: .*Microsoft/);
  });

  it("gives a default for a property that is not there", async () => {
    const binary = await cb.select(Binary, "08D1631FAF39538A133D94585644D5A8");
    expect(binary.get("product_version", "<unknown>")).toBe("6.2.9200.16384");
    expect(binary.get("no_such_property", "<unknown>")).toBe("<unknown>");
  });
});

describe("4.3.2 Joining Model Objects", () => {
  it("asks for sensor and group once, and for nothing when they are known", async () => {
    const proc = await cb.select(Process).where("process_name:net.exe").and("cmdline:\\\\test\\blah").first();
    sandbox.requests.clear();
    expect(await proc?.sensor.group.name).toBe("Default Group");
    expect(requested(sandbox)).toEqual(["/api/v1/sensor/3", "/api/v3/group/1"]);
    expect(await proc?.sensor.group.name).toBe("Default Group");
    expect(requested(sandbox)).toEqual([]);
  });
});

describe("4.3.3 Queries", () => {
  it("are lazy, and composed", async () => {
    sandbox.requests.clear();
    const base = cb.select(Process).where("process_name:cmd.exe");
    expect(inspect(base)).toBe(`<Process query "process_name:cmd.exe"> @ ${sandbox.url}`);
    const composed = base.where("(filemod:*.exe or filemod:*.dll)");
    expect(composed.query).toBe("process_name:cmd.exe (filemod:*.exe or filemod:*.dll)");
    const sorted = composed.sort("last_update asc");
    expect(requested(sandbox)).toEqual([]);
    const times = (await sorted.all()).map((proc) => proc.last_update?.getTime() ?? 0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(requested(sandbox).at(-1)).toContain("sort=last_update+asc");
  });

  it("are counted, sliced, looped over and listed", async () => {
    // The guide's own server had no others; here they are on two of the sensors.
    const base = cb.select(Process).where("process_name:cmd.exe").and("sensor_id:2 or sensor_id:3");
    expect(await base.count()).toBe(3);
    expect((await base.slice(0, 2)).map(({ id }) => id)).toEqual([
      "00000003-0000-036c-01d2-2efd3af51186",
      "00000003-0000-07d4-01d2-2efcd4949dfc",
    ]);
    expect((await base.slice(-1)).map(({ id }) => id)).toEqual(["00000002-0000-0f2c-01d2-2a57625ca0dd"]);
    expect(await base.at(-1).id).toBe("00000002-0000-0f2c-01d2-2a57625ca0dd");
    const lines: (string | undefined)[] = [];
    for await (const proc of base) lines.push(proc.cmdline);
    expect(lines).toEqual(Array.from({ length: 3 }, () => '"C:\\Windows\\system32\\cmd.exe"'));
    expect(await base.all()).toHaveLength(3);
  });

  it("print their results in the short form", async () => {
    // The server that the guide was printed from counted segments.
    await using old = await Sandbox.start({ organisation: "small", version: "5.2.0.161004.1206" });
    await using cb = clientOf(old);
    const base = cb.select(Process).where("process_name:cmd.exe").and("sensor_id:2 or sensor_id:3");
    expect((await base.slice(0, 2)).map(String)).toEqual([
      `<Process: id 00000003-0000-036c-01d2-2efd3af51186-00000001> @ ${old.url}`,
      `<Process: id 00000003-0000-07d4-01d2-2efcd4949dfc-00000001> @ ${old.url}`,
    ]);
    expect(inspect(await base.slice(-1))).toContain(
      `<Process: id 00000002-0000-0f2c-01d2-2a57625ca0dd-00000001> @ ${old.url}`,
    );
  });

  it("have one() and first()", async () => {
    const all = cb.select(Process).where("process_name:cmd.exe");
    await expect(all.one()).rejects.toThrow(MoreThanOneResultError);
    const none = cb.select(Process).where("process_name:no-such-program.exe");
    await expect(none.one()).rejects.toThrow(MoreThanOneResultError);
    expect(await none.first()).toBeUndefined();
    expect(await all.first()).toBeInstanceOf(Process);
  });
});

describe("4.3.4 Retrieving Objects by ID", () => {
  it("asks when a property is read, and not before", async () => {
    await cb.connect();
    sandbox.requests.clear();
    const binary = cb.select(Binary, "CA4FAFFA957C71C006B59E29DFE3EB8B");
    expect(requested(sandbox)).toEqual([]);
    expect(await binary.file_desc).toBe("PNRP Name Space Provider");
    expect(requested(sandbox)).toEqual(["/api/v1/binary/CA4FAFFA957C71C006B59E29DFE3EB8B/summary"]);
    await expect(cb.select(Binary, "0".repeat(32), { refresh: true })).rejects.toThrow(ObjectNotFoundError);
  });
});

describe("4.3.5 Creating New Objects", () => {
  it("creates a banned hash, and takes over what the server made of it", async () => {
    const bh = cb.create(BannedHash);
    bh.text = "Banned from API";
    // The guide assigns md5sum, which was never the name of the field.
    bh.md5hash = "CA4FAFFA957C71C006B59E29DFE3EB8B";
    await bh.save();
    expect(bh).toMatchObject({ enabled: true, text: "Banned from API", username: "admin" });
    expect(bh.isDirty()).toBe(false);
  });

  it("refuses what cannot be created, and names what is missing", async () => {
    sandbox.requests.clear();
    expect(() => cb.create(Process as never)).toThrow(ApiError);
    const bh = cb.create(BannedHash);
    bh.text = "Banned from API";
    const error = await bh.save().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(InvalidObjectError);
    expect(String(error)).toContain("[md5hash]");
    expect(requested(sandbox)).toEqual([]);
  });
});

describe("4.3.6 to 4.3.8", () => {
  it("creates, prints, changes, resets and deletes the guide's user", async () => {
    const user = cb.create(User);
    user.username = "jgarman";
    user.password = "cbisawesome";
    user.first_name = "Jason";
    user.last_name = "Garman";
    // One copy of the guide forgets this line, and prints the field all the same.
    user.email = "jgarman@carbonblack.com";
    user.teams = [];
    user.global_admin = false;
    expect(inspect(user).split("\n")).toEqual([
      `User object, bound to ${sandbox.url}.`,
      " Partially initialized. Use save() to create it on the server",
      "-".repeat(79),
      "",
      "(+)                email: jgarman@carbonblack.com",
      "(+)           first_name: Jason",
      "(+)         global_admin: false",
      "                      id: null",
      "(+)            last_name: Garman",
      "(+)             password: ********",
      "(+)                teams: []",
      "(+)             username: jgarman",
    ]);

    await user.save();
    user.first_name = "J";
    const printed = inspect(user).split("\n");
    expect(printed[0]).toBe(`User object, bound to ${sandbox.url}.`);
    expect(printed[1]).toMatch(/^ Last refreshed at \d{4}-\d\d-\d\dT/);
    expect(printed.slice(4)).toEqual([
      "              auth_token: ********",
      "                   email: jgarman@carbonblack.com",
      "(*)           first_name: J",
      "            global_admin: false",
      "                      id: jgarman",
      "               last_name: Garman",
      "                   teams: []",
      "                username: jgarman",
    ]);
    user.reset();
    expect(user.first_name).toBe("Jason");
    expect(user.isDirty()).toBe(false);

    const again = await cb.select(User, "jgarman");
    again.password = "cbisawesome2";
    await again.save();
    expect(again.isDirty()).toBe(false);

    await cb.select(User, "jgarman").delete();
    await expect(cb.select(User, "jgarman", { refresh: true })).rejects.toThrow(ObjectNotFoundError);
  });

  it("refuses to change or delete what cannot be", async () => {
    const proc = await cb.select(Process).where("process_name:cmd.exe").first();
    expect(() => Object.assign(proc ?? {}, { cmdline: "x" })).toThrow(ApiError);
    const sensor = await cb.select(Sensor, 3);
    sandbox.requests.clear();
    await expect(sensor.delete()).rejects.toThrow(ApiError);
    expect(requested(sandbox)).toEqual([]);
  });
});

describe("4.4 Logging & Diagnostics", () => {
  it("logs method, path, body, time and status of every call, and no secret", async () => {
    const { cb, taken } = loggedClientOf(sandbox);
    await using _ = cb;
    await cb.connect();
    taken();
    await cb
      .create(User, {
        ...{ username: "logged", password: "cbisawesome", first_name: "L", last_name: "G", email: "l@example.com" },
        ...{ teams: [], global_admin: false },
      })
      .save();
    expect(taken()).toEqual([
      "Creating a new User object",
      'Sending HTTP POST /api/user with {"email": "l@example.com", "first_name": "L", "global_admin": false, "last_name": "G", "password": "********", "teams": [], "username": "logged"}',
      "HTTP POST /api/user took 0.000s (response 200)",
      'Received response: {"result": "success"}',
      "HTTP GET /api/user/logged took 0.000s (response 200)",
    ]);
    await cb.select(User, "logged").delete();
  });
});
