import { isCheckinRound } from "../../endpoint/presence.js";
import { Random } from "../../organisation/random.js";
import type { ProtectionContext } from "../context.js";
import { eventOf, requestFor } from "../data/activity.js";
import { APPROVAL_REQUEST, COMPUTER, FILE_INSTANCE, type FileInstanceRecord, recordsOf } from "../objects/index.js";

/** A user asks for a file every so many ticks. */
const REQUEST_TICKS = 60;

/** What goes on by itself at a tick, from the moment at which somebody wants to know. */
export function tickOf(context: ProtectionContext): (tick: number, now: number) => void {
  const { data, tasks, presence } = context;
  return (tick, now) => {
    const isCheckin = isCheckinRound(presence, tick, now);
    if (!data.isReady) return;
    tasks.tick(isCheckin);
    if (isCheckin) data.adopt();
    if (tick % REQUEST_TICKS === 0) requestApproval(context, now);
  };
}

/** Somebody asks for a file that is not approved on his computer. */
function requestApproval({ store, seed }: ProtectionContext, now: number): void {
  const requests = recordsOf(store, APPROVAL_REQUEST);
  const id = requests.nextKey();
  const random = new Random(`${seed}/protection/request/${id}`);
  const wanted = store.database.all<{ record: string }>(
    `SELECT o.record FROM object o WHERE o.kind = '${FILE_INSTANCE.kept}' AND json_extract(o.record, '$.localState') = 1
     ORDER BY o.key LIMIT 1000`,
  );
  if (wanted.length === 0) return;
  const instance = JSON.parse(random.pick(wanted).record) as FileInstanceRecord;
  const computer = recordsOf(store, COMPUTER).get(instance.computerId ?? 0);
  if (computer === undefined) return;
  requests.put(id, { id, ...requestFor(instance, computer, now, random) });
  const events = store.collection("protection_event");
  const event = events.nextKey();
  events.put(event, { id: event, ...eventOf("approval", now, { computer, file: instance }) });
}
