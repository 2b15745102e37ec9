// Storage partitions: what searches find follows what is mounted.
import { ApiError, ClientError, ObjectNotFoundError, Process, StoragePartition } from "cbapi/response";
import { describe, expect, it } from "vitest";
import { errorOf } from "../support/error-of.js";
import { cb, sandbox, useSandbox } from "../support/given.js";
import { clientOf, requested, sent, written } from "../support/sandbox.js";

const ANALYST = "analyst-token-0123456789";
/** The week of the guide's two mounts, and the week before it. */
const MOUNTS = "cbevents_2016_11_10_0000";
const BEFORE = "cbevents_2016_11_03_0000";
const EMPTY = "cbevents_2025_12_25_0000";

useSandbox({ tokens: [{ username: "analyst", token: ANALYST }] }, { connected: true });

const mounts = (client = cb) => client.select(Process).where("process_name:net.exe").count();

describe("the partitions", () => {
  it("are listed by name, one of them hot, and one is looked up among them", async () => {
    const all = await cb.select(StoragePartition).all();
    expect(all.map(({ name, status }) => [name, status]).slice(0, 3)).toEqual([
      ["writer", "hot"],
      [EMPTY, "cold"],
      ["cbevents_2017_05_18_0000", "warm"],
    ]);
    expect((await cb.select(StoragePartition).where({ status: "cold" }).one()).name).toBe(EMPTY);
    const warm = cb.select(StoragePartition).where("status:warm");
    expect((await warm.sort("name asc").first())?.name).toBe("cbevents_2016_10_13_0000");
    expect(await warm.count()).toBe(all.length - 2);

    const partition = await cb.select(StoragePartition, MOUNTS);
    expect(partition).toMatchObject({ status: "warm", info: { numDocs: 52, isLegacy: false, userMounted: false } });
    expect(partition.info?.endDate).toBe("2016-11-16T23:59:59.999Z");
    expect(partition.toJSON()).toEqual(
      Reflect.get((await cb.getObject("/api/v1/storage/events/partition")) as object, MOUNTS),
    );
    const stored = all.map(({ info }) => info?.numDocs ?? 0).reduce((sum, docs) => sum + docs);
    expect(stored).toBe(await cb.select(Process).count());
    expect(await errorOf(() => cb.select(StoragePartition, "none"))).toBeInstanceOf(ObjectNotFoundError);
    expect(() => cb.create(StoragePartition as never)).toThrow(ApiError);
  });

  it("are searched only while they are mounted", async () => {
    const partition = await cb.select(StoragePartition, MOUNTS);
    const documents = await cb.select(Process).count();
    const guid = (await cb.select(Process).where("process_name:net.exe").first())?.id ?? "";
    expect(await mounts()).toBe(2);
    sandbox.requests.clear();
    expect(await partition.unmount()).toBe(partition);
    expect(sent(sandbox)).toEqual([
      `POST /api/v1/storage/events/${MOUNTS}/unmount`,
      "GET /api/v1/storage/events/partition",
    ]);
    expect(partition).toMatchObject({ status: "cold", info: { numDocs: 52 } });
    expect(await mounts()).toBe(0);
    expect(await cb.select(Process).count()).toBe(documents - 52);
    await using other = clientOf(sandbox);
    expect(await errorOf(() => other.select(Process, guid))).toBeInstanceOf(ObjectNotFoundError);
    expect((await errorOf(() => partition.unmount())).message).toContain("is not mounted");

    await cb.select(StoragePartition, MOUNTS).mount();
    expect(await partition.refresh()).toMatchObject({ status: "warm", info: { userMounted: true } });
    expect(await mounts()).toBe(2);
    expect((await other.select(Process, guid)).process_name).toBe("net.exe");
    const error = await errorOf(() => partition.mount());
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({ status: 400 });
    expect(error.message).toContain(`Partition ${MOUNTS} is mounted already`);
  });

  it("take what they hold with them when they are deleted", async () => {
    const partition = await cb.select(StoragePartition, BEFORE);
    const documents = await cb.select(Process).count();
    const held = partition.info?.numDocs ?? 0;
    expect(held).toBeGreaterThan(0);
    await partition.delete();
    expect(written(sandbox)).toEqual([`DELETE /api/v1/storage/events/${BEFORE}`]);
    expect(await cb.select(Process).count()).toBe(documents - held);
    expect(await errorOf(() => cb.select(StoragePartition, BEFORE))).toBeInstanceOf(ObjectNotFoundError);
    sandbox.requests.clear();
    for (const again of [() => partition.delete(), () => partition.mount(), () => partition.unmount()]) {
      expect(await errorOf(again)).toMatchObject({ code: "DELETED" });
    }
    expect(sent(sandbox)).toEqual([]);
    await cb.select(StoragePartition, EMPTY).delete();
    expect(await cb.select(StoragePartition).where({ status: "cold" }).count()).toBe(0);
  });

  it("make way for a new one, which is written to from then on", async () => {
    const writer = await cb.select(StoragePartition, "writer");
    for (const refused of [() => writer.unmount(), () => writer.delete()]) {
      expect((await errorOf(refused)).message).toMatch(/is the one that is written to and cannot be/);
    }
    await sandbox.launch({ sensor: 3, path: "c:\\first.exe" });
    await sandbox.clock.step(90);
    await cb.createNewPartition();
    await sandbox.launch({ sensor: 3, path: "c:\\second.exe" });
    const rolled = await cb.select(StoragePartition).where({ status: "warm" }).sort("name desc").first();
    expect(rolled?.name).toBe("cbevents_2026_01_01_0000");
    // The process and what its parent tells of it.
    expect(rolled?.info).toMatchObject({ numDocs: 2 });
    await writer.refresh();
    expect(writer).toMatchObject({ status: "hot", info: { numDocs: 2, endDate: null } });
    expect(writer.info?.startDate).toContain("2026-01-05T09:01:30");
    await rolled?.unmount();
    const found = async (name: string) => cb.select(Process).where({ process_name: name }).count();
    expect([await found("first.exe"), await found("second.exe")]).toEqual([0, 1]);
    await rolled?.mount();
    expect([await found("first.exe"), await found("second.exe")]).toEqual([1, 1]);
  });

  it("are for administrators, while everybody searches", async () => {
    await using analyst = clientOf(sandbox, { token: ANALYST });
    expect(await mounts(analyst)).toBe(2);
    const partition = await cb.select(StoragePartition, MOUNTS);
    expect(partition.status).toBe("warm");
    for (const refused of [
      () => analyst.select(StoragePartition).all(),
      () => analyst.select(StoragePartition, MOUNTS).unmount(),
      () => analyst.createNewPartition(),
    ]) {
      const error = await errorOf(refused);
      expect(error).toBeInstanceOf(ClientError);
      expect(error).toMatchObject({ status: 403, retryable: false });
      expect(error.message).toContain("for global administrators");
      expect(error.message).not.toContain(ANALYST);
    }
    expect((await partition.refresh()).status).toBe("warm");
  });

  it("of an older schema are searched in its own way", async () => {
    sandbox.behaviour.legacyPartitions = true;
    await using client = clientOf(sandbox);
    await client.connect();
    expect(client.hasLegacyPartitions).toBe(true);
    expect((await client.select(StoragePartition).all()).filter(({ info }) => info?.isLegacy)).toHaveLength(1);
    sandbox.requests.clear();
    expect(await mounts(client)).toBe(2);
    expect(requested(sandbox)).toEqual([expect.stringContaining("cb.legacy_5x_mode=true")]);
    sandbox.behaviour.legacyPartitions = false;
    expect(cb.hasLegacyPartitions).toBe(false);
  });
});
