import { describe, expect, it } from "vitest";
import { ObjectNotFoundError, Process, Sensor } from "../../response/index.js";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { defineModel } from "./define-model.js";
import { t } from "./fields.js";
import { one, optional } from "./relations.js";

const GUID = "00000001-0000-0500-01d3-8bc595148226";
const routes = {
  "/api/v1/sensor/1": { id: 1, group_id: 2 },
  "/api/v1/sensor/9": { id: 9, group_id: 3 },
  "/api/v3/group/2": [{ id: 2, name: "Servers" }],
  "/api/v3/group/3": [{ id: 3, name: "Desks" }],
};

describe("a join by a field", () => {
  it("names another object as soon as the field was assigned, and the first one again when that is dropped", async () => {
    const { cb, requests } = await edrServer(routes);
    const sensor = await cb.select(Sensor, 1);
    expect((await sensor.group).name).toBe("Servers");
    sensor.group_id = 3;
    expect((await sensor.group).name).toBe("Desks");
    sensor.reset();
    expect((await sensor.group).name).toBe("Servers");
    expect(requests).toEqual(["/api/v1/sensor/1", "/api/v3/group/2", "/api/v3/group/3"]);
  });

  it("tells the key of its object without a request, so that it can be assigned to another one", async () => {
    const { cb, requests } = await edrServer(routes);
    const [sensor, other] = [await cb.select(Sensor, 1), await cb.select(Sensor, 9)];
    sensor.group = other.group;
    expect([sensor.group_id, sensor.isDirty(), requests.length]).toEqual([3, true, 2]);
  });

  it("that was included is read without a request", async () => {
    const row = { id: GUID, segment_id: 1, sensor_id: 1, process_name: "cmd.exe" };
    const { cb, requests } = await edrServer({ ...routes, "/api/v1/process": searchRoute([row]) });
    const [found] = await cb.select(Process).include("sensor.group").all();
    requests.length = 0;
    expect((await found?.sensor)?.id).toBe(1);
    expect(await found?.sensor.group.name).toBe("Servers");
    expect(requests).toEqual([]);
  });
});

describe("a join that names nothing", () => {
  class Person extends defineModel({ name: "Person", path: "/api/person", key: "name" }, { name: t.string() }) {}
  class Task extends defineModel(
    { name: "Task", path: "/api/task", key: "id", writable: ["owner"], creatable: true },
    {
      id: t.integer(),
      owner: t.string(),
      get keeper() {
        return optional(Person, "owner");
      },
      get author() {
        return one(Person, "owner");
      },
    },
  ) {}

  it.each([[{ owner: "" }], [{ owner: null }], [{}]])(
    "as of %j: is absent where it may be, else not found",
    async (fields) => {
      const { cb, requests } = await edrServer({ "/api/task/1": { id: 1, ...fields } });
      const task = await cb.select(Task, 1);
      expect(await task.keeper).toBeUndefined();
      const failure = await task.author.then(undefined, (error: unknown) => error);
      expect(failure).toBeInstanceOf(ObjectNotFoundError);
      expect(failure).toMatchObject({ message: `<Task: id 1> @ ${cb.url} names no Person`, code: "OBJECT_NOT_FOUND" });
      // A failure without a cause does not print as one with an unknown cause.
      expect(Object.hasOwn(failure as object, "cause")).toBe(false);
      expect(requests).toEqual(["/api/task/1"]);
    },
  );

  it("is so for an object that the server does not have yet", async () => {
    const { cb, requests } = await edrServer({});
    const task = cb.create(Task);
    expect(await task.keeper).toBeUndefined();
    await expect(task.author.name).rejects.toThrow(ObjectNotFoundError);
    expect(requests).toEqual([]);
  });
});
