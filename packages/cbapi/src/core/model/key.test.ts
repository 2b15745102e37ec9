import { describe, expect, it } from "vitest";
import { Binary, InvalidObjectError } from "../../response/index.js";
import { edrServer } from "../../test-support/edr-server.js";
import { defineModel } from "./define-model.js";
import { t } from "./fields.js";

class Named extends defineModel(
  { name: "Named", path: "/api/named", key: "name" },
  { name: t.string(), text: t.string() },
) {}
class Numbered extends defineModel(
  { name: "Numbered", path: "/api/numbered", key: "id" },
  { id: t.integer(), text: t.string() },
) {}

describe("a key", () => {
  it.each([[""], ["  "], ["NaN"], [Number.NaN], [undefined], [null], [{}]])(
    "that is a text cannot be %j: nothing is requested",
    async (key) => {
      const { cb, requests } = await edrServer({});
      const select = () => cb.select(Named, key as never);
      expect(select).toThrow(InvalidObjectError);
      expect(select).toThrow(/ is no name of a Named: a text is expected$/);
      expect(requests).toEqual([]);
    },
  );

  it.each([[""], ["abc"], ["1.5"], [1.5], [Number.NaN], [undefined], [null], [{}]])(
    "that is a number cannot be %j: nothing is requested",
    async (key) => {
      const { cb, requests } = await edrServer({});
      const select = () => cb.select(Numbered, key as never);
      expect(select).toThrow(InvalidObjectError);
      expect(select).toThrow(/ is no id of a Numbered: a whole number is expected$/);
      expect(requests).toEqual([]);
    },
  );

  it("names one object in each of its spellings, which is asked for once", async () => {
    const { cb, requests } = await edrServer({ "/api/named/5": { name: "5" }, "/api/numbered/5": { id: 5 } });
    for (const key of ["5", " 5 ", 5 as never]) await cb.select(Named, key);
    for (const key of [5, " 5 ", "5", "05"] as never[]) await cb.select(Numbered, key);
    expect(requests).toEqual(["/api/named/5", "/api/numbered/5"]);
  });

  it("is what its field reads, without a request, where the document leaves it out as well", async () => {
    const md5 = "C7F5CAE0B450BE875EEE0E6DDFA771FE";
    const { cb, requests } = await edrServer({ [`/api/v1/binary/${md5}/summary`]: { host_count: 3 } });
    const binary = cb.select(Binary, md5.toLowerCase());
    expect(await binary.md5).toBe(md5);
    expect(requests).toEqual([]);
    expect([(await binary).host_count, (await binary).md5]).toEqual([3, md5]);
  });

  it("that is made of several fields leaves each of them what the document says", async () => {
    class Pair extends defineModel(
      { name: "Pair", path: "/api/pair", key: "left", keyOf: (document) => `${document["left"]}-${document["right"]}` },
      { left: t.string(), right: t.string() },
    ) {}
    const { cb } = await edrServer({ "/api/pair/1-2": { left: "1", right: "2" } });
    const pair = await cb.select(Pair, "1-2");
    expect([pair.left, pair.right, String(pair)]).toEqual(["1", "2", `<Pair: id 1-2> @ ${cb.url}`]);
  });
});
