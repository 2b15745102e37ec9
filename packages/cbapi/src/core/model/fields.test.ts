import { describe, expect, it } from "vitest";
import { ApiError, InvalidObjectError } from "../../response/index.js";
import { edrServer } from "../../test-support/edr-server.js";
import { defineModel } from "./define-model.js";
import { type Field, t } from "./fields.js";

describe("a field reads", () => {
  const rows: [what: string, field: Field<unknown, never>, raw: unknown, value: unknown][] = [
    ["a number where a text is declared", t.string(), 5, "5"],
    ["a document where a text is declared", t.string(), { a: [1] }, '{"a":[1]}'],
    ["a list without what is nothing", t.array(t.string()), ["a", null, undefined, "b"], ["a", "b"]],
    ["one value where a list is declared", t.array(t.string()), "a", ["a"]],
    ["an address as signed number", t.ipv4(), -1062731519, "192.168.1.1"],
    ["an address as number in a text", t.ipv4(), "-1062731519", "192.168.1.1"],
    ["an address as dotted text", t.ipv4(), "10.0.0.5", "10.0.0.5"],
    ["no address in anything else", t.ipv4(), { ip: 1 }, undefined],
    ["bytes from base64", t.bytes(), "aGk=", Buffer.from("hi")],
    ["no bytes in a number", t.bytes(), 12, undefined],
    ["a number where it stands for a word", t.code({ On: 1 }), 1, 1],
    ["a number that has no word yet", t.code({ On: 1 }), 9, 9],
  ];
  it.each(rows)("%s", (_, field, raw, value) => expect(field.decode(raw)).toEqual(value));

  it("documents that cannot be edited in place, down to their last part", () => {
    const value = t.open<{ a: [{ b: number[] }, string, null] }>().decode({ a: [{ b: [1] }, "text", null] });
    expect(() => value?.a[0].b.push(2)).toThrow(TypeError);
    expect(() => Object.assign(value?.a[0] ?? {}, { b: 2 })).toThrow(TypeError);
    expect(value).toEqual({ a: [{ b: [1] }, "text", null] });
  });
});

describe("a value that a field cannot have is refused with what was expected:", () => {
  class Item extends defineModel(
    { name: "Item", path: "/api/item", key: "id", writable: ["count", "ratio", "when", "names", "state", "level"] },
    {
      id: t.integer(),
      count: t.integer(),
      ratio: t.number(),
      when: t.dateTime(),
      names: t.array(t.string()),
      state: t.code({ Off: 0, On: 1 }),
      level: t.code({ Low: 1, High: 2, Mixed: 3 }, [1, 2]),
    },
  ) {}

  it.each([
    [{ count: "many" }, 'Item.count: expected an integer, got string: "many"'],
    [{ count: 1.5 }, "Item.count: expected an integer, got number: 1.5"],
    [{ ratio: "half" }, 'Item.ratio: expected a number, got string: "half"'],
    [{ when: new Date(Number.NaN) }, "Item.when: expected a date, got object: null"],
    [{ when: "yesterday" }, 'Item.when: expected a date, got string: "yesterday"'],
    [{ state: 2 }, "Item.state: expected one of 0 (Off), 1 (On), got number: 2"],
    [{ state: "" }, 'Item.state: expected one of 0 (Off), 1 (On), got string: ""'],
    [{ level: 3 }, "Item.level: expected one of 1 (Low), 2 (High), got number: 3"],
    [{ names: "a" }, 'Item.names: expected a list, got string: "a"'],
    [{ names: ["a", null] }, "Item.names: expected a string, got null: null"],
  ])("%j", async (values, message) => {
    const { cb, requests } = await edrServer({ "/api/item/1": { id: 1, ratio: 0.5 } });
    const item = await cb.select(Item, 1);
    const failure = catching(() => item.set(values as never));
    expect(failure).toBeInstanceOf(InvalidObjectError);
    expect(failure).toMatchObject({ message, code: "INVALID_OBJECT" });
    expect([item.isDirty(), item.ratio, requests.length]).toEqual([false, 0.5, 1]);
  });

  it("and what it can have is taken, from text too where it is a number", async () => {
    const { cb } = await edrServer({ "/api/item/1": { id: 1 } });
    const item = await cb.select(Item, 1);
    item.set({ count: "7", ratio: 1.25, when: new Date(0), state: "0", level: 2 } as never);
    expect([item.count, item.ratio, item.when, item.state, item.level]).toEqual([7, 1.25, new Date(0), 0, 2]);
  });
});

describe("a declaration", () => {
  it("gives a class that goes by the model's name", () => {
    const Plain = defineModel({ name: "Plain", path: "/api/plain", key: "id" }, { id: t.integer() });
    expect(Plain.name).toBe("Plain");
  });

  it.each([[null], [undefined], [{}], ["text"]])("refuses a member that is %j", (bad) => {
    const failure = catching(() => defineModel({ name: "X", path: "/x", key: "id" }, { id: t.integer(), bad }));
    expect(failure).toBeInstanceOf(ApiError);
    expect((failure as Error).message).toMatch(/^X\.bad is neither a field/);
  });

  it.each([[null], [{}]])("refuses a getter that gives %j when it is read", async (bad) => {
    const Odd = defineModel(
      { name: "Odd", path: "/api/odd", key: "id" },
      {
        id: t.integer(),
        get bad() {
          return bad;
        },
      },
    );
    const { cb } = await edrServer({ "/api/odd/1": { id: 1 } });
    const odd = await cb.select(Odd, 1);
    const failure = catching(() => odd.bad);
    expect(failure).toBeInstanceOf(ApiError);
    expect((failure as Error).message).toBe("Odd.bad is neither a relation nor a resource");
  });
});

function catching(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
