import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Binary, Process } from "../../response/index.js";
import { BinaryFile } from "../../response/models/binary/binary-file.js";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { defineModel } from "./define-model.js";
import { t } from "./fields.js";
import { Model } from "./model.js";
import { one, resource } from "./relations.js";
import { Resource } from "./resource.js";

const MD5 = "C7F5CAE0B450BE875EEE0E6DDFA771FE";

/** Reached by the key of its disk; `read` asks the server. */
class Image extends Resource {
  readonly #disk: Model;

  constructor(disk: Model) {
    super();
    this.#disk = disk;
  }

  get path(): string {
    return `/api/image/${Model.stateOf(this.#disk).key}`;
  }

  async read(place: number): Promise<unknown> {
    return Model.stateOf(this.#disk).client.getObject(this.path, { place });
  }
}
class Disk extends defineModel(
  { name: "Disk", path: "/api/disk", key: "id" },
  {
    id: t.integer(),
    get image() {
      return resource(Image);
    },
  },
) {}
class Server extends defineModel(
  { name: "Server", path: "/api/server", key: "id" },
  {
    id: t.integer(),
    disk_id: t.integer(),
    get disk() {
      return one(Disk, "disk_id");
    },
  },
) {}

describe("a resource that is taken through a Ref", () => {
  it("has its methods and properties, for no more than the way there costs", async () => {
    const { cb, requests } = await edrServer({
      "/api/server/1": { id: 1, disk_id: 4 },
      "/api/image/4": { bytes: "x" },
    });
    const { image } = cb.select(Server, 1).disk;
    const path = (image as unknown as { path: PromiseLike<string> }).path;
    expect(requests).toEqual([]);
    expect(await path).toBe("/api/image/4");
    expect(await image.read(7)).toEqual({ bytes: "x" });
    expect(requests).toEqual(["/api/server/1", "/api/image/4?place=7"]);
  });

  it("is awaited without asking for the object itself", async () => {
    const { cb, requests } = await edrServer({});
    const file = await cb.select(Binary, MD5).file;
    expect(file).toBeInstanceOf(BinaryFile);
    expect(requests).toEqual([]);
  });

  it("is absent where its object is", async () => {
    const { cb } = await edrServer({ "/api/v1/process": searchRoute([]) });
    const { file } = cb.select(Process).first().binary;
    expect(await file).toBeUndefined();
    expect(await file.read(2)).toBeUndefined();
  });

  it("prints and turns into JSON without a request, and is an object like any other besides", async () => {
    const { cb, requests } = await edrServer({});
    const { file } = cb.select(Binary, MD5);
    expect([inspect(file), JSON.stringify({ file })]).toEqual(["Ref<resource> (not loaded)", "{}"]);
    expect(file.valueOf()).toBe(file);
    expect(requests).toEqual([]);
  });
});
