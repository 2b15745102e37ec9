import { Random } from "../../organisation/random.js";
import type { Steps } from "../../steps.js";
import type {
  ApprovalRequestRecord,
  ComputerRecord,
  EventRecord,
  FileCatalogRecord,
  FileInstanceRecord,
} from "../objects/index.js";
import { byComputer } from "./files.js";
import type { ObjectWriter } from "./writer.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What has happened in an organisation before anybody looks: events, requests, uploads, analyses. */
export interface Past {
  readonly writer: ObjectWriter;
  readonly seed: string;
  readonly start: number;
  readonly computers: readonly ComputerRecord[];
  readonly policyNames: ReadonlyMap<number, string>;
  readonly instances: readonly FileInstanceRecord[];
  readonly file: (id: number) => FileCatalogRecord | undefined;
}

/** Sorts of events: type, subtype, name, severity. */
const SORTS = {
  execution: [4, 801, "Execution block (unapproved file)", 5],
  banned: [4, 802, "Execution block (banned file)", 4],
  newFile: [5, 1003, "New unapproved file to computer", 6],
  policyChange: [2, 406, "Computer policy changed", 6],
  healthCheck: [2, 447, "Agent health check", 6],
  login: [1, 300, "Console user login", 6],
  approval: [6, 1100, "Approval request created", 5],
  ruleChange: [3, 405, "File rule changed", 5],
  malicious: [6, 1202, "Malicious file detected", 2],
  internal: [8, 900, "Internal event", 7],
} as const;
/** What an event is about, by a name of ours. */
export type EventSort = keyof typeof SORTS;

/** An event of a sort; what is told of its computer and file follows from these. */
export function eventOf(
  sort: EventSort,
  time: number,
  parts: {
    computer?: ComputerRecord;
    policyName?: string;
    file?: FileInstanceRecord | FileCatalogRecord;
    more?: Partial<EventRecord>;
  },
): Omit<EventRecord, "id"> {
  const [type, subtype, subtypeName, severity] = SORTS[sort];
  const { computer, file, more } = parts;
  const catalogId = file === undefined ? 0 : "fileCatalogId" in file ? file.fileCatalogId : file.id;
  return {
    ...{ timestamp: time, receivedTimestamp: time + 1500, type, subtype, subtypeName, severity },
    description: `${subtypeName}${file === undefined ? "" : `: ${file.pathName ?? ""}\\${file.fileName ?? ""}`}`,
    ...{
      ipAddress: computer?.ipAddress ?? "",
      computerId: computer?.id ?? 0,
      computerName: computer?.name ?? "System",
    },
    ...{ policyId: computer?.policyId ?? 0, policyName: parts.policyName ?? "" },
    ...{ fileCatalogId: catalogId ?? 0, installerFileCatalogId: 0, processFileCatalogId: 0 },
    ...{ userName: computer?.users ?? "admin", fileName: file?.fileName ?? "", pathName: file?.pathName ?? "" },
    ...{ commandLine: "", processPathName: "", processFileName: "", installerFileName: "", processKey: "" },
    ...{ ruleName: "", banName: "", updaterName: "", indicatorName: "", rapfigName: "" },
    ...{ param1: "", param2: "", param3: "", stringId: subtype },
    ...more,
  };
}

/** Somebody asks for a file that was blocked on his computer. */
export function requestFor(
  instance: FileInstanceRecord,
  computer: ComputerRecord,
  time: number,
  random: Random,
): Omit<ApprovalRequestRecord, "id"> {
  const user = computer.users ?? "user";
  return {
    ...{ fileCatalogId: instance.fileCatalogId ?? 0, installerFileCatalogId: 0, processFileCatalogId: 0 },
    ...{ computerId: computer.id, computerName: computer.name ?? "", dateCreated: time, dateModified: time },
    ...{ createdBy: user, createdByUserId: 0, modifiedBy: user, modifiedByUserId: 0 },
    ...{ enforcementLevel: computer.enforcementLevel ?? 40, resolution: 0, requestType: random.chance(0.8) ? 1 : 2 },
    requestorComments: random.pick(["I need this for my work", "Please approve", "Part of the new release", ""]),
    ...{ requestorEmail: `${user}@example.com`, priority: random.between(0, 2), resolutionComments: "", status: 1 },
    ...{ policyId: computer.policyId ?? 0, multipleBlocks: random.chance(0.2), fileName: instance.fileName ?? "" },
    ...{ pathName: instance.pathName ?? "", process: "c:\\windows\\explorer.exe", customRuleId: 0 },
    platform: computer.platformId === 1 ? "Windows" : computer.platformId === 2 ? "Mac" : "Linux",
  };
}

const EVENTS_PER_COMPUTER = 12;
const REQUESTS = 6;

export function* writePast(past: Past): Steps<void> {
  const { writer, start, computers, seed, instances, file } = past;
  const random = new Random(`${seed}/protection/past`);
  const ofComputers = byComputer(instances);
  const unapproved = instances.filter(({ localState }) => localState === 1);
  const events: Omit<EventRecord, "id">[] = [];
  for (const computer of computers) {
    yield;
    const own = ofComputers.get(computer.id) ?? [];
    const policyName = past.policyNames.get(computer.policyId ?? 0) ?? "";
    for (let n = 0; n < EVENTS_PER_COMPUTER; n++) {
      const sort = random.pick(["execution", "newFile", "newFile", "healthCheck", "internal", "policyChange"] as const);
      const about = sort === "execution" || sort === "newFile" ? own : [];
      const time = start - random.between(1, 14 * 24) * HOUR - random.between(0, 3_599_999);
      const more = about.length === 0 ? {} : { processPathName: "c:\\windows", processFileName: "explorer.exe" };
      const commandLine = sort === "execution" ? "explorer.exe /select" : "";
      events.push(
        eventOf(sort, time, {
          ...{ computer, policyName, more: { ...more, commandLine } },
          ...(about.length === 0 ? {} : { file: random.pick(about) }),
        }),
      );
    }
  }
  events.push(eventOf("login", start - 2 * HOUR, {}));
  events.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0));
  const kept = events.map((event) => writer.add("protection_event", event));
  yield;
  const wanted = unapproved.length > 0 ? unapproved : instances;
  for (let n = 0; n < REQUESTS && wanted.length > 0; n++) {
    const instance = random.pick(wanted);
    const computer = computers.find(({ id }) => id === instance.computerId);
    if (computer === undefined) continue;
    const time = start - (REQUESTS - n) * 5 * HOUR;
    const state = n === 0 ? { status: 3, resolution: 2, resolutionComments: "Known" } : n === 1 ? { status: 2 } : {};
    writer.add("protection_approvalRequest", { ...requestFor(instance, computer, time, random), ...state });
  }
  yield;
  writeMeters(past, kept, random);
  writeFileRequests(past, random);
  const [first, template] = [computers[0], computers[1]];
  if (first === undefined || template === undefined) return;
  writer.put("protection_driftReport", {
    ...{ id: 1, name: "Drift from the template", description: `${first.name ?? ""} against ${template.name ?? ""}` },
    ...{ createDate: start - 3 * DAY, modifiedDate: start - DAY },
  });
  const templates = new Set((ofComputers.get(template.id) ?? []).map(({ fileCatalogId }) => fileCatalogId));
  const drifted = (ofComputers.get(first.id) ?? []).filter(({ fileCatalogId }) => !templates.has(fileCatalogId));
  for (const instance of drifted.slice(0, 20)) {
    writer.add("protection_driftReportContents", {
      ...{ driftReportId: 1, computerId: first.id, fileCatalogId: instance.fileCatalogId ?? 0 },
      ...{ fileName: file(instance.fileCatalogId ?? 0)?.fileName ?? "", pathName: instance.pathName ?? "" },
    });
  }
}

function writeMeters({ writer, computers, instances }: Past, events: readonly EventRecord[], random: Random): void {
  const started = instances.filter(({ fileName }) => /^(cmd|powershell|net|reg)\.exe$/.test(fileName ?? ""));
  for (const instance of started.slice(0, 30)) {
    const event = random.pick(events);
    writer.add("protection_meteredExecution", {
      ...{ meterId: 1, name: "Tools of administrators", description: "Starts of shells and the like", type: 4 },
      ...{ data: instance.fileName ?? "", eventId: event.id, computerId: instance.computerId ?? 0 },
      ...{ fileCatalogId: instance.fileCatalogId ?? 0, timestamp: event.timestamp ?? 0 },
      userName: computers.find(({ id }) => id === instance.computerId)?.users ?? "",
    });
  }
}

/** A connector of the server's own and one from outside, what is to be analysed, and a file that was fetched. */
function writeFileRequests({ writer, instances, file, start }: Past, random: Random): void {
  const connector = { connectorVersion: "1.0", canAnalyze: true, enabled: true, analysisEnabled: true };
  const targets = ["Windows 7", "Windows 10"];
  writer.put("protection_connector", {
    ...{
      id: 1,
      name: "Built-in Analysis",
      analysisName: "Built-in Analysis",
      isInternal: true,
      analysisTargets: targets,
    },
    ...connector,
  });
  writer.put("protection_connector", {
    ...{ id: 2, name: "Detonation Lab", analysisName: "Detonation Lab", isInternal: false, analysisTargets: [] },
    ...connector,
  });
  if (instances.length === 0) return;
  const made = (
    time: number,
  ): { createdBy: string; createdByUserId: number; dateCreated: number; dateModified: number } => ({
    ...{ createdBy: "admin", createdByUserId: 1, dateCreated: time, dateModified: time },
  });
  const placed = (
    instance: FileInstanceRecord,
  ): Pick<FileInstanceRecord, "computerId" | "fileCatalogId" | "fileName" | "pathName"> => {
    const { computerId = 0, fileCatalogId = 0, fileName = "", pathName = "" } = instance;
    return { computerId, fileCatalogId, fileName, pathName };
  };
  const fetched = random.pick(instances);
  writer.put("protection_fileUpload", {
    ...{ id: 1, ...placed(fetched), ...made(start - DAY), priority: 0, uploadStatus: 3 },
    ...{ uploadPath: "\\\\files\\uploads\\1.zip", uploadedFileSize: file(fetched.fileCatalogId ?? 0)?.fileSize ?? 0 },
  });
  [3, 0].forEach((analysisStatus, index) => {
    const instance = random.pick(instances);
    const about = file(instance.fileCatalogId ?? 0);
    writer.put("protection_fileAnalysis", {
      ...{ id: index + 1, ...placed(instance), ...made(start - DAY), connectorId: 2, priority: 0, analysisStatus },
      ...{ analysisResult: analysisStatus === 3 ? 1 : 0, analysisTarget: "", uploaded: true },
      ...{ md5: about?.md5 ?? "", sha1: about?.sha1 ?? "", sha256: about?.sha256 ?? "" },
      ...{ uploadPath: `\\\\files\\uploads\\a${index + 1}.zip`, uploadedFileSize: about?.fileSize ?? 0 },
    });
  });
}
