import { describe, expect, it } from "vitest";
import { ApiError, ClientError, ObjectNotFoundError, ServerError } from "../../../core/errors.js";
import { type Answer, edrServer } from "../../../test-support/edr-server.js";
import { StoragePartition } from "./storage-partition.js";

const OLD = "cbevents_2018_01_09_2029";

/** A server with a hot and a cold partition; `lists` counts how often the list was read after connecting. */
async function partitionServer(version = "6.5.2.191219.1200", answer: Answer = { result: "success" }) {
  const partitions: Record<string, { name: string; status: string; info: object }> = {
    writer: { name: "writer", status: "hot", info: { isLegacy: false, endDate: null } },
    [OLD]: { name: OLD, status: "cold", info: { sizeInBytes: 5, schema: "cbevents_v1" } },
  };
  const bodies: string[] = [];
  const seen = { lists: 0 };
  const set = (status: string) => (_: URLSearchParams, _method: string, body: string) => {
    bodies.push(body);
    Object.assign(partitions[OLD] ?? {}, { status });
    return answer;
  };
  const server = await edrServer(
    {
      "/api/v1/storage/events/partition": () => {
        seen.lists++;
        return partitions;
      },
      [`/api/v1/storage/events/${OLD}/mount`]: set("warm"),
      [`/api/v1/storage/events/${OLD}/unmount`]: set("cold"),
      [`/api/v1/storage/events/${OLD}`]: (_, method) => {
        if (method === "DELETE") delete partitions[OLD];
        return answer;
      },
      "/api/v1/storage/events/writer/unmount": { status: 400, text: "the writer is in use" },
      "/api/v1/storage/events/new_partition": set("cold"),
    },
    { version },
  );
  await server.cb.connect().catch(() => {});
  seen.lists = 0;
  return { ...server, bodies, seen };
}

describe("a storage partition", () => {
  it("is mounted, unmounted and deleted, and shows what became of it", async () => {
    const { cb, requests, bodies, seen } = await partitionServer();
    const partition = await cb.select(StoragePartition).where({ status: "cold" }).one();
    expect(partition.info).toEqual({ sizeInBytes: 5, schema: "cbevents_v1" });
    expect((await partition.mount()).status).toBe("warm");
    expect(await cb.select(StoragePartition, OLD).status).toBe("warm");
    expect((await partition.unmount()).status).toBe("cold");
    expect(seen.lists).toBe(3);
    await partition.delete();
    expect(requests.splice(0)).toEqual([
      `POST /api/v1/storage/events/${OLD}/mount`,
      `POST /api/v1/storage/events/${OLD}/unmount`,
      `DELETE /api/v1/storage/events/${OLD}`,
    ]);
    expect(bodies).toEqual(["null", "null"]);
    for (const again of [partition.delete(), partition.mount(), partition.unmount()]) {
      await expect(again).rejects.toMatchObject({ code: "DELETED", message: expect.stringContaining(OLD) });
    }
    expect(requests).toEqual([]);
    await expect(partition.refresh()).rejects.toThrow(ObjectNotFoundError);
    const path = "/api/v1/storage/events/partition";
    await expect(cb.select(StoragePartition, OLD)).rejects.toMatchObject({
      message: `There is no StoragePartition with name ${OLD} in the list of GET ${path}`,
      method: "GET",
      path,
      status: 200,
    });
  });

  it("is changed by its name alone, and read once for that", async () => {
    const { cb, requests, seen } = await partitionServer();
    const partition = await cb.select(StoragePartition, OLD).mount();
    expect(partition.status).toBe("warm");
    expect(requests).toEqual([`POST /api/v1/storage/events/${OLD}/mount`]);
    expect(seen.lists).toBe(1);
  });

  it("is left alone on servers that have no routes for it", async () => {
    const { cb, requests } = await partitionServer("6.0.2.161130.1200");
    for (const change of [
      cb.select(StoragePartition, OLD).mount(),
      cb.select(StoragePartition, OLD).unmount(),
      cb.select(StoragePartition, OLD).delete(),
      cb.createNewPartition(),
    ]) {
      const error = await Promise.resolve(change).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(ApiError);
      expect((error as Error).message).toMatch(/6\.1.*runs 6\.0\.2/);
    }
    expect(requests).toEqual([]);
  });

  it("says why when the server refuses", async () => {
    const { cb } = await partitionServer();
    const writer = await cb.select(StoragePartition, "writer");
    await expect(writer.unmount()).rejects.toThrow(ClientError);
    expect(() => Object.assign(writer, { status: "cold" })).toThrow("Field status is immutable");
    const refusing = await partitionServer("6.5.2.191219.1200", { result: "busy" });
    const partition = await refusing.cb.select(StoragePartition, OLD);
    await expect(partition.delete()).rejects.toThrow(ServerError);
    await expect(partition.delete()).rejects.toThrow("busy");
  });

  it("is opened anew", async () => {
    const { cb, requests, bodies } = await partitionServer();
    await cb.createNewPartition();
    expect(requests).toEqual(["POST /api/v1/storage/events/new_partition"]);
    expect(bodies).toEqual(["null"]);
  });
});
