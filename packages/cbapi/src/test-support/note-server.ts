import { edit } from "../core/model/assign.js";
import { defineModel } from "../core/model/define-model.js";
import { t } from "../core/model/fields.js";
import type { SaveOptions, WritePlan } from "../core/model/write-plan.js";
import type { CbResponseOptions } from "../response/client.js";
import { type Answer, edrServer } from "./edr-server.js";
import { JumpClock } from "./jump-clock.js";

/** An object of all that saving is about: what is required, parts of a list, and changes that go out by themselves. */
export class Note extends defineModel(
  {
    name: "Note",
    path: "/note",
    key: "id",
    writable: ["text", "tags", "on", "count", "password", "layout"],
    creatable: true,
    required: ["text"],
  },
  {
    id: t.integer(),
    text: t.string(),
    tags: t.array(t.string()),
    on: t.boolean(),
    count: t.integer(),
    password: t.string(),
    layout: t.json<readonly string[]>(),
  },
) {
  addTag(tag: string): void {
    edit<readonly string[]>(this, "tags", (tags) => (tags?.includes(tag) ? tags : [...(tags ?? []), tag]));
  }

  removeTag(tag: string): void {
    edit<readonly string[]>(this, "tags", (tags) =>
      tags?.includes(tag) === false ? tags : tags?.filter((each) => each !== tag),
    );
  }

  /** Gives it this tag when it has no list of tags at all. */
  tagByDefault(tag: string): void {
    edit<readonly string[]>(this, "tags", (tags) => tags ?? [tag]);
  }

  /** The list that is left without any tag is none. */
  clearTags(): void {
    edit<readonly string[]>(this, "tags", () => undefined);
  }

  addToLayout(part: string): void {
    edit<readonly string[]>(this, "layout", (layout) => [...(layout ?? []), part]);
  }

  /** Has these fields changed at once, and nothing else. */
  change(values: Readonly<Record<string, unknown>>, options?: SaveOptions): Promise<this | WritePlan | undefined> {
    return this.changeNow(values, options);
  }
}

export interface NoteServerState {
  /** Note 5, as the server has it; none when it was never made. */
  document: Record<string, unknown> | undefined;
  /** What it makes of a write, and what it answers; by default it does as it is told, and says so. */
  write: (method: string, body: Record<string, unknown>) => Answer | undefined | Promise<Answer | undefined>;
  /** What it answers instead of the note. */
  read: () => Answer | undefined | Promise<Answer | undefined>;
}

/** A server with note 5 on it. */
export async function noteServer(options: CbResponseOptions = {}) {
  const clock = new JumpClock();
  const server: NoteServerState = {
    document: { id: 5, text: "hello", tags: ["a"] },
    write: () => undefined,
    read: () => undefined,
  };
  const bodies: Record<string, unknown>[] = [];
  const route = async (_query: URLSearchParams, method: string, text: string): Promise<Answer> => {
    if (method === "GET") return (await server.read()) ?? server.document ?? { status: 404, text: "no such note" };
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    bodies.push(body);
    const answer = await server.write(method, body);
    if (answer !== undefined) return answer;
    server.document = method === "DELETE" ? undefined : { ...server.document, ...body, id: 5 };
    return method === "POST" ? { id: 5 } : { result: "success" };
  };
  const edr = await edrServer({ "/note": route, "/note/5": route }, { clock, ...options });
  return { ...edr, clock, server, bodies };
}
