import { expect, test } from "vitest";
import type { OrganisationSink, ProcessRecord } from "../domain/index.js";
import { generateOrganisation } from "./index.js";

/** The processes of an organisation by their hosts; of those that have started. */
function processesOf(options: Parameters<typeof generateOrganisation>[1]): Map<number, ProcessRecord[]> {
  const byHost = new Map<number, ProcessRecord[]>();
  const none = (): void => {};
  const sink: OrganisationSink = {
    ...{ site: none, group: none, sensor: none, binary: none, object: none },
    process: (record) => {
      if (record.placeholder === true) return;
      const known = byHost.get(record.sensor_id);
      if (known === undefined) byHost.set(record.sensor_id, [record]);
      else known.push(record);
    },
  };
  generateOrganisation(sink, options);
  return byHost;
}

test("a host has as many processes as are wanted: its numbers for them do not run out, and none is given twice", () => {
  const byHost = processesOf({ hosts: 12, processes: 36_000, binaries: 0 });
  const counts = [...byHost.values()].map(({ length }) => length);
  // Windows has begun with some 3,300 numbers.
  expect(Math.max(...counts)).toBeGreaterThan(3_300);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(36_000 * 0.95);
  for (const list of byHost.values()) expect(new Set(list.map(({ pid }) => pid)).size).toBe(list.length);
});
