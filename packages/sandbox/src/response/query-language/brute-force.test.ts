import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SignatureResult } from "../../domain/index.js";
import type { Query, Value } from "../../query/syntax.js";
import { sampleBinary } from "../../store/samples.js";
import { parseQuery } from "./parser.js";
import { searchIn, storeOf } from "./samples.js";

describe("against a search that looks at every record", () => {
  const names = ["cmd.exe", "net.exe", "a.dll"];
  const words = ["use", "/c", "x.txt", "y:"];
  const domains = ["com", "foo.com", "www.foo.com", "foo.com.au"];
  const signatures: SignatureResult[] = ["Signed", "Unsigned"];
  const hash = (n: number): string => String(n).repeat(32);

  const record = fc.record({
    name: fc.constantFrom(...names),
    words: fc.array(fc.constantFrom(...words), { maxLength: 4 }),
    domains: fc.array(fc.constantFrom(...domains), { maxLength: 2 }),
    md5: fc.integer({ min: 0, max: 3 }),
    segments: fc.integer({ min: 1, max: 2 }),
  });
  type Small = (typeof record extends fc.Arbitrary<infer T> ? T : never) & { signature?: SignatureResult | undefined };

  const term = fc.oneof(
    fc
      .constantFrom("", "process_name:")
      .chain((field) => fc.constantFrom(...names, "c*", "*.e?e").map((v) => field + v)),
    fc
      .constantFrom("cmdline:")
      .chain((field) => fc.constantFrom(...words, '"use x.txt"', ".txt", "x*").map((v) => field + v)),
    fc.constantFrom("com", ".com", "com.", ".com.", "www.", "foo.com").map((v) => `domain:${v}`),
    fc.constantFrom(...signatures).map((v) => `digsig_result:${v}`),
    fc.constantFrom("0", "1", "[1 TO *]").map((v) => `netconn_count:${v}`),
  );
  const query = fc.letrec<{ query: string; term: string }>((tie) => ({
    term,
    query: fc.oneof(
      { maxDepth: 3 },
      tie("term"),
      fc.tuple(tie("query"), tie("query")).map(([a, b]) => `(${a}) (${b})`),
      fc.tuple(tie("query"), tie("query")).map(([a, b]) => `${a} or ${b}`),
      tie("query").map((a) => `-(${a})`),
    ),
  })).query;

  function holds(node: Query, small: Small, segment: number): boolean {
    switch (node.type) {
      case "everything":
        return true;
      case "and":
        return node.operands.every((operand) => holds(operand, small, segment));
      case "or":
        return node.operands.some((operand) => holds(operand, small, segment));
      case "not":
        return !holds(node.operand, small, segment);
      case "term":
        return holdsTerm(node.field, node.value, small, segment);
    }
  }

  function holdsTerm(field: string | undefined, value: Value, small: Small, segment: number): boolean {
    const text = value.type === "literal" ? value.text.toLowerCase() : "";
    const pattern = new RegExp(
      `^${text
        .replace(/[.+^$[\]\\(){}|]/g, "\\$&")
        .replace(/\*/g, ".*")
        .replace(/\?/g, ".")}$`,
    );
    // Events are dealt to the segments in turn.
    const here = small.domains.filter((_, index) => index % small.segments === segment);
    const inCommand = (): boolean => {
      const wanted = text.split(" ");
      const fits = (word: string | undefined, want: RegExp): boolean => {
        if (word === undefined) return false;
        return want.test(word) || (word.lastIndexOf(".") > 0 && want.test(word.slice(word.lastIndexOf("."))));
      };
      if (wanted.length === 1)
        return [...small.words, small.words[0]?.replace("/", "")].some((word) => fits(word, pattern));
      return small.words.some((_, at) => wanted.every((want, n) => small.words[at + n] === want));
    };
    const inDomain = (): boolean =>
      here.some((domain) => {
        if (/[*?]/.test(text)) return new RegExp(`\\.${pattern.source.slice(1, -1)}\\.`).test(`.${domain}.`);
        const labels = domain.split(".");
        const wanted = text.split(".").filter((label) => label !== "");
        return labels.some((_, at) => {
          if (!wanted.every((want, n) => labels[at + n] === want)) return false;
          const last = at + wanted.length === labels.length;
          const [before, after] = [text.startsWith("."), text.endsWith(".")];
          if (before && after) return at > 0 && !last;
          if (before) return last;
          return after ? at === 0 && !last : true;
        });
      });
    switch (field) {
      case "process_name":
        return pattern.test(small.name);
      case "cmdline":
        return inCommand();
      case "domain":
        return inDomain();
      case "digsig_result":
        return small.signature?.toLowerCase() === text;
      case "netconn_count":
        return value.type === "range" ? here.length >= 1 : here.length === Number(text);
      default:
        // Of the fields that terms without one look into, these records fill the name, the path and the command line.
        return pattern.test(small.name) || inCommand() || inDomain();
    }
  }

  it("finds the same", () => {
    const data = fc.array(record, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(data, fc.array(query, { minLength: 1, maxLength: 8 }), (smalls, texts) => {
        const store = storeOf(
          ...smalls.map((small) => ({
            ...{
              process_name: small.name,
              path: small.name,
              cmdline: small.words.join("  "),
              username: "",
              parent_name: "",
            },
            md5: hash(small.md5),
            segments: Array.from({ length: small.segments }, (_, n) => ({
              ...{ segment_id: n + 2, last_update: n, last_server_update: n },
            })),
            events: {
              netconn: small.domains.map((domain, index) => ({
                ...{ time: 1, domain, remote_ip: "10.0.0.1", remote_port: 1, local_ip: "", local_port: 1, proto: 6 },
                ...{ outbound: true, segment: index % small.segments },
              })),
            },
          })),
        );
        for (const [n, digsig_result] of signatures.entries())
          store.binary(sampleBinary({ md5: hash(n), digsig_result }));
        const documents = smalls.flatMap((small) =>
          Array.from({ length: small.segments }, (_, segment) => ({
            ...small,
            signature: signatures[small.md5],
            segment,
          })),
        );
        for (const text of texts) {
          const tree = parseQuery(text);
          const expected = documents.flatMap((small, index) => (holds(tree, small, small.segment) ? [index + 1] : []));
          expect(searchIn(store, text), text).toEqual(expected);
        }
      }),
      { numRuns: 150 },
    );
  });
});
