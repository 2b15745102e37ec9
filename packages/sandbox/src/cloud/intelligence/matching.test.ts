import fc from "fast-check";
import { expect, it } from "vitest";
import { smallCompany } from "../../endpoint/samples.js";
import type { ServerParts } from "../../product-server.js";
import { atOnce } from "../../steps.js";
import { eventsOf, findProcess } from "../../store/processes.js";
import { createContext } from "../context.js";
import { compileIoc } from "./iocs.js";
import { processesWith } from "./match.js";
import type { Ioc } from "./record.js";

const store = smallCompany();
const presence = { now: Date.UTC(2026, 0, 5, 9), start: Date.UTC(2026, 0, 5, 9), interval: 2_000, round: undefined };
// A query of processes needs nothing else of a server.
const context = createContext({ store, presence, seed: 1 } as unknown as ServerParts);

/** A process with its values, looked at one by one. */
type Plain = Readonly<Record<string, readonly string[]>> & { readonly id: readonly [string] };

const processes: Plain[] = store.database
  .all<{ id: string }>("SELECT id FROM process WHERE placeholder = 0 AND suppressed = 0")
  .map(({ id }) => {
    const row = findProcess(store, id, { all: true });
    if (row === undefined) throw new Error(`no process ${id}`);
    const { modload = [], filemod = [], netconn = [], regmod = [] } = eventsOf(store, row, { all: true });
    const sha256 = row.sha256 ?? "";
    return {
      ...{ id: [id], process_name: [row.path], process_cmdline: [row.cmdline], process_username: [row.username] },
      ...{ process_md5: [row.md5], md5: [row.md5], process_sha256: [sha256], process_hash: [row.md5, sha256] },
      netconn_ipv4: netconn.map(({ remote_ip }) => remote_ip).filter((ip) => !ip.includes(":")),
      netconn_domain: netconn.map(({ domain }) => domain),
      modload_name: modload.map(({ path }) => path),
      filemod_name: filemod.map(({ path }) => path),
      regmod_name: regmod.map(({ path }) => path),
    };
  });

const PATHS = new Set(["process_name", "process_username", "modload_name", "filemod_name", "regmod_name"]);
const FIELDS = Object.keys(processes[0] ?? {}).filter((name) => name !== "id");

const fold = (text: string): string => text.toLowerCase();
const bare = (path: string): string => fold(path).replaceAll("/", "\\").replace(/^\\+/, "");

function equalsOne(field: string, stored: string, value: string): boolean {
  if (stored === "") return false;
  if (PATHS.has(field) && !/[\\/]/.test(value)) return bare(stored).split("\\").at(-1) === fold(value);
  return PATHS.has(field) ? bare(stored) === bare(value) : fold(stored) === fold(value);
}

function bruteForce({ match_type, field, values }: Ioc): string[] {
  return processes.flatMap((process) => {
    const stored = process[field ?? ""] ?? [];
    const meets = stored.some((each) =>
      values.some((value) =>
        match_type === "equality" ? equalsOne(field ?? "", each, value) : new RegExp(value, "i").test(each),
      ),
    );
    return meets ? [process.id[0]] : [];
  });
}

const found = (ioc: Ioc): string[] => atOnce(processesWith(context, compileIoc(context, ioc))).map(({ id }) => id);

const valuesOf = (field: string): string[] =>
  [...new Set(processes.flatMap((each) => each[field] ?? []))].filter((each) => each !== "");
const POOLS = new Map(FIELDS.map((field) => [field, valuesOf(field)]));

/** A value that some process has, or its last part, in any case; or one that none has. */
const storedValue = (field: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...(POOLS.get(field) ?? []), "nothing.example"),
      fc.constantFrom("as it is", "upper", "last"),
    )
    .map(([text, how]) => {
      if (how === "upper") return text.toUpperCase();
      return how === "last" && PATHS.has(field) ? (text.split(/[\\/]/).at(-1) ?? text) || text : text;
    });

const fieldWithValues = FIELDS.filter((field) => (POOLS.get(field) ?? []).length > 0);

it("has processes with values of every kind", () => {
  expect(processes.length).toBeGreaterThan(500);
  expect(fieldWithValues).toEqual(FIELDS);
});

it("finds by equality what looking at each process finds", () => {
  const ioc = fc
    .constantFrom(...fieldWithValues)
    .chain((field) =>
      fc.record({ field: fc.constant(field), values: fc.array(storedValue(field), { minLength: 1, maxLength: 4 }) }),
    )
    .map(({ field, values }): Ioc => ({ id: "i", match_type: "equality", field, values }));
  fc.assert(
    fc.property(ioc, (each) => {
      expect(found(each).sort()).toEqual(bruteForce(each).sort());
    }),
    { numRuns: 150 },
  );
});

it("finds by expressions what looking at each process finds", () => {
  const plain = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const expression = (field: string): fc.Arbitrary<string> =>
    fc
      .tuple(
        fc.constantFrom(...(POOLS.get(field) ?? [])),
        fc.nat(20),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom("", "^", "$", ".*"),
      )
      .map(([text, from, length, mark]) => {
        // The database's own expressions know no other letters than those of ASCII.
        const ascii = text.replace(/[^\x20-\x7e]/g, "");
        const piece = plain(ascii.slice(Math.min(from, Math.max(0, ascii.length - 1)), from + length) || "exe");
        return mark === "$" ? `${piece}$` : `${mark}${piece}`;
      });
  // Of addresses and domains, the last dot of a name may be kept or not: left to equality.
  const fields = fieldWithValues.filter((field) => !field.startsWith("netconn_"));
  const ioc = fc
    .constantFrom(...fields)
    .chain((field) =>
      fc.record({ field: fc.constant(field), values: fc.array(expression(field), { minLength: 1, maxLength: 3 }) }),
    )
    .map(({ field, values }): Ioc => ({ id: "i", match_type: "regex", field, values }));
  fc.assert(
    fc.property(ioc, (each) => {
      expect(found(each).sort()).toEqual(bruteForce(each).sort());
    }),
    { numRuns: 100 },
  );
});

it("takes no longer for an expression that others would never end with", () => {
  const ioc: Ioc = { id: "i", match_type: "regex", field: "process_cmdline", values: ["(a+)+$|(.*)*x(.*)*y(.*)*z"] };
  expect(found(ioc)).toEqual(expect.any(Array));
});
