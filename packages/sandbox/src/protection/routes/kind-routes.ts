import { readId } from "../../server/ids.js";
import { HttpProblem, type Route, type SandboxReply, type SandboxRequest } from "../../server/product.js";
import type { SqlText } from "../../store/database.js";
import type { ProtectionContext } from "../context.js";
import { type Fields, type Kind, type RecordOf, recordsOf } from "../objects/index.js";
import { type Right, requireRights } from "../rights.js";
import { Parameters } from "../search/parameters.js";
import { documentsOf, type SearchOptions, search } from "../search/search.js";
import { readChanges } from "./changes.js";

export const API = "/api/bit9platform/v1";

/** A write as it is carried out. */
export interface Write {
  readonly request: SandboxRequest;
  readonly parameters: Parameters;
  readonly now: number;
  readonly username: string;
}

type Changes<F extends Fields> = Partial<Omit<RecordOf<F>, "id">>;

/** What can be done with objects of a kind besides being read, and what is checked then. */
export interface Definition<F extends Fields> {
  readonly kind: Kind<F>;
  /** Who may write, besides having to be able to read; nobody where it is left out. */
  readonly write?: readonly Right[];
  /** Whether writing came with 8.0. */
  readonly writeSince8?: boolean;
  /** False where objects can only be sent. */
  readonly readable?: boolean;
  /** Whether objects are known by their place in the answer only, which is their id there. */
  readonly byPlace?: boolean;
  /** What the routes take besides what all of them do. */
  readonly reading?: readonly string[];
  readonly writing?: readonly string[];
  /** Parameters that let fields be written: the fields' gate by the parameter's name, and what that needs. */
  readonly gates?: Readonly<Record<string, { parameter: string; right: Right }>>;
  /** What an object is made of; there can be no new ones where it is left out. */
  create?(changes: Changes<F>, write: Write): Omit<RecordOf<F>, "id">;
  /** The object that a POST without an id is about, if it is there already. */
  find?(changes: Changes<F>, write: Write): RecordOf<F> | undefined;
  /** What becomes of an object; refuses. Where it is left out nothing can be changed. */
  change?(before: RecordOf<F>, changes: Changes<F>, write: Write): RecordOf<F>;
  /** What is left of an object that is deleted: nothing where it returns undefined. */
  remove?(record: RecordOf<F>, write: Write): RecordOf<F> | undefined;
  /** What else a write brings about. */
  written?(after: RecordOf<F> | undefined, before: RecordOf<F> | undefined, write: Write): void;
  /** A write that is something else: answers it. */
  instead?(record: RecordOf<F> | undefined, write: Write): SandboxReply | undefined;
  /** Whether PUT without an id in the path takes it from the body. */
  readonly putWithoutId?: boolean;
  /** Brings what is read up to the present. */
  prepare?(now: number): void;
  /** What a list is limited by besides its conditions. */
  listing?(parameters: Parameters, now: number): Partial<SearchOptions> & { only?: SqlText };
  /** The answer to `downloadFile=true`. */
  download?(record: RecordOf<F>, request: SandboxRequest): SandboxReply;
}

/** The routes of a kind: GET of a list and of one, POST, PUT and DELETE, as far as it has them. */
export function kindRoutes<F extends Fields>(context: ProtectionContext, definition: Definition<F>): Route[] {
  const { kind, readable = true, write: rights } = definition;
  const { has8 } = context.traits;
  if (kind.since !== undefined && !has8) return [];
  const base = `${API}/${kind.name}`;
  const reads = reader(context, definition);
  const writes = writer(context, definition);
  const routes: Route[] = [];
  const { data } = context;
  const route = (method: Route["method"], path: string, handle: Route["handle"]): void => {
    const whenReady: Route["handle"] = (request) =>
      data.isReady ? handle(request) : data.ensure().then(() => handle(request));
    routes.push({ method, path, anyCase: true, handle: whenReady });
  };
  if (readable) {
    route("GET", base, reads.list);
    route("GET", `${base}/:id`, reads.one);
  }
  if (rights === undefined || (definition.writeSince8 === true && !has8)) return routes;
  if (definition.create !== undefined || definition.change !== undefined) route("POST", base, writes.post);
  if (definition.change !== undefined) route("PUT", `${base}/:id`, writes.put);
  if (definition.putWithoutId === true) route("PUT", base, writes.put);
  if (definition.remove !== undefined) route("DELETE", `${base}/:id`, writes.remove);
  return routes;
}

function reader<F extends Fields>(
  context: ProtectionContext,
  definition: Definition<F>,
): Record<"list" | "one", (request: SandboxRequest) => SandboxReply> {
  const { kind, reading = [] } = definition;
  const known = [...reading, ...(definition.download === undefined ? [] : ["downloadFile", "id"])];
  const begin = (request: SandboxRequest): Parameters => {
    requireRights(request.user, [kind.view]);
    const parameters = new Parameters(request.query, known);
    definition.prepare?.(context.now());
    return parameters;
  };
  const list = (request: SandboxRequest, parameters: Parameters): unknown => {
    const answer = search(context.store, kind, context.reader(request.user), parameters, {
      oneBasedOffset: context.behaviour.oneBasedOffset,
      ...definition.listing?.(parameters, context.now()),
    });
    if (!Array.isArray(answer) || parameters.one("group") !== undefined) return answer;
    const rows = answer.map((row: Record<string, unknown>) => withoutNulls(context, row));
    return definition.byPlace === true ? rows.map((row, index) => ({ ...row, id: index + 1 })) : rows;
  };
  const one = (request: SandboxRequest, id: string | undefined, parameters: Parameters): SandboxReply => {
    if (definition.byPlace === true) {
      const row = (list(request, parameters) as unknown[])[(readId(id) ?? 0) - 1];
      if (row === undefined) throw new HttpProblem(404, `There is no ${kind.name} ${id ?? ""}`);
      return { status: 200, body: row };
    }
    const record = located(context, kind, id);
    if (definition.download !== undefined && parameters.flag("downloadFile") === true) {
      return definition.download(record, request);
    }
    const expand = parameters.all("expand").flatMap((names) => names.split(","));
    return { status: 200, body: documentOf(context, kind, request, record.id, expand) };
  };
  return {
    list: (request) => {
      const parameters = begin(request);
      // The form that the vendor's first client has.
      if (parameters.flag("downloadFile") === true) return one(request, parameters.one("id"), parameters);
      return { status: 200, body: list(request, parameters) };
    },
    one: (request) => one(request, request.params["id"], begin(request)),
  };
}

function writer<F extends Fields>(
  context: ProtectionContext,
  definition: Definition<F>,
): Record<"post" | "put" | "remove", (request: SandboxRequest) => SandboxReply> {
  const { kind, write: rights = [], writing = [], gates = {} } = definition;
  const objects = recordsOf(context.store, kind);
  const begin = (request: SandboxRequest): Write => {
    requireRights(request.user, [kind.view, ...rights]);
    const parameters = new Parameters(request.query, writing);
    return { request, parameters, now: context.now(), username: request.user.username };
  };
  const bodyOf = (write: Write): { id: number | undefined; changes: Changes<F> } => {
    const open = Object.entries(gates).filter(([, { parameter }]) => write.parameters.flag(parameter) === true);
    requireRights(
      write.request.user,
      open.map(([, { right }]) => right),
    );
    const names = open.map(([gate]) => gate);
    return readChanges(context, kind, write.request, names) as { id: number | undefined; changes: Changes<F> };
  };
  const stamped = (record: RecordOf<F>, write: Write, isNew: boolean): RecordOf<F> =>
    ({ ...record, ...stampOf(context, kind, write, isNew) }) as RecordOf<F>;
  const update = (before: RecordOf<F>, changes: Changes<F>, write: Write): SandboxReply => {
    const other = definition.instead?.(before, write);
    if (other !== undefined) return other;
    if (definition.change === undefined) throw new HttpProblem(405, `A ${kind.name} cannot be changed`);
    const after = stamped(definition.change(before, changes, write), write, false);
    objects.put(after.id, after);
    definition.written?.(after, before, write);
    return answer(context, kind, write.request, after.id, 200);
  };
  return {
    post: (request) => {
      const write = begin(request);
      const { id, changes } = bodyOf(write);
      const before = id === undefined ? definition.find?.(changes, write) : located(context, kind, String(id));
      if (before !== undefined) return update(before, changes, write);
      if (definition.create === undefined) {
        throw new HttpProblem(400, `A ${kind.name} cannot be made here: the body names none by its id`);
      }
      const other = definition.instead?.(undefined, write);
      if (other !== undefined) return other;
      const made = definition.create(changes, write);
      const record = stamped({ ...made, id: objects.nextKey() } as RecordOf<F>, write, true);
      objects.put(record.id, record);
      definition.written?.(record, undefined, write);
      return answer(context, kind, request, record.id, 201);
    },
    put: (request) => {
      const write = begin(request);
      const { id, changes } = bodyOf(write);
      return update(located(context, kind, request.params["id"] ?? String(id ?? "")), changes, write);
    },
    remove: (request) => {
      const write = begin(request);
      const before = located(context, kind, request.params["id"]);
      const rest = definition.remove?.(before, write);
      if (rest === undefined) objects.remove(before.id);
      else objects.put(rest.id, stamped(rest, write, false));
      definition.written?.(rest, before, write);
      return { status: 200 };
    },
  };
}

function located<F extends Fields>(context: ProtectionContext, kind: Kind<F>, id: string | undefined): RecordOf<F> {
  const key = readId(id);
  const record = key === undefined ? undefined : recordsOf(context.store, kind).get(key);
  // Of those that are kept together, each is of one kind.
  const of = kind.kept === "protection_event" ? kind.listed?.("o") : undefined;
  const others =
    of !== undefined &&
    context.store.database.count(`SELECT count(*) AS n FROM object o WHERE kind = ? AND key = ? AND ${of}`, [
      ...[kind.kept, key ?? 0],
    ]) === 0;
  if (record === undefined || others) throw new HttpProblem(404, `There is no ${kind.name} ${id ?? ""}`);
  return record;
}

function documentOf(
  context: ProtectionContext,
  kind: Kind,
  { user }: SandboxRequest,
  id: number,
  expand: readonly string[] = [],
): Record<string, unknown> {
  const [document = {}] = documentsOf(context.store, kind, context.reader(user), [id], expand);
  return withoutNulls(context, document);
}

function withoutNulls({ behaviour }: ProtectionContext, document: Record<string, unknown>): Record<string, unknown> {
  if (!behaviour.omitNulls) return document;
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null));
}

function answer(
  context: ProtectionContext,
  kind: Kind,
  request: SandboxRequest,
  id: number,
  status: 200 | 201,
): SandboxReply {
  const headers = { Location: `${context.url()}${API}/${kind.name}/${id}` };
  const { writeAnswers } = context.behaviour;
  if (writeAnswers === "empty") return { status, headers };
  return { status, headers, body: writeAnswers === "id" ? { id } : documentOf(context, kind, request, id) };
}

/** Who has written it and when, as far as objects of the kind say so. */
function stampOf(
  context: ProtectionContext,
  { fields }: Kind,
  { now, username }: Write,
  isNew: boolean,
): Record<string, unknown> {
  const user = context.store.collection("protection_user").find("name", username)?.id ?? 0;
  const changed = { dateModified: now, modifiedBy: username, modifiedByUser: username, modifiedByUserId: user };
  const made = { dateCreated: now, createdBy: username, createdByUserId: user };
  return Object.fromEntries(
    Object.entries({ ...changed, ...(isNew ? made : {}) }).filter(([name]) => Object.hasOwn(fields, name)),
  );
}
