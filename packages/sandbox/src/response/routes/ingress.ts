import { type IngressFilterRecord, type IngressSettings, NEW_INGRESS_FILTER } from "../../domain/index.js";
import { HttpProblem, type Route, type SandboxRequest } from "../../server/product.js";
import { LONGEST_NAME, LONGEST_TEXT, readObject, WriteBody, wrongType } from "../../server/write-body.js";
import type { ResponseContext } from "../context.js";
import { ingressDocument } from "../documents/ingress.js";
import { present } from "../found.js";
import { tidyFilteredProcesses } from "../ingress/filtered-processes.js";
import { compilePattern, LONGEST_PATTERN, MOST_PATTERNS, Patience } from "../ingress/patterns.js";
import { requireAdministrator } from "../rights.js";

const PATH = "/api/v1/ingress_whitelist";
const FLAGS = [
  "enabled",
  "filter_on_sensor",
  "filter_on_server",
  "track_metrics",
  "global",
  "filter_all_events",
] as const;
const PATTERNS = [
  ...["path_filters", "cmdline_filters", "md5_filters", "regmod_filters", "modload_filters", "filemod_filters"],
  ...["non_binary_filemod_filters", "netconn_filters", "crossproc_filters"],
] as const satisfies readonly (keyof IngressFilterRecord)[];
const MAY_BE_GLOBS: ReadonlySet<string> = new Set(PATTERNS.filter((name) => !/^(cmdline|md5)_/.test(name)));
const LONGEST_ID = 128;

/** What is kept out as it comes in, on servers from 6.1. Everybody sees the filters; global administrators change them. */
export function ingressRoutes(context: ResponseContext): Route[] {
  if (!context.traits.ingressFilters) return [];
  const filters = context.store.collection("ingress_filter");
  const locate = ({ params }: SandboxRequest): IngressFilterRecord =>
    present(filters.get(params["id"] ?? ""), "Ingress filter");
  const documentOf = (record: IngressFilterRecord): Record<string, unknown> => ingressDocument(record, context.now());

  return [
    { method: "GET", path: PATH, handle: () => ({ status: 200, body: filters.all().map(documentOf) }) },
    {
      method: "POST",
      path: PATH,
      handle: (request) => {
        requireAdministrator(request, "Adding ingress filters");
        const list = request.json();
        if (!Array.isArray(list)) throw new HttpProblem(400, "The request body must be a list of ingress filters");
        const user = context.accounts.of(request).id;
        const now = context.now();
        const made = new Map<string, IngressFilterRecord>();
        for (const each of list) {
          const body = new WriteBody(each, "An ingress filter");
          body.require("id", "name", "description");
          const id = chooseId(body);
          if (made.has(id) || filters.get(id) !== undefined) {
            throw new HttpProblem(409, `Ingress filter already exists: ${id}`);
          }
          const authors = { create_timestamp: now, create_user_id: user, modify_timestamp: now, modify_user_id: user };
          made.set(id, {
            id,
            ...NEW_INGRESS_FILTER,
            ...readSettings(body),
            ...authors,
            version: 1,
            rate: { value: 0, at: now },
          });
        }
        // All of them or none.
        for (const record of made.values()) filters.put(record.id, record);
        return { status: 200, body: [...made.keys()] };
      },
    },
    {
      method: "GET",
      path: `${PATH}/:id`,
      handle: (request) => ({ status: 200, body: documentOf(locate(request)) }),
    },
    {
      method: "PUT",
      path: `${PATH}/:id`,
      handle: (request) => {
        requireAdministrator(request, "Changing ingress filters");
        const record = locate(request);
        const body = readObject(request);
        if ((body.text("id") ?? record.id) !== record.id) throw new HttpProblem(400, "id cannot be changed");
        const changed = {
          ...record,
          ...readSettings(body),
          modify_timestamp: context.now(),
          modify_user_id: context.accounts.of(request).id,
          version: record.version + 1,
        };
        filters.put(record.id, changed);
        tidyFilteredProcesses(context.store, filters.all());
        return { status: 200, body: documentOf(changed) };
      },
    },
    {
      method: "DELETE",
      path: `${PATH}/:id`,
      handle: (request) => {
        requireAdministrator(request, "Deleting ingress filters");
        filters.remove(locate(request).id);
        tidyFilteredProcesses(context.store, filters.all());
        return { status: 204 };
      },
    },
  ];
}

function chooseId(body: WriteBody): string {
  const id = body.text("id") ?? "";
  if (!/^[A-Za-z0-9-]+$/.test(id) || id.length > LONGEST_ID) {
    throw new HttpProblem(400, `id must be 1 to ${LONGEST_ID} letters, digits and dashes`);
  }
  return id;
}

/** The settings that are in the body, checked; what the server keeps itself is passed over. */
function readSettings(body: WriteBody): Partial<IngressSettings> {
  const settings: Partial<IngressSettings> = {};
  for (const name of ["name", "description"] as const) {
    const text = body.text(name, name === "name" ? LONGEST_NAME : LONGEST_TEXT);
    if (text !== undefined) settings[name] = text;
  }
  for (const name of FLAGS) {
    const flag = body.flag(name);
    if (flag !== undefined) settings[name] = flag;
  }
  for (const [name, least, most] of [["priority"], ["os_mask", 0, 7], ["descendant_filtering_level", -1]] as const) {
    const number = body.integer(name, least, most);
    if (number !== undefined) settings[name] = number;
  }
  for (const name of ["group_ids", "sensor_ids"] as const) {
    const ids = body.integers(name);
    if (ids !== undefined) settings[name] = [...new Set(ids)];
  }
  for (const name of PATTERNS) {
    const patterns = body.texts(name, LONGEST_PATTERN);
    if (patterns === undefined) continue;
    if (patterns.length > MOST_PATTERNS) throw wrongType(name, `a list of ${MOST_PATTERNS} patterns at most`);
    for (const pattern of patterns) checkPattern(name, pattern);
    settings[name] = patterns;
  }
  return settings;
}

function checkPattern(name: string, pattern: string): void {
  try {
    // Some expressions turn out to be too large only when they are run.
    compilePattern(pattern, { ignoreCase: false, globs: MAY_BE_GLOBS.has(name) })("", new Patience());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new HttpProblem(400, `${name}: ${error.message}`);
  }
}
