import { createHash } from "node:crypto";
import { Random } from "../../organisation/random.js";
import type { SandboxRequest } from "../../server/product.js";
import type { CloudContext } from "../context.js";
import { perContext } from "../per-context.js";

declare module "../../domain/objects.js" {
  interface ObjectRecords {
    /** Key: the number. */
    cloud_audit: AuditRecord;
    /** How far each connector has read a queue. Key: the queue, a slash, the connector. */
    cloud_queue: QueueRecord;
  }
}

/** What somebody did. */
export interface AuditRecord {
  id: number;
  actor: string;
  actor_ip: string;
  /** Milliseconds since 1970. */
  create_time: number;
  description: string;
  flagged: boolean;
  request_url: string | null;
  verbose: boolean;
}

/** The number of the last item that was handed over. */
export interface QueueRecord {
  last: number;
}

/** What can be said of an entry besides what was done. */
export type AuditDetails = Partial<Pick<AuditRecord, "flagged" | "verbose">>;

/** The audit log of the organisation, which all parts write to. */
export const auditOf = perContext((context) => new AuditLog(context));

const DAY = 86_400_000;
const HISTORY_DAYS = 14;

/** Who did what. What was done before the sandbox began is made up of the organisation's users when somebody asks first. */
export class AuditLog {
  readonly #context: CloudContext;

  constructor(context: CloudContext) {
    this.#context = context;
  }

  /** Notes what a request did. */
  note(request: Pick<SandboxRequest, "user" | "path">, description: string, details: AuditDetails = {}): void {
    const id = this.#kept().nextKey();
    this.#kept().put(id, {
      ...{ id, actor: request.user.username, actor_ip: "127.0.0.1", create_time: this.#context.now(), description },
      ...{ flagged: false, verbose: false, request_url: request.path, ...details },
    });
  }

  /** Everything, the oldest first. */
  all(): AuditRecord[] {
    return this.#kept().all();
  }

  /** What came since the same connector asked last; each entry is handed to it once, and to others as well. */
  take(connector: string): AuditRecord[] {
    return taken(this.#context, `audit/${connector}`, this.all());
  }

  #kept() {
    const { store, presence, seed } = this.#context;
    const kept = store.collection("cloud_audit");
    if (kept.size > 0) return kept;
    const users = store.collection("user").all();
    const random = new Random(`${seed}/cloud/audit`);
    const first = presence.start - HISTORY_DAYS * DAY;
    const drafts = users.flatMap(({ username, email }) =>
      Array.from({ length: random.between(2, 8) }, () => ({
        actor: email === "" ? username : email,
        create_time: first + random.between(0, HISTORY_DAYS * DAY - 1),
        address: addressOf(username),
        failed: random.chance(0.1),
      })),
    );
    drafts.sort((a, b) => a.create_time - b.create_time || (a.actor < b.actor ? -1 : 1));
    store.transaction(() => {
      for (const [index, { actor, create_time, address, failed }] of drafts.entries()) {
        kept.put(index + 1, {
          ...{
            id: index + 1,
            actor,
            actor_ip: address,
            create_time,
            flagged: failed,
            request_url: null,
            verbose: false,
          },
          description: failed ? `Login failed for ${actor}` : "Logged in successfully",
        });
      }
    });
    return kept;
  }
}

/** The address from which somebody logs on: from the ranges for documentation. */
function addressOf(username: string): string {
  const [low = 0] = createHash("sha256").update(username).digest();
  return `203.0.113.${1 + (low % 254)}`;
}

/** The number of the last item that a reader was given; 0 when he was given none. */
export const lastTaken = ({ store }: CloudContext, reader: string): number =>
  store.collection("cloud_queue").get(reader)?.last ?? 0;

/** Those of the items that a reader has not been given before; he has them now. */
export function taken<T extends { id: number }>(context: CloudContext, reader: string, items: readonly T[]): T[] {
  const last = lastTaken(context, reader);
  const fresh = items.filter(({ id }) => id > last);
  const end = fresh.at(-1)?.id;
  if (end !== undefined) context.store.collection("cloud_queue").put(reader, { last: end });
  return fresh;
}
