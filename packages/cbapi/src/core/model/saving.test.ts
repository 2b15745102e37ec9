import { describe, expect, it } from "vitest";
import { ApiError, InvalidObjectError, ServerError } from "../../response/index.js";
import { HeldAnswers } from "../../test-support/held-answers.js";
import { Note, noteServer } from "../../test-support/note-server.js";
import { Completeness } from "./document.js";

const READ = "/note/5";
const WRITE = "PUT /note/5";
const failure = (work: Promise<unknown>) => work.catch((error: unknown) => error);

describe("an object without changes", () => {
  it("is saved without a request, however old it is and however little is known of it", async () => {
    const { cb, clock, requests } = await noteServer();
    const note = await cb.select(Note, 5);
    clock.pass(3_600_000);
    requests.length = 0;
    expect(await note.save()).toBe(note);
    const known = new Note({ client: cb, key: 5, document: { id: 5 }, completeness: Completeness.partial });
    expect(await known.save()).toBe(known);
    expect(requests).toEqual([]);
  });
});

describe("what is required", () => {
  it("cannot be cleared", async () => {
    const { cb, bodies } = await noteServer();
    const note = await cb.select(Note, 5);
    expect(await note.validate()).toBe(true);
    note.text = undefined;
    await expect(note.save()).rejects.toThrow(InvalidObjectError);
    await expect(note.validate()).rejects.toThrow("Missing fields: [text]");
    expect(bodies).toEqual([]);
  });

  it("and nothing else has to be there: null clears a field", async () => {
    const { cb, server, bodies } = await noteServer();
    Object.assign(server.document ?? {}, { on: true, count: 1 });
    const note = await cb.select(Note, 5);
    await note.set({ on: null, count: null, tags: null } as never).save();
    expect(bodies).toEqual([{ id: 5, text: "hello", on: null, count: null, tags: null }]);
    expect([note.on, note.count, note.tags]).toEqual([undefined, undefined, undefined]);
  });
});

describe("an object that was read before", () => {
  it("is read again before it is sent when that is more than ten seconds ago", async () => {
    const { cb, clock, requests } = await noteServer();
    const note = await cb.select(Note, 5);
    requests.length = 0;
    clock.pass(10_000);
    await note.set({ text: "in time" }).save();
    expect(requests.splice(0)).toEqual([WRITE, READ]);
    clock.pass(10_001);
    await note.set({ text: "late" }).save();
    expect(requests).toEqual([READ, WRITE, READ]);
  });

  it("is read again when a write of it failed, which may have been carried out", async () => {
    const { cb, server, requests, bodies } = await noteServer();
    const note = await cb.select(Note, 5);
    server.write = () => ({ status: 500, text: "out of order" });
    await expect(note.set({ text: "mine" }).save()).rejects.toThrow("out of order");
    server.document = { id: 5, text: "theirs", tags: ["theirs"] };
    server.write = () => undefined;
    requests.length = 0;
    await note.save();
    expect(requests).toEqual([READ, WRITE, READ]);
    expect(bodies.at(-1)).toEqual({ id: 5, text: "mine", tags: ["theirs"] });
  });
});

describe("the answer to a write", () => {
  it.each([
    ["the whole object", { id: 5, text: "new", tags: ["b"] }, []],
    ["the object without what was sent", { id: 5, tags: ["b"] }, [READ]],
    ["only what was sent", { text: "new" }, [READ]],
    ["what was sent with a word of success", { result: "success", text: "new" }, [READ]],
    ["nothing", { status: 204, text: "" }, [READ]],
    ["a list", [{ id: 5, text: "new" }], [READ]],
  ])("that is %s is taken for what it is", async (_, answer, read) => {
    const { cb, server, requests } = await noteServer();
    const note = await cb.select(Note, 5);
    requests.length = 0;
    server.write = () => {
      server.document = { id: 5, text: "new", tags: ["b"] };
      return answer;
    };
    await note.set({ text: "new" }).save();
    expect(requests).toEqual([WRITE, ...read]);
    expect(note.toJSON()).toEqual({ id: 5, text: "new", tags: ["b"] });
    expect(note.isLoaded).toBe(true);
  });

  it("is logged, with what is done about it", async () => {
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const { cb, server } = await noteServer({ logger: { debug: write, info: write, warn: write, error: write } });
    const logged = () => lines.splice(0).filter((line) => /^(Creating|Updating|Received|Only)/.test(line));
    const note = await cb.create(Note, { text: "a" }).save();
    expect(logged()).toEqual([
      "Creating a new Note object",
      expect.stringMatching(/^Received response:.*5/s),
      "Only received an ID back from the server, forcing a refresh",
    ]);
    await note.set({ text: "b" }).save();
    expect(logged()).toEqual([
      "Updating Note with unique ID 5",
      expect.stringMatching(/^Received response:.*success/s),
    ]);
    server.write = () => ({ status: 204, text: "" });
    await note.set({ text: "c" }).save();
    expect(logged()).toEqual(["Updating Note with unique ID 5"]);
  });
});

describe("a save that is verified", () => {
  it("is read, although the server has answered with the whole object", async () => {
    const { cb, server, requests } = await noteServer();
    const note = await cb.select(Note, 5);
    requests.length = 0;
    server.write = (_method, body) => body;
    const error = await failure(note.set({ text: "new" }).save({ verify: true }));
    expect(requests).toEqual([WRITE, READ]);
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ code: "WRITE_NOT_APPLIED", message: expect.stringMatching(/: text$/) });
    // What it has is shown.
    expect([note.text, note.isDirty()]).toEqual(["hello", false]);
  });

  it.each([
    ["other text", { text: "new" }, { text: "old" }],
    ["null for a text that says so", { text: "null" }, { text: null }],
    ["off for on", { on: true }, { on: false }],
    ["an entry less", { tags: ["a", "b"] }, { tags: ["a"] }],
  ])("fails when the server has %s", async (_, values, has) => {
    const { cb, server } = await noteServer();
    const note = await cb.select(Note, 5);
    server.write = () => {
      server.document = { ...server.document, ...has };
      return { result: "success" };
    };
    const names = Object.keys(values).join(", ");
    await expect(note.set(values).save({ verify: true })).rejects.toThrow(
      `Note 5 was saved, but these fields do not read back as they were written: ${names}`,
    );
  });

  it("succeeds when the server spells a value in its way, or keeps it to itself", async () => {
    const { cb, server } = await noteServer();
    const note = await cb.select(Note, 5);
    server.write = () => {
      server.document = { id: 5, text: "new", tags: ["b", "a"], count: "7", on: null };
      return { result: "success" };
    };
    note.set({ text: "new", tags: ["a", "b"], count: 7, password: "secret" });
    expect(await note.save({ verify: true })).toBe(note);
    expect(note.count).toBe(7);
  });
});

describe("reading what was written", () => {
  it.each([
    [403, false],
    [500, true],
    [503, true],
  ])("may be tried again when the server answered with %i: %s", async (status, retryable) => {
    const { cb, server } = await noteServer();
    const note = await cb.select(Note, 5);
    server.read = () => ({ status, text: "no" });
    expect(await failure(note.set({ text: "new" }).save())).toMatchObject({
      code: "WRITTEN_NOT_READ",
      retryable,
      cause: { status },
    });
  });

  it("ends with the reason of the caller who goes away, and is not sent again", async () => {
    const { cb, server, requests } = await noteServer();
    const note = await cb.select(Note, 5);
    const held = new HeldAnswers();
    server.read = held.route(server.document ?? null);
    requests.length = 0;
    const error = await failure(note.set({ text: "new" }).save({ signal: held.signal }));
    expect(error).toBe(held.signal.reason);
    expect(error).not.toBeInstanceOf(ApiError);
    held.release();
    server.read = () => undefined;
    await note.save();
    expect(requests).toEqual([WRITE, READ, READ]);
    expect([note.text, note.isDirty(), note.isLoaded]).toEqual(["new", false, true]);
  });
});

describe("a change that goes out at once", () => {
  it("is not sent when the server has it, or never says what is off", async () => {
    const { cb, requests, server } = await noteServer();
    const note = await cb.select(Note, 5);
    requests.length = 0;
    expect(await note.change({ on: false, text: "hello" })).toBe(note);
    expect(await note.change({ on: false }, { dryRun: true })).toBeUndefined();
    expect(requests.splice(0)).toEqual([READ, READ]);
    // What was assigned to it before is overtaken; the rest stays.
    server.document = { id: 5, text: "theirs" };
    note.set({ text: "mine", count: 1 });
    await note.change({ text: "theirs" });
    expect(requests).toEqual([READ]);
    expect([note.text, note.count, note.isDirty()]).toEqual(["theirs", 1, true]);
  });

  it("overtakes what was assigned to the same fields, and keeps the rest, parts of lists included", async () => {
    const { cb, server, bodies, clock } = await noteServer();
    const note = await cb.select(Note, 5);
    note.set({ text: "assigned", count: 1 });
    note.addTag("b");
    await note.change({ text: "at once" });
    expect(bodies).toEqual([{ id: 5, text: "at once", tags: ["a"] }]);
    expect([note.text, note.count, note.tags]).toEqual(["at once", 1, ["a", "b"]]);
    server.document = { ...server.document, tags: ["theirs"] };
    clock.pass(60_000);
    await note.save();
    expect(bodies.at(-1)).toEqual({ id: 5, text: "at once", count: 1, tags: ["theirs", "b"] });
  });

  it("is verified only when that is asked for", async () => {
    const { cb, server } = await noteServer();
    const note = await cb.select(Note, 5);
    server.write = () => ({ result: "success" });
    expect(await note.change({ text: "ignored" })).toBe(note);
    expect(note.text).toBe("hello");
    expect(await failure(note.change({ text: "ignored" }, { verify: true }))).toMatchObject({
      code: "WRITE_NOT_APPLIED",
    });
  });

  it("is refused for an object that is new, and nothing is sent", async () => {
    const { cb, requests } = await noteServer();
    await expect(cb.create(Note, { text: "new" }).change({ on: true })).rejects.toThrow("This Note has not been saved");
    expect(requests).toEqual([]);
  });
});
