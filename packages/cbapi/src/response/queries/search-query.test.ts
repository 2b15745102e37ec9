// A search that a model has of its own, as whoever adds a model makes it.
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { BulkOperation } from "../../core/bulk/operation.js";
import { ApiError, ServerError } from "../../core/errors.js";
import { defineModel } from "../../core/model/define-model.js";
import { t } from "../../core/model/fields.js";
import type { ModelHost } from "../../core/model/host.js";
import { edrServer, searchRoute } from "../../test-support/edr-server.js";
import { declareSearch, type TermsOf } from "../query-language/declare-search.js";
import { SearchQuery } from "./search-query.js";

const fields = declareSearch(
  "Note",
  { id: "integer", text: "text*", status: "keyword" },
  (name): name is `tag_${number}` => /^tag_\d+$/.test(name),
);

class NoteQuery extends SearchQuery<Note, TermsOf<typeof fields>> {
  protected override readonly fields = fields;

  archive(): BulkOperation<number> {
    return this.changed({
      verb: "archive",
      batchSize: 2,
      request: (ids) => ({ method: "POST", path: "/api/note/archive", body: { ids } }),
    });
  }
}

class Note extends defineModel(
  { name: "Note", path: "/api/note", key: "id" },
  { id: t.integer(), text: t.string(), status: t.string() },
) {
  static query(client: ModelHost): NoteQuery {
    return new NoteQuery(client, Note, {});
  }
}

class Word extends defineModel({ name: "Word", path: "/api/word", key: "text" }, { text: t.string() }) {
  static query(client: ModelHost): SearchQuery<Word, TermsOf<typeof fields>> {
    return SearchQuery.of(client, Word, fields);
  }
}

/** Two of its fields make the key. */
class Pair extends defineModel(
  { name: "Pair", path: "/api/pair", key: "a", keyOf: ({ a, b }) => `${String(a)}:${String(b)}` },
  { a: t.integer(), b: t.integer() },
) {
  static query(client: ModelHost): SearchQuery<Pair> {
    return SearchQuery.of(client, Pair);
  }
}

/** A server whose notes have their ids as numbers and as text. */
async function noteServer() {
  const posts: unknown[] = [];
  const server = await edrServer({
    "/api/note": searchRoute([{ id: 1 }, { id: "2" }, { id: "03" }], { status: [], text: null }),
    "/api/note/archive": (_, __, body) => {
      posts.push(JSON.parse(body));
      return posts.length === 1 ? { result: "success" } : { status: 400, text: "no" };
    },
    "/api/word": searchRoute([{ text: "b" }, { text: "a" }], {}),
    "/api/pair": { results: [{ a: 1, b: 2 }], total_results: 1 },
  });
  return { ...server, posts };
}

describe("a search that says nothing of its own", () => {
  it("leaves the order to the server, and is made stable by the key", async () => {
    const { cb, requests } = await noteServer();
    expect((await cb.select(Word).all()).map(({ text }) => text)).toEqual(["b", "a"]);
    expect(requests.pop()).toBe("/api/word?cb.urlver=1&facet=false&q=&rows=100&start=0");
    const stable = await cb.select(Word).where({ status: "new", tag_5: 1 }).stable().all();
    expect(stable.report().totalOrder).toBe(true);
    expect(requests.pop()).toBe(
      "/api/word?cb.urlver=1&facet=false&q=status:new tag_5:1&rows=100&sort=text asc&start=0",
    );
    await cb.select(Word).sort("text desc").stable().first();
    expect(requests.pop()).toContain("&sort=text desc&");
  });

  it("knows the fields that were declared, as narrowed as it is", async () => {
    const { cb } = await noteServer();
    for (const query of [cb.select(Word), cb.select(Word).where("a").stable().batchSize(5), cb.select(Note)]) {
      // @ts-expect-error a typing error
      expect(() => query.where({ stats: "new" })).toThrow('Note searches have no field "stats". Did you mean status');
      // @ts-expect-error no such family
      expect(() => query.where({ tag_x: 1 })).toThrow("no field");
    }
    expect(cb.select(Pair).where({ anything: 1 }).query).toBe("anything:1");
    // @ts-expect-error a value has to be there
    expect(() => cb.select(Note).where({ text: undefined })).toThrow(ApiError);
  });

  it("has no page in the console", async () => {
    const { cb } = await noteServer();
    // @ts-expect-error nor by its type
    expect(cb.select(Word).webui_link).toBeUndefined();
  });

  it("cannot be made stable where no field tells rows apart", async () => {
    const { cb, requests } = await noteServer();
    expect(() => cb.select(Pair).stable()).toThrow("No field tells two Pair rows apart");
    expect((await cb.select(Pair).sort("a asc").all()).report().totalOrder).toBe(false);
    expect(requests.pop()).toContain("&sort=a asc&");
  });
});

describe("a change of all that a search finds", () => {
  it("is of keys as the model has them, whichever way the server writes them", async () => {
    const { cb, posts } = await noteServer();
    const archive = cb.select(Note).where({ status: "old" }).archive();
    expect(inspect(archive)).toBe('BulkOperation<archive of Note query "status:old"> (not carried out)');
    const plan = await archive.plan();
    expect(plan.items).toEqual([1, 2, 3]);
    const report = await archive;
    expect(posts).toEqual([{ ids: [1, 2] }, { ids: [3] }]);
    expect(report.name).toBe('archive of Note query "status:old"');
    expect(report.failures).toEqual([{ item: 3, state: "refused", error: report.reasons[0]?.error }]);
    expect(inspect(report)).toContain("refused, 1 item (3): ");
  });
});

describe("counts by field", () => {
  it("that the answer leaves out are an error, and empty ones are none", async () => {
    const { cb } = await noteServer();
    expect(await cb.select(Note).facets("status")).toEqual({ status: [] });
    const missing = await cb
      .select(Note)
      .facets("status", "text", "nope")
      .catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(ServerError);
    expect(missing).toMatchObject({ method: "GET", path: "/api/note", status: 200, retryable: false });
    expect((missing as Error).message).toMatch(/asked to count by text, nope, and its answer holds no such counts/);
    await expect(cb.select(Pair).facets("a")).rejects.toThrow("count by a, and its answer holds no such counts");
  });
});
