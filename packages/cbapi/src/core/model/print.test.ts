import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Process } from "../../response/index.js";
import { edrServer } from "../../test-support/edr-server.js";
import { defineModel } from "./define-model.js";
import { t } from "./fields.js";

const RULE = "-".repeat(79);

class Note extends defineModel(
  { name: "Note", path: "/api/note", key: "id", writable: ["text"], creatable: true },
  { id: t.integer(), text: t.string() },
) {}

/** Known by its name; what it calls `id` is a field like any other. */
class Tag extends defineModel(
  { name: "Tag", path: "/api/tag", key: "name", writable: ["colour"] },
  { name: t.string(), id: t.integer(), colour: t.string() },
) {}

class Draft extends defineModel(
  { name: "Draft", path: "/api/draft", key: "id", writable: ["text"], creatable: true, printAs: "document" },
  { id: t.integer(), text: t.string() },
) {}

describe("the table of an object", () => {
  it("that is new says how it gets to the server, and keeps a line for what it will be called there", async () => {
    const { cb } = await edrServer({});
    expect(inspect(cb.create(Note, { text: "hello" })).split("\n")).toEqual([
      `Note object, bound to ${cb.url}.`,
      " Partially initialized. Use save() to create it on the server",
      RULE,
      "",
      "                      id: null",
      "(+)                 text: hello",
    ]);
  });

  it("that is known as a whole has the key that its document leaves out, and no line of a field that it lacks", async () => {
    const { cb } = await edrServer({ "/api/tag/vip": { colour: "red" } });
    expect(inspect(await cb.select(Tag, "vip")).split("\n")).toEqual([
      `Tag object, bound to ${cb.url}.`,
      expect.stringMatching(/^ Last refreshed at \d{4}-\d\d-\d\dT/),
      RULE,
      "",
      "                  colour: red",
      "                    name: vip",
    ]);
  });

  it("whose key is made of several fields has those of its document only", async () => {
    class Pair extends defineModel(
      { name: "Pair", path: "/api/pair", key: "left", keyOf: (document) => `${document["left"]}-${document["right"]}` },
      { left: t.string(), right: t.string() },
    ) {}
    const { cb } = await edrServer({ "/api/pair/1-2": { right: "2" } });
    expect(inspect(await cb.select(Pair, "1-2")).split(`${RULE}\n\n`)[1]).toBe("                   right: 2");
  });

  it("that is known in part says how the rest is read", async () => {
    const { cb, requests } = await edrServer({ "/api/note/7": { id: 7, text: "x" } });
    const known = new Note({ client: cb, key: 7 });
    expect(inspect(known).split("\n").slice(1)).toEqual([
      " Partially initialized. Use load() to read all fields",
      RULE,
      "",
      "                      id: 7",
    ]);
    expect(requests).toEqual([]);
    expect(inspect(await known.load())).not.toContain("Partially initialized");
  });
});

describe("the document of an object", () => {
  it("that is new has no key", async () => {
    const { cb } = await edrServer({});
    expect(inspect(cb.create(Draft))).toBe("Draft:");
  });

  it("that is known in part has its key", async () => {
    const { cb } = await edrServer({});
    const key = "00000001-0000-0500-01d3-8bc595148226";
    expect(inspect(new Process({ client: cb, key }))).toBe(`Process:\nid${" ".repeat(19)}: ${key}`);
  });
});
