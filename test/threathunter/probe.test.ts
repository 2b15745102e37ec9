import { CbThreatHunterAPI, Process, Event, Q, wildcard } from "cbapi/threathunter";
import { Sandbox } from "@cbapi/sandbox";
import { it } from "vitest";
import { sandbox, useCloudAs, asked } from "../support/given-cloud.js";

const given = useCloudAs(CbThreatHunterAPI, {}, false);
it("probe", async () => {
  const { cb } = given;
  const found = await cb.select(Process).all();
  console.log(found.length, found.report(), asked());
  const p = found.find((x) => (x.childproc_count ?? 0) > 1 && x.parent_guid !== undefined)!;
  console.log(p);
  console.log(await p.device, (await p.binary)?.toString());
  console.log(asked());
  const s = await p.summary;
  console.log(s.children.length, s.siblings.length, s.parent?.process_name);
  const t = await p.tree();
  console.log([...t.walk()].length, asked());
  const ev = await p.events().all();
  console.log(ev.length, ev[0], ev.report(), asked());
  console.log((await cb.select(Process).facets({fields:["process_name"], rows: 3})));
  console.log(await cb.limits(), await cb.queries(), await cb.validateQuery("a:("), await cb.convertQuery("process_name:a").catch(String));
}, 60000);
it("many", async () => {
  let t = performance.now();
  await using box = await Sandbox.start({ organisation: { hosts: 12, processes: 30_000, binaries: 20 }, clock: { running: false } });
  console.log("start", performance.now() - t); t = performance.now();
  const { url, token, orgKey, caFile } = box.credentials("cloud");
  await using cb = new CbThreatHunterAPI({ url, token, orgKey, ...(caFile ? { sslCertFile: caFile } : {}), clock: { now: () => Date.now(), sleep: async () => {} } });
  const n = await cb.select(Process).count();
  console.log("count", n, performance.now() - t); t = performance.now();
  const all = await cb.select(Process).all();
  console.log(all.length, all.report(), performance.now() - t);
}, 180000);
