import fc from "fast-check";
import { expect, it } from "vitest";
import { Process } from "../../response/index.js";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";

const row = (i: number) => ({
  id: `00000001-0000-${i.toString(16).padStart(4, "0")}-01d3-8bc595148226`,
  segment_id: 1,
});

it("ranges and places of a result are those of an array, whatever is known before", async () => {
  const bound = fc.integer({ min: -14, max: 14 });
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 10 }),
      fc.integer({ min: 1, max: 6 }),
      fc.option(bound, { nil: undefined }),
      fc.option(bound, { nil: undefined }),
      fc.boolean(),
      async (total, batch, start, end, counted) => {
        const ids = Array.from({ length: total }, (_, i) => row(i).id);
        const { cb, requests } = await edrServer({ "/api/v1/process": searchRoute({ total, row }) });
        const queryAnew = async () => {
          const query = cb.select(Process).batchSize(batch);
          if (counted) await query.count();
          requests.length = 0;
          return query;
        };
        const found = await (await queryAnew()).slice(start, end);
        expect(found.map(({ id }) => id)).toEqual(ids.slice(start, end));
        expect(found.report()).toMatchObject({ complete: true, returned: found.length });
        // Only a bound that is counted from the end needs the total.
        const counts = requests.filter((path) => path.includes("rows=0"));
        expect(counts).toHaveLength(!counted && ((start ?? 0) < 0 || (end ?? 0) < 0) ? 1 : 0);
        const one = await (await queryAnew()).at(start ?? 0);
        expect(one?.id).toBe(ids.at(start ?? 0));
      },
    ),
    {
      numRuns: 100,
      examples: [
        [5, 2, 0, -2, false],
        [5, 2, 0, undefined, false],
        [5, 2, undefined, undefined, false],
      ],
    },
  );
});

it("pages tell the report of their query", async () => {
  const { cb } = await edrServer({ "/api/v1/process": searchRoute({ total: 7, row }) });
  const query = cb.select(Process).batchSize(3);
  expect(query.report()).toBeUndefined();
  const sizes: number[] = [];
  for await (const { items } of query.pages()) sizes.push(items.length);
  expect(sizes).toEqual([3, 3, 1]);
  expect(query.report()).toMatchObject({ complete: true, pages: 3, returned: 7, available: 7 });
});
