import { describe, expect, it } from "vitest";
import { BannedHash } from "../../response/index.js";
import { edrServer } from "../../test-support/edr-server.js";
import { Note, noteServer } from "../../test-support/note-server.js";

/** Note 5 with these tags, and what others make of them long after it was read. */
async function tagged(tags: readonly string[] | null) {
  const notes = await noteServer();
  notes.server.document = { id: 5, text: "hello", tags };
  const note = await notes.cb.select(Note, 5);
  return {
    ...notes,
    note,
    /** Saves the note when others have put other tags. */
    saveOver: async (theirs: readonly string[]) => {
      notes.server.document = { ...notes.server.document, tags: theirs };
      notes.clock.pass(60_000);
      await note.save();
      return notes.server.document?.["tags"];
    },
  };
}

describe("a part of a list that is changed", () => {
  it("stays one when another field is taken back", async () => {
    const { note, saveOver } = await tagged([]);
    note.addTag("mine");
    note.text = "draft";
    note.text = "hello";
    expect(await saveOver(["theirs"])).toEqual(["theirs", "mine"]);
  });

  it("is done to what others have put, although it did nothing to what was there", async () => {
    const { note, saveOver } = await tagged(["a"]);
    note.addTag("b");
    note.removeTag("c");
    note.addTag("b");
    expect(await saveOver(["c"])).toEqual(["b"]);
  });

  it("is no change when it does nothing, to a list or to none", async () => {
    for (const tags of [["a"], null]) {
      const { note } = await tagged(tags);
      note.removeTag("b");
      expect(note.isDirty()).toBe(false);
    }
  });

  it("is told a list that is not there from an empty one", async () => {
    for (const [tags, expected] of [
      [null, ["mine"]],
      [[], []],
    ] as const) {
      const { note } = await tagged(tags);
      note.tagByDefault("mine");
      expect(note.tags).toEqual(expected);
    }
  });

  it("clears the field when nothing is left", async () => {
    const { note, bodies } = await tagged(["a"]);
    note.clearTags();
    await note.save();
    expect([bodies[0]?.["tags"], note.tags, note.isDirty()]).toEqual([null, undefined, false]);
  });

  it("goes out in the form that the server has for the field", async () => {
    const { cb, server, bodies } = await noteServer();
    Object.assign(server.document ?? {}, { layout: '["left"]' });
    const note = await cb.select(Note, 5);
    note.addToLayout("right");
    expect(note.layout).toEqual(["left", "right"]);
    await note.save();
    expect(bodies[0]?.["layout"]).toBe('["left","right"]');
  });

  it("while a save is under way is all that is left to be done by the next one", async () => {
    const { note, server, saveOver } = await tagged([]);
    note.addTag("first");
    server.write = () => {
      note.addTag("second");
      server.write = () => undefined;
      return undefined;
    };
    await note.save();
    expect([server.document?.["tags"], note.tags, note.isDirty()]).toEqual([["first"], ["first", "second"], true]);
    // Others took the first one away: it is not put back.
    expect(await saveOver(["theirs"])).toEqual(["theirs", "second"]);
  });

  it("may be dropped while it is on its way", async () => {
    const { note, server } = await tagged([]);
    note.addTag("mine");
    server.write = () => {
      note.reset();
      return undefined;
    };
    await note.save();
    expect([note.tags, note.isDirty()]).toEqual([["mine"], false]);
  });
});

describe("one of several writes that fails", () => {
  it("leaves to be saved what the ones before have undone, and nothing when it was the first", async () => {
    const md5 = "a".repeat(32);
    const path = `/api/v1/banning/blacklist/${md5}`;
    let ban: Record<string, unknown> = { md5hash: md5, enabled: true, text: "why" };
    let failing = "DELETE";
    const { cb, requests } = await edrServer({
      [path]: (_query, method, body) => {
        if (method === failing) return { status: 500, text: "out of order" };
        if (method === "DELETE") ban = { md5hash: md5, enabled: false, text: null };
        if (method === "PUT") ban = { ...ban, ...(JSON.parse(body) as object) };
        return method === "GET" ? ban : { result: "success" };
      },
    });
    const known = await cb.select(BannedHash, md5);
    await expect(known.disable()).rejects.toMatchObject({ status: 500 });
    expect(known.isDirty()).toBe(false);
    failing = "PUT";
    await expect(known.disable()).rejects.toMatchObject({ status: 500 });
    expect([known.text, known.isDirty()]).toEqual(["why", true]);
    failing = "";
    requests.length = 0;
    await known.save();
    expect(requests).toEqual([path, `PUT ${path}`, path]);
    expect(ban).toMatchObject({ enabled: false, text: "why" });
  });
});
