import type { BinaryRecord } from "../../domain/index.js";
import type { Steps } from "../../steps.js";
import { findSensors } from "../../store/endpoints.js";
import type { Store } from "../../store/index.js";
import {
  CERTIFICATE,
  type CertificateRecord,
  COMPUTER,
  type ComputerRecord,
  FILE_CATALOG,
  FILE_INSTANCE,
  type FileCatalogRecord,
  type FileInstanceRecord,
  type FileRuleRecord,
  POLICY,
  PUBLISHER,
  type PublisherRecord,
  recordsOf,
  stored,
} from "../objects/index.js";
import { localStates, stateIn, statesOf } from "../simulation/effective-state.js";
import type { VersionTraits } from "../version.js";
import { eventOf } from "./activity.js";
import { computerIdOf, computerOf, GUIDE_COMPUTER, guideComputer } from "./computers.js";
import { byComputer, fileOf, instanceOf } from "./files.js";
import { firstRules } from "./first-rules.js";
import { Signers } from "./signatures.js";
import type { ObjectWriter } from "./writer.js";

/** Where computers and files come from. */
export interface IntakeParts {
  readonly store: Store;
  readonly seed: number | string;
  readonly start: number;
  readonly traits: VersionTraits;
  readonly now: () => number;
}

/** What there is afterwards; of instances, those that are new. */
export interface TakenIn {
  readonly computers: ComputerRecord[];
  readonly instances: FileInstanceRecord[];
  readonly files: Map<number, FileCatalogRecord>;
}

/** Adds the computers, files and instances that the organisation has and App Control has not; `later` than the first ones. */
export function takeIn(parts: IntakeParts, writer: ObjectWriter, later: boolean): Steps<TakenIn> {
  return new Intake(parts).all(writer, later);
}

interface Placed {
  md5: string;
  sensor_id: number;
}

/** So many of the guide's computer's files there are. */
const GUIDE_FILES = 40;

class Intake {
  readonly #parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  *all(writer: ObjectWriter, later: boolean): Steps<TakenIn> {
    const { store, start, seed } = this.#parts;
    const text = String(seed);
    const policies = recordsOf(store, POLICY).all();
    const computers = new Map(
      recordsOf(store, COMPUTER)
        .all()
        .map((each) => [each.id, each]),
    );
    const sensors = findSensors(store);
    const added = [
      ...(sensors.length > 0 && !computers.has(GUIDE_COMPUTER) ? [guideComputer(policies, text, start)] : []),
      ...sensors.filter(({ id }) => !computers.has(computerIdOf(id))).map((each) => computerOf(each, policies, text)),
    ];
    for (const computer of added) {
      computers.set(computer.id, computer);
      writer.put("protection_computer", computer);
    }
    yield;
    const files = yield* this.#files(writer);
    const instances = yield* this.#instances(writer, files, computers, added, later);
    return { computers: [...computers.values()], instances, files: files.byId };
  }

  /** The catalogue, with what is new in it. */
  *#files(writer: ObjectWriter): Steps<Files> {
    const { store, seed, start, traits } = this.#parts;
    const catalogue = recordsOf(store, FILE_CATALOG).all();
    const byHash = new Map(catalogue.map((file) => [file.md5 ?? "", file]));
    const byId = new Map(catalogue.map((file) => [file.id, file]));
    const publishers = recordsOf(store, PUBLISHER).all();
    const certificates = recordsOf(store, CERTIFICATE).all();
    const { everywhere } = traits;
    const signers = new Signers(writer, { seed: String(seed), start, everywhere }, { publishers, certificates });
    const binaries = new Map<string, BinaryRecord>();
    const places = this.#places();
    yield;
    const firstSeen = new Map<string, number>();
    for (const { md5, sensor_id } of places) if (!firstSeen.has(md5)) firstSeen.set(md5, computerIdOf(sensor_id));
    const rules = store.collection("protection_fileRule");
    let next = writer.next("protection_fileCatalog");
    const signed = new Map<number, { publisher: PublisherRecord; certificate: CertificateRecord } | undefined>();
    const rows = store.database.all<{ md5: string; record: string }>("SELECT md5, record FROM binary ORDER BY doc");
    for (const { md5, record } of rows) {
      yield;
      const binary = JSON.parse(record) as BinaryRecord;
      binaries.set(md5, binary);
      if (byHash.has(md5)) continue;
      const computerId = firstSeen.get(md5) ?? GUIDE_COMPUTER;
      const by = signers.of(binary, computerId);
      const file = fileOf(next, binary, computerId, by);
      next += 1;
      signed.set(file.id, by);
      byHash.set(md5, file);
      byId.set(file.id, file);
    }
    const fresh = [...signed.keys()].flatMap((id) => byId.get(id) ?? []);
    const known = rules.all();
    if (known.length === 0) known.push(...firstRules(writer, fresh, start, everywhere));
    const ofFile = new Map<number, FileRuleRecord[]>();
    for (const rule of known) {
      yield;
      const { hash, fileCatalogId } = rule;
      // A rule may have been waiting for its file.
      const met =
        (fileCatalogId ?? 0) !== 0 || (hash ?? "") === ""
          ? undefined
          : fresh.find(({ md5, sha1, sha256 }) => [md5, sha1, sha256].includes((hash ?? "").toLowerCase()));
      if (met !== undefined) rules.put(rule.id, { ...rule, fileCatalogId: met.id });
      const id = met?.id ?? fileCatalogId ?? 0;
      ofFile.set(id, [...(ofFile.get(id) ?? []), rule]);
    }
    for (const file of fresh) {
      yield;
      const judged = { file, rules: ofFile.get(file.id) ?? [], ...asSigned(signed.get(file.id)) };
      Object.assign(file, statesOf(judged, traits.has8));
      writer.put("protection_fileCatalog", file);
    }
    return { byHash, byId, binaries, places, rulesOf: (id) => ofFile.get(id) ?? [], signers };
  }

  *#instances(
    writer: ObjectWriter,
    files: Files,
    computers: ReadonlyMap<number, ComputerRecord>,
    added: readonly ComputerRecord[],
    later: boolean,
  ): Steps<FileInstanceRecord[]> {
    const { store, now } = this.#parts;
    const known = new Set(
      store.database
        .all<{ n: string }>(
          `SELECT ${stored("o", "computerId")} || '/' || ${stored("o", "fileCatalogId")} AS n FROM object o WHERE kind = '${FILE_INSTANCE.kept}'`,
        )
        .map(({ n }) => n),
    );
    const windows = [...files.binaries].filter(([, { os_type }]) => os_type === "Windows").slice(0, GUIDE_FILES);
    const wanted = [
      ...(added.some(({ id }) => id === GUIDE_COMPUTER) ? windows.map(([md5]) => ({ md5, id: GUIDE_COMPUTER })) : []),
      ...files.places.map(({ md5, sensor_id }) => ({ md5, id: computerIdOf(sensor_id) })),
    ];
    const groups = new Map<number, number>();
    const made: FileInstanceRecord[] = [];
    let next = writer.next("protection_fileInstance");
    for (const { md5, id } of wanted) {
      yield;
      const [file, binary, computer] = [files.byHash.get(md5), files.binaries.get(md5), computers.get(id)];
      if (file === undefined || binary === undefined || computer === undefined || known.has(`${id}/${file.id}`))
        continue;
      known.add(`${id}/${file.id}`);
      const group = groups.get(id) ?? writeGroup(writer, file, computer, later);
      groups.set(id, group);
      const instance = instanceOf(next, file, binary, id, group);
      next += 1;
      const judged = { file, rules: files.rulesOf(file.id), ...asSigned(files.signers.of(binary, id)) };
      // While everything is approved on the spot, agents say so by themselves.
      const detailed = later && computer.localApproval === true ? 7 : 14;
      Object.assign(instance, localStates(stateIn(judged, computer.policyId ?? undefined), detailed));
      if (later) {
        instance.dateCreated = now();
        if (instance.localState === 1) {
          writer.add("protection_event", eventOf("newFile", now(), { computer, file: instance }));
        }
      }
      writer.put("protection_fileInstance", instance);
      made.push(instance);
    }
    if (!later) writeDeleted(writer, made);
    return made;
  }

  /** As one text: handing over rows one by one is what costs most. */
  #places(): Placed[] {
    const row = this.#parts.store.database.first<{ list: string }>(
      `SELECT json_group_array(json_array(md5, sensor_id)) AS list FROM (SELECT b.md5, h.sensor_id FROM binary_host h
       JOIN binary b ON b.md5_value = h.md5_value ORDER BY h.sensor_id, b.doc LIMIT -1)`,
    );
    const list = JSON.parse(row?.list ?? "[]") as [string, number][];
    return list.map(([md5, sensor_id]) => ({ md5, sensor_id }));
  }
}

interface Files {
  readonly byHash: Map<string, FileCatalogRecord>;
  readonly byId: Map<number, FileCatalogRecord>;
  readonly binaries: Map<string, BinaryRecord>;
  readonly places: readonly Placed[];
  readonly rulesOf: (file: number) => readonly FileRuleRecord[];
  readonly signers: Signers;
}

const asSigned = (
  by: { publisher: PublisherRecord; certificate: CertificateRecord } | undefined,
): { publisher: PublisherRecord | undefined; certificate: CertificateRecord | undefined } => ({
  ...{ publisher: by?.publisher, certificate: by?.certificate },
});

function writeGroup(writer: ObjectWriter, file: FileCatalogRecord, computer: ComputerRecord, later: boolean): number {
  return writer.add("protection_fileInstanceGroup", {
    ...{ fileCatalogId: file.id, computerId: computer.id, dateCreated: computer.dateCreated ?? 0 },
    ...{ fileName: file.fileName ?? "", pathName: file.pathName ?? "", userName: computer.users ?? "" },
    ...{ groupType: later ? 1 : 0, installedProgramName: file.installedProgramName ?? "" },
  }).id;
}

/** A file of each computer is gone. */
function writeDeleted(writer: ObjectWriter, instances: readonly FileInstanceRecord[]): void {
  for (const [computerId, [first]] of byComputer(instances)) {
    if (first === undefined) continue;
    writer.add("protection_fileInstanceDeleted", {
      ...{ fileInstanceGroupId: first.fileInstanceGroupId ?? 0, fileCatalogId: first.fileCatalogId ?? 0, computerId },
      ...{ dateCreated: first.dateCreated ?? 0, dateDeleted: (first.dateCreated ?? 0) + 86_400_000 },
      ...{ fileName: `old-${first.fileName ?? ""}`, pathName: first.pathName ?? "" },
      ...{ detachedPublisherId: 0, detachedCertificateId: 0 },
    });
  }
}
