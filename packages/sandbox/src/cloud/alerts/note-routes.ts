import { HttpProblem, type SandboxRequest } from "../../server/product.js";
import { LONGEST_NAME, readObject } from "../../server/write-body.js";
import type { CloudContext } from "../context.js";
import type { CloudRoute } from "../part.js";
import { alertsOf } from "./alerts.js";
import { AlertChanges, noteOf } from "./changes.js";
import { iso } from "./facts.js";
import type { AlertRecord, Note, ThreatRecord } from "./record.js";

const ORG = "/api/alerts/v7/orgs/:org";
const LONGEST_NOTE = 20_000;

const listed = (notes: readonly Note[]) => ({ num_found: notes.length, num_available: notes.length, results: notes });

/** Notes about alerts and threats, and the tags of threats. */
export function noteRoutes(context: CloudContext): CloudRoute[] {
  const alerts = alertsOf(context);
  const changes = new AlertChanges(context);
  const alertIn = ({ params }: SandboxRequest): AlertRecord => {
    const found = alerts.get(params["id"] ?? "");
    if (found === undefined || found.shown.type === "VMWARE") {
      throw new HttpProblem(404, `Alert ${params["id"]} was not found`);
    }
    return found;
  };
  const threatIn = ({ params }: SandboxRequest): ThreatRecord => {
    const id = params["threat"] ?? "";
    if (alerts.ofThreat(id).length === 0) throw new HttpProblem(404, `Threat ${id} was not found`);
    return alerts.threat(id);
  };
  const text = (request: SandboxRequest): string => {
    const body = readObject(request);
    body.require("note");
    const note = body.text("note", LONGEST_NOTE) ?? "";
    if (note === "") throw new HttpProblem(400, "note must not be empty");
    return note;
  };
  const without = (notes: readonly Note[], id: string | undefined): Note[] => {
    if (!notes.some((note) => note.id === id)) throw new HttpProblem(404, `Note ${id} was not found`);
    return notes.filter((note) => note.id !== id);
  };
  /** Keeps a threat, of which each of its alerts tells. */
  const keep = (threat: ThreatRecord): void => {
    const records = alerts.ofThreat(threat.id);
    alerts.putThreat(threat);
    context.store.transaction(() => {
      for (const record of records) {
        const told = { tags: threat.tags, threat_notes_present: threat.notes.length > 0 };
        alerts.put({ ...record, shown: { ...record.shown, ...told } });
      }
    });
  };
  const noteRight = (verb: string): { needs: string } => ({ needs: `org.alerts.notes(${verb})` });
  const tagRight = (verb: string): { needs: string } => ({ needs: `org.alerts.tags(${verb})` });
  return [
    {
      ...{ method: "GET", path: `${ORG}/alerts/:id/notes`, ...noteRight("READ") },
      handle: (request) => ({ status: 200, body: listed(alertIn(request).notes) }),
    },
    {
      ...{ method: "POST", path: `${ORG}/alerts/:id/notes`, ...noteRight("CREATE") },
      handle: (request) => {
        const changed = changes.apply(alertIn(request), { note: text(request) }, request.user.username);
        return { status: 200, body: changed.notes.at(-1) };
      },
    },
    {
      ...{ method: "DELETE", path: `${ORG}/alerts/:id/notes/:note`, ...noteRight("DELETE") },
      handle: (request) => {
        const record = alertIn(request);
        const notes = without(record.notes, request.params["note"]);
        alerts.put({ ...record, notes, shown: { ...record.shown, alert_notes_present: notes.length > 0 } });
        return { status: 204 };
      },
    },
    {
      ...{ method: "GET", path: `${ORG}/threats/:threat/notes`, ...noteRight("READ") },
      handle: (request) => ({ status: 200, body: listed(threatIn(request).notes) }),
    },
    {
      ...{ method: "POST", path: `${ORG}/threats/:threat/notes`, ...noteRight("CREATE") },
      handle: (request) => {
        const threat = threatIn(request);
        const now = context.now();
        const who = request.user.username;
        const note = noteOf(`${threat.id}/${threat.notes.length}/${now}`, text(request), who, now);
        const told = { type: "NOTE", threat_id: threat.id, timestamp: iso(now), changed_by: who, note_id: note.id };
        const history = [...threat.history, { ...told, note: note.note }];
        keep({ ...threat, notes: [...threat.notes, note], history });
        return { status: 200, body: note };
      },
    },
    {
      ...{ method: "DELETE", path: `${ORG}/threats/:threat/notes/:note`, ...noteRight("DELETE") },
      handle: (request) => {
        const threat = threatIn(request);
        keep({ ...threat, notes: without(threat.notes, request.params["note"]) });
        return { status: 204 };
      },
    },
    {
      ...{ method: "GET", path: `${ORG}/threats/:threat/tags`, ...tagRight("READ") },
      handle: (request) => ({ status: 200, body: { list: threatIn(request).tags } }),
    },
    {
      ...{ method: "POST", path: `${ORG}/threats/:threat/tags`, ...tagRight("CREATE") },
      handle: (request) => {
        const threat = threatIn(request);
        const body = readObject(request);
        body.require("tags");
        const wanted = body.texts("tags", LONGEST_NAME) ?? [];
        if (wanted.length === 0 || wanted.some((tag) => tag.trim() === "")) {
          throw new HttpProblem(400, "tags must be a list of texts that are not empty");
        }
        const tags = [...new Set([...threat.tags, ...wanted])];
        keep({ ...threat, tags });
        return { status: 200, body: { tags } };
      },
    },
    {
      ...{ method: "DELETE", path: `${ORG}/threats/:threat/tags/:tag`, ...tagRight("DELETE") },
      handle: (request) => {
        const threat = threatIn(request);
        const { tag } = request.params;
        if (!threat.tags.includes(tag ?? "")) throw new HttpProblem(404, `Tag ${tag} was not found`);
        const tags = threat.tags.filter((each) => each !== tag);
        keep({ ...threat, tags });
        return { status: 200, body: { tags } };
      },
    },
  ];
}
