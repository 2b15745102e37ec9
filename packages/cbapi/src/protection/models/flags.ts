// Integers whose bits stand for words, and how they are read and made by these words.

/** The bits of a field by their words. */
export type Flags = Readonly<Record<string, number>>;

/** `computer.syncFlags`: what an agent has still to do before it is up to date. */
export const SyncFlag = {
  Initializing: 0x01,
  FullCacheResync: 0x02,
  ConfigListOutOfDate: 0x08,
  EnforcementOutOfDate: 0x10,
  KernelNotConnected: 0x20,
  ClockOutOfSync: 0x40,
  HealthCheckFailed: 0x80,
  CloneTracksNewFilesOnly: 0x100,
  /** Linux. */
  KernelUnsupported: 0x200,
} as const;

/** `computer.refreshFlags`: what an agent is asked to do. */
export const RefreshFlag = {
  /** Sends its tables of files and of installers anew. */
  FullResync: 0x01,
  RescanInstalledPrograms: 0x02,
  RefreshConfigList: 0x20,
  /** Registers again with a new cookie. */
  Reregister: 0x40,
  /** Restarts the computer. */
  Reboot: 0x200,
  RefreshConfigListFromFile: 0x1000,
  PermanentPriority: 0x4000,
} as const;

/** `computer.debugFlags`: the diagnostics that an agent is asked for. */
export const DebugFlag = {
  UploadDebugFiles: 0x01,
  FullMemoryDumps: 0x10,
  CopyAgentCache: 0x20,
  DeleteDebugFiles: 0x40,
  UploadAgentCache: 0x80,
  VerboseCacheCopy: 0x200,
  UploadAnalysis: 0x400,
  HealthCheck: 0x800,
} as const;

/** `computer.ccFlags`: how a check of an agent's cache goes about it. */
export const CacheCheckFlag = {
  TestRun: 0x1,
  PreserveStateOfInvalidFiles: 0x2,
  LocallyApproveNewFiles: 0x4,
  ReevaluateCertificates: 0x8,
  Scheduled: 0x10,
  ConstraintChecks: 0x20,
  NewScriptTypesOnly: 0x40,
  AtInitialization: 0x80,
  Remediation: 0x100,
  ReevaluateCrawlableState: 0x200,
} as const;

/** `fileCatalog.fileFlags`: what is known of a file. */
export const FileFlag = {
  ReportBanExecutions: 0x1,
  MarkedInstaller: 0x4,
  DetectedInstaller: 0x10,
  SeenAsRoot: 0x100,
  SeenAsChild: 0x200,
  MetadataComplete: 0x1000,
  Executed: 0x4000,
  MarkedNotInstaller: 0x10000,
  StateAppliesToChildren: 0x20000,
  FromTrustedDirectory: 0x40000,
  MsiRoot: 0x80000,
  Blocked: 0x200000,
  ReputationApprovable: 0x400000,
  NotInteresting: 0x2000000,
  InvalidSignature: 0x4000000,
  /** Of macOS and Linux. */
  UnixMetadataComplete: 0x8000000,
} as const;

/** `platformFlags` of rules, publishers and updaters: the systems that they are for. */
export const PlatformFlag = { Windows: 1, Mac: 2, Linux: 4 } as const;

/** `computer.cbSensorFlags`: which parts of the EDR sensor run. */
export const SensorFlag = { ServiceRunning: 1, KernelDriverRunning: 2 } as const;

/** `notifier.flags`: what a notifier asks the user to fill in. */
export const NotifierFlag = { ApprovalRequestFields: 1, JustificationFields: 2 } as const;

/**
 * The words of the bits that are set, the lowest first. Bits that have no word are given as hexadecimal numbers, so that
 * none is lost; an absent value has none.
 * @example flagNames(SyncFlag, computer.syncFlags) // ["Initializing", "KernelNotConnected"]
 */
export function flagNames<F extends Flags>(
  flags: F,
  value: number | undefined,
): readonly ((keyof F & string) | (string & {}))[] {
  const words = new Map(Object.entries(flags).map(([word, bit]) => [bit, word]));
  const found: string[] = [];
  for (let bit = 1, left = value === undefined ? 0 : value >>> 0; left > 0; bit *= 2, left >>>= 1) {
    if ((left & 1) === 1) found.push(words.get(bit) ?? `0x${bit.toString(16)}`);
  }
  return found;
}

/**
 * Whether all of these bits are set.
 * @example hasFlags(computer.syncFlags, SyncFlag.KernelNotConnected)
 */
export function hasFlags(value: number | undefined, ...bits: readonly number[]): boolean {
  const wanted = addFlags(0, ...bits);
  return ((value ?? 0) & wanted) >>> 0 === wanted;
}

/**
 * The value with these bits set as well.
 * @example computer.refreshFlags = addFlags(computer.refreshFlags, RefreshFlag.Reboot);
 */
export function addFlags(value: number | undefined, ...bits: readonly number[]): number {
  return bits.reduce((sum, bit) => (sum | bit) >>> 0, (value ?? 0) >>> 0);
}

/** The value without these bits. */
export function removeFlags(value: number | undefined, ...bits: readonly number[]): number {
  return ((value ?? 0) & ~addFlags(0, ...bits)) >>> 0;
}
