import type { ProgramRequest } from "../../endpoint/index.js";
import type { ProtectionContext } from "../context.js";
import { eventOf } from "../data/activity.js";
import { placeOf } from "../data/files.js";
import {
  COMPUTER,
  type ComputerRecord,
  FILE_CATALOG,
  FILE_INSTANCE,
  FILE_RULE,
  type FileCatalogRecord,
  type FileInstanceRecord,
  type FileRuleRecord,
  POLICY,
  recordsOf,
  stored,
} from "../objects/index.js";
import { BANNED, policiesOf, stateIn } from "./effective-state.js";
import { Judge } from "./judge.js";

/** The levels at which bans hold: in visibility agents look on, and where they are disabled they do nothing. */
const ENFORCING: readonly (number | null | undefined)[] = [20, 30, 35, 40];
/** Of a file in the catalogue: it was blocked somewhere. */
const BLOCKED = 0x20_0000;

/**
 * Whether the agent of a computer keeps a banned program from being started, which the server knows of at once: an event
 * tells it. Nothing is kept from starting before somebody has looked at App Control, as its computers are not there yet.
 */
export function preventStart(context: ProtectionContext, program: ProgramRequest): boolean {
  const { store, data } = context;
  if (!data.isReady) return false;
  const computer = recordsOf(store, COMPUTER).find("cbSensorId", program.sensorId);
  if (computer === undefined || computer.deleted === true || !ENFORCING.includes(computer.enforcementLevel)) {
    return false;
  }
  const files = recordsOf(store, FILE_CATALOG);
  const file = files.find("md5", program.md5.toLowerCase());
  const ban = banOf(context, computer, file, program);
  if (ban === undefined) return false;
  const { path: pathName, name: fileName } = placeOf(program.path);
  const parent = placeOf(program.parentPath ?? "");
  const policyName = recordsOf(store, POLICY).get(computer.policyId ?? 0)?.name ?? "";
  const event = eventOf("banned", context.now(), {
    ...{ computer, policyName, file: { ...(file ?? { id: 0 }), fileName, pathName } },
    more: {
      ...{ commandLine: program.commandLine, userName: program.username, banName: ban.rule?.name ?? "" },
      ...{ processPathName: parent.path, processFileName: parent.name },
    },
  });
  const events = store.collection("protection_event");
  const id = events.nextKey();
  events.put(id, { id, ...event });
  if (file !== undefined) files.put(file.id, { ...file, fileFlags: (file.fileFlags ?? 0) | BLOCKED });
  return true;
}

/** Why the agent of a computer takes a file for banned, with the rule where it is one; undefined where it does not. */
function banOf(
  context: ProtectionContext,
  computer: ComputerRecord,
  file: FileCatalogRecord | undefined,
  { path, md5 }: ProgramRequest,
): { rule: FileRuleRecord | undefined } | undefined {
  const { store, tasks, traits } = context;
  const policy = computer.policyId ?? undefined;
  // Agents know of what was ruled before they spoke with the server last.
  const { lastRound } = context.present();
  const { name } = placeOf(path);
  const rules = rulesFor(context, file ?? { id: 0, md5 }, name).filter(
    ({ dateModified }) => (dateModified ?? 0) < lastRound,
  );
  const instance = file === undefined ? undefined : instanceOn(context, computer.id, file.id);
  const judged = new Judge(store, tasks, traits.has8).of(file ?? { id: 0 });
  // Of a file that is there already the agent has a state; rules for names hold beside it.
  const own =
    instance === undefined ? { ...judged, rules } : { ...unsigned(judged.file), rules: rules.filter(isByName) };
  if (instance?.localState !== BANNED && stateIn(own, policy) !== BANNED) return undefined;
  const inForce = ({ fileState, ...rule }: FileRuleRecord): boolean =>
    fileState === BANNED && policiesOf(rule)?.includes(policy ?? 0) !== false;
  return { rule: rules.find(inForce) };
}

const unsigned = (
  file: FileCatalogRecord,
): { file: FileCatalogRecord; publisher: undefined; certificate: undefined } => ({
  ...{ file, publisher: undefined, certificate: undefined },
});

const isByName = ({ fileName }: FileRuleRecord): boolean => (fileName ?? "") !== "";

/** The rules for a file: by its id in the catalogue, by one of its hashes, by the name under which it is started. */
function rulesFor({ store }: ProtectionContext, file: FileCatalogRecord, name: string): FileRuleRecord[] {
  const hashes = [file.md5, file.sha1, file.sha256].flatMap((hash) => hash?.toLowerCase() || []);
  const rows = store.database.all<{ record: string }>(
    `SELECT record FROM object o WHERE kind = '${FILE_RULE.kept}' AND (
       (? <> 0 AND ${stored("o", "fileCatalogId")} = ?)
       OR lower(coalesce(${stored("o", "hash")}, '')) IN (SELECT value FROM json_each(?))
       OR lower(nullif(${stored("o", "fileName")}, '')) = ?)
     ORDER BY key`,
    [file.id, file.id, JSON.stringify(hashes), name],
  );
  return rows.map(({ record }) => JSON.parse(record) as FileRuleRecord);
}

function instanceOn({ store }: ProtectionContext, computer: number, file: number): FileInstanceRecord | undefined {
  const row = store.database.first<{ record: string }>(
    `SELECT record FROM object o WHERE kind = '${FILE_INSTANCE.kept}' AND ${stored("o", "fileCatalogId")} = ?
     AND ${stored("o", "computerId")} = ? LIMIT 1`,
    [file, computer],
  );
  return row === undefined ? undefined : (JSON.parse(row.record) as FileInstanceRecord);
}
