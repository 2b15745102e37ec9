import { describe, expect, it } from "vitest";
import { ask, sandbox } from "../samples.js";
import { begin, CLASSIC, complete, type Document, find, guids, useProcesses, V1, V2 } from "./samples.js";

useProcesses();

describe("facets", () => {
  it("count values and stretches of all that is found", async () => {
    sandbox.behaviour["searchPolls"] = 1;
    const all = await find("*:*");
    const starts = all.map(({ device_timestamp }) => Date.parse(String(device_timestamp))).sort((a, b) => a - b);
    const [first = 0, last = 0] = [starts[0], starts.at(-1)];
    const body = {
      terms: { fields: ["device_name", "process_name"], rows: 0 },
      ranges: [
        {
          ...{ field: "device_timestamp", bucket_size: "+1MONTH" },
          ...{ start: new Date(first).toISOString(), end: new Date(last + 1).toISOString() },
        },
        { field: "netconn_count", start: 0, end: 1_000, bucket_size: 1_000 },
      ],
    };
    const id = await begin(body, "facet_jobs");
    const { terms, ranges, num_found } = await complete(id, "facet_jobs", "");
    expect(num_found).toBe(all.length);
    for (const { field, values } of terms) {
      for (const { id: value, total } of values) {
        expect(total).toBe(all.filter((document) => document[field] === value).length);
      }
      expect(values.reduce((sum: number, { total }: { total: number }) => sum + total, 0)).toBe(all.length);
    }
    for (const { values } of ranges) {
      expect(values.reduce((sum: number, { total }: { total: number }) => sum + total, 0)).toBe(all.length);
    }
    expect((await complete(id, "facet_jobs", "limit=1")).terms[1].values).toHaveLength(1);
  });

  it.each([
    {},
    { terms: { fields: ["nothing"] } },
    { ranges: [{ field: "process_name", start: 0, end: 1, bucket_size: 1 }] },
    { ranges: [{ field: "netconn_count", start: 0, end: 1_000_000, bucket_size: 1 }] },
    { ranges: [{ field: "netconn_count", start: 0, end: 1, bucket_size: 0 }] },
    { ranges: [{ field: "device_timestamp", start: "x", end: "y", bucket_size: "+1DAY" }] },
    { ranges: {} },
  ])("refuse %j", async (body) => {
    expect((await ask("POST", `${V2}/facet_jobs`, body)).status).toBe(400);
  });
});

describe("a process among its relatives", () => {
  it("has a summary and a tree, the same in both ways", async () => {
    sandbox.behaviour["searchPolls"] = 1;
    const all = await find("*:*");
    const parents = new Map(all.map(({ process_guid, parent_guid }) => [process_guid, parent_guid]));
    const children = (guid: string) => guids(all.filter(({ parent_guid }) => parent_guid === guid));
    const guid = guids(all).find(
      (each) => children(each).length > 1 && children(each).some((child) => children(child).length > 0),
    );
    expect(guid).toBeDefined();
    if (guid === undefined) return;
    const id = await begin({ process_guid: guid }, "summary_jobs");
    const { summary, exception } = await complete(id, "summary_jobs", "format=summary");
    expect(exception).toBe("");
    expect(summary.process.process_guid).toBe(guid);
    expect(guids(summary.children)).toEqual(children(guid));
    const parent = String(parents.get(guid));
    expect(summary.parent?.process_guid ?? parent).toBe(parent);
    expect(guids(summary.siblings)).toEqual(children(parent).filter((each) => each !== guid));
    const { tree } = await complete(id, "summary_jobs", "format=tree");
    const walk = (node: Document & { children: Document[] }): void => {
      expect(guids(node.children)).toEqual(children(node.process_guid));
      for (const child of node.children) walk(child as Document & { children: Document[] });
    };
    walk(tree);
    expect((await ask("GET", `${V1}/summary?process_guid=${guid}`)).body).toEqual({
      ...summary,
      incomplete_results: false,
    });
    expect((await ask("GET", `${CLASSIC}/tree?process_guid=${guid}`)).body).toEqual({
      ...{ exception: "", incomplete_results: false, nodes: tree },
    });
    expect((await ask("GET", `${V2}/summary_jobs/${id}/results?format=xml`)).status).toBe(400);
  });

  it("is incomplete at first in the old way", async () => {
    const [{ process_guid } = { process_guid: "" }] = await find("has_children:true");
    const first = await ask("GET", `${V1}/summary?process_guid=${process_guid}`);
    expect(first.body).toMatchObject({ incomplete_results: true, children: [] });
    const second = await ask("GET", `${V1}/summary?process_guid=${process_guid}`);
    expect(second.body.incomplete_results).toBe(false);
    expect(second.body.children.length).toBeGreaterThan(0);
  });

  it("says when there is no such process", async () => {
    const { orgKey = "" } = sandbox.credentials("cloud");
    const nobody = `${orgKey}-00000001-00000001-00000000-0000000000000001`;
    for (const guid of [nobody, "nonsense", nobody.replace(orgKey, "NOTMINE1")]) {
      const id = await begin({ process_guid: guid }, "summary_jobs");
      const body = await complete(id, "summary_jobs", "format=summary");
      expect(body.exception, guid).toBe("NOT_FOUND");
      expect(body).not.toHaveProperty("summary");
      expect((await ask("GET", `${V1}/summary?process_guid=${guid}`)).status).toBe(404);
      expect((await ask("GET", `${CLASSIC}/tree?process_guid=${guid}`)).body).toMatchObject({ exception: "NOT_FOUND" });
      const details = await complete(await begin({ process_guids: [guid] }, "detail_jobs"), "detail_jobs");
      expect(details.results).toEqual([]);
      expect(await find(`process_guid:${guid.replaceAll("-", "\\-")}`)).toEqual([]);
    }
    expect((await ask("POST", `${V2}/summary_jobs`, {})).status).toBe(400);
    expect((await ask("POST", `${V2}/detail_jobs`, {})).status).toBe(400);
    expect((await ask("GET", `${V1}/summary`)).status).toBe(400);
  });
});
