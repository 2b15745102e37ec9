import { describe, expect, it } from "vitest";
import { ApiError, MoreThanOneResultError, ServerError } from "../../core/errors.js";
import { defineModel } from "../../core/model/define-model.js";
import { t } from "../../core/model/fields.js";
import type { ModelHost } from "../../core/model/host.js";
import { Q, range, raw, type Terms } from "../../core/query/terms.js";
import { listRoute, protectionServer } from "../../test-support/protection-server.js";
import { pathOf } from "../paths.js";
import { ProtectionQuery } from "./protection-query.js";

class Machine extends defineModel(
  { name: "Machine", path: pathOf("machine"), key: "id" },
  { id: t.integer(), name: t.string(), policyId: t.integer(), lastPollDate: t.dateTime(), size: t.number() },
) {
  static query(client: ModelHost): ProtectionQuery<Machine> {
    return ProtectionQuery.of(client, Machine);
  }
}

class Drift extends defineModel(
  { name: "Drift", path: pathOf("drift"), key: "id", minimumVersion: [8, 0] },
  { id: t.integer() },
) {
  static query(client: ModelHost): ProtectionQuery<Drift, Terms> {
    return ProtectionQuery.ofOpen(client, Drift);
  }
}

const machines = [1, 2, 3].map((id) => ({ id, name: `PC-${id}`, policyId: 5, policyId_name: "Lab", extra: null }));
const server = (options?: Parameters<typeof protectionServer>[1]) =>
  protectionServer({ machine: listRoute(() => machines), drift: listRoute(() => [{ id: 1 }]) }, options);

describe("an App Control query", () => {
  it("sends each condition by itself, escaped for the address", async () => {
    const { cb, requests } = await server();
    await cb
      .select(Machine)
      .where("name:CORP*")
      .and({ policyId: [5, 7], lastPollDate: raw("-7d") }).where`name!${"a|b"}`
      .where(Q({ size: range(1, undefined) }).not())
      .first();
    expect(requests).toEqual([
      "machine?limit=1&offset=0&q=lastPollDate>-7d&q=name!a\\|b&q=name:CORP*&q=policyId:5|7&q=size<1",
    ]);
    expect(cb.select(Machine).where("a+1").toString()).toContain('<Machine query "a+1">');
  });

  it("counts without reading, and knows the count of what it has read to the end", async () => {
    const { cb, requests } = await server();
    const query = cb.select(Machine).where("name:PC*");
    expect(await query.count()).toBe(3);
    await query.count();
    expect(requests.splice(0)).toEqual(["machine?limit=-1&q=name:PC*"]);
    const read = cb.select(Machine);
    expect(await read.slice(1, 3)).toHaveLength(2);
    expect(read.report()?.available).toBeUndefined();
    await read.all();
    expect(read.report()?.available).toBe(3);
    expect(await read.count()).toBe(3);
    expect(requests.filter((request) => request.includes("limit=-1"))).toEqual([]);
  });

  it("has one() ask for two rows, and for the count only to tell it", async () => {
    const { cb, requests } = await server();
    const error = await cb
      .select(Machine)
      .one()
      .then(undefined, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(MoreThanOneResultError);
    expect(error).toMatchObject({ count: 3 });
    expect(requests).toEqual(["machine?limit=2&offset=0", "machine?limit=-1"]);
  });

  it("gives rows that are complete", async () => {
    const { cb, requests } = await server();
    const machine = await cb.select(Machine).first();
    expect(machine?.isLoaded).toBe(true);
    await machine?.load();
    expect(requests).toHaveLength(1);
    expect(machine?.get("policyId_name")).toBe("Lab");
  });

  it("has other objects sent along, by itself where a condition names their fields", async () => {
    const { cb, requests } = await server();
    await cb.select(Machine).expand("policyId").expand("policyId").first();
    await cb.select(Machine).where({ policyId_name: "Lab" }).count();
    await cb.select(Machine).where("policyId_name:Lab").first();
    expect(requests).toEqual([
      "machine?expand=policyId&limit=1&offset=0",
      "machine?expand=policyId&limit=-1&q=policyId_name:Lab",
      "machine?expand=policyId&limit=1&offset=0&q=policyId_name:Lab",
    ]);
    expect(() => cb.select(Machine).expand("templateId" as "policyId")).toThrow("Machine has no field");
    expect(() => cb.select(Machine).where({ polcyId: 1 } as unknown as { policyId: number })).toThrow(
      "Did you mean policyId?",
    );
  });

  it("groups by a field, in the order that is asked for", async () => {
    const asked: string[] = [];
    const { cb } = await protectionServer({
      machine: ({ query }: { query: URLSearchParams }) => {
        asked.push(`${query.get("group")}/${query.get("subgroup")}/${query.get("limit")}`);
        if (query.has("subgroup")) return [{ value: "5", subvalue: "PC-1", count: 2 }];
        return [
          { value: "2018-01-01T00:00:00Z", count: 53 },
          { value: null, count: 2 },
        ];
      },
    });
    const query = cb.select(Machine);
    expect(await query.groupBy("lastPollDate")).toEqual([
      { value: new Date("2018-01-01T00:00:00Z"), count: 53 },
      { value: undefined, count: 2 },
    ]);
    await query.groupBy("lastPollDate", { by: "count", descending: true, limit: 10 });
    await query.groupBy("lastPollDate", { by: "count" });
    await query.groupBy("lastPollDate", { descending: true });
    const [group] = await query.groupBy("policyId", { subgroup: "name" });
    expect(group).toEqual({ value: 5, subvalue: "PC-1", count: 2 });
    const [value, name]: [number | undefined, string | undefined] = [group?.value, group?.subvalue];
    expect([value, name]).toEqual([5, "PC-1"]);
    expect(asked).toEqual([
      "lastPollDate/null/0",
      "lastPollDate cdesc/null/10",
      "lastPollDate casc/null/0",
      "lastPollDate desc/null/0",
      "policyId/name/0",
    ]);
    await expect(query.groupBy("nmae" as "name")).rejects.toThrow("Did you mean name?");
  });

  it("refuses answers that are no rows, no count", async () => {
    const { cb } = await protectionServer({ machine: { Message: "odd" } });
    await expect(cb.select(Machine).all()).rejects.toThrow("no list of rows");
    await expect(cb.select(Machine).count()).rejects.toBeInstanceOf(ServerError);
  });
});

describe("a model of newer servers", () => {
  const tooOld = "Drift API requires at least server version 8.0";

  it("is refused by select once the version is known, else by the first await", async () => {
    const { cb, requests } = await server({ version: "7.2.3.1100" });
    const query = cb.select(Drift);
    for (const asked of [query.all(), query.count(), query.groupBy("id"), cb.select(Drift, 1)]) {
      await expect(asked).rejects.toThrow(tooOld);
    }
    expect(requests).toEqual(["serverConfig?limit=0"]);
    expect(() => cb.select(Drift)).toThrow(tooOld);
    expect(() => cb.select(Drift, 1)).toThrow(ApiError);
    await expect(query.all()).rejects.toMatchObject({ code: "SERVER_TOO_OLD" });
    expect(() => cb.select(Machine)).not.toThrow();
  });

  it("goes ahead from 8.0 on, and where the version is unknown", async () => {
    for (const version of ["8.0.0.2562", undefined]) {
      const { cb } = await server({ version });
      expect(await cb.select(Drift).where({ anything: 1 }).all()).toHaveLength(1);
    }
  });
});
