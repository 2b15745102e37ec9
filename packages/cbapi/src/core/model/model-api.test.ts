import { describe, expect, it } from "vitest";
import { ApiError, Process } from "../../response/index.js";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { HeldAnswers } from "../../test-support/held-answers.js";
import { defineModel } from "./define-model.js";
import { t } from "./fields.js";

describe("a client", () => {
  class Page extends defineModel(
    { name: "Page", path: "/api/page", key: "id", creatable: true },
    { id: t.integer(), text: t.string() },
  ) {}

  it("refuses a search where the server has none", async () => {
    const { cb, requests } = await edrServer({});
    const search = () => cb.select(Page as never);
    expect(search).toThrow(ApiError);
    expect(search).toThrow("Page cannot be searched: select one by its id");
    expect(requests).toEqual([]);
  });

  it("makes no object of a model that has nothing to assign", async () => {
    const { cb } = await edrServer({ "/api/page/1": { id: 1 } });
    expect(() => cb.create(Page)).toThrow("Cannot create object of type Page");
    expect("save" in (await cb.select(Page, 1))).toBe(false);
  });
});

describe("an object that is completed and read anew at the same time", () => {
  it("shows what was read last, whichever answer comes last", async () => {
    const id = "00000001-0000-0500-01d3-8bc595148226";
    const held = new HeldAnswers();
    const before = held.route({ process: { id, username: "before" } });
    let asked = 0;
    const { cb } = await edrServer({
      "/api/v1/process": searchRoute([{ id, segment_id: 1 }]),
      [`/api/v1/process/${id}/0`]: () => (asked++ === 0 ? before() : { process: { id, username: "after" } }),
    });
    const found = await cb.select(Process).one();
    const loading = found.load();
    await held.arrived();
    await found.refresh();
    held.release();
    await loading;
    expect([found.username, asked]).toEqual(["after", 2]);
  });
});
