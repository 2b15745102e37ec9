/**
 * The messages of sensors as far as this server sends any: a field is its number and its type, and a type that is a table is
 * a message within the message. proto2: what is given is written, what is not given is not there.
 */
export type Scalar = "bool" | "bytes" | "int32" | "int64" | "string" | "uint32" | "uint64";
export type Field = readonly [number: number, type: Scalar | MessageTable, repeated?: "repeated"];
export interface MessageTable {
  readonly [name: string]: Field;
}

const HEADER = {
  version: [1, "int32"],
  timestamp: [4, "int64"],
  filepath_string_guid: [6, "int64"],
  process_create_time: [9, "int64"],
  process_pid: [10, "int32"],
  process_md5: [11, "bytes"],
  process_path: [12, "string"],
  process_sha256: [14, "bytes"],
} as const satisfies MessageTable;

const STRING = { guid: [1, "int64"], utf8string: [2, "bytes"], string_type: [3, "int32"] } as const;

const PROCESS = {
  pid: [1, "int32"],
  created: [2, "bool"],
  parent_pid: [3, "int32"],
  parent_create_time: [4, "int64"],
  md5hash: [6, "bytes"],
  commandline: [9, "bytes"],
  parent_md5: [10, "bytes"],
  parent_path: [11, "string"],
  creationobserved: [12, "bool"],
  expect_followon_w_md5: [13, "bool"],
  uid: [14, "string"],
  username: [15, "string"],
  bFilteringKnownDlls: [18, "bool"],
  sha256hash: [19, "bytes"],
  parent_sha256: [20, "bytes"],
} as const satisfies MessageTable;

const MODULE_LOAD = { md5hash: [3, "bytes"], sha256hash: [8, "bytes"] } as const;

const FILE_CHANGE = {
  action: [2, "int32"],
  md5hash: [4, "bytes"],
  type: [5, "int32"],
  tamper: [6, "bool"],
  tamper_sent: [7, "bool"],
} as const satisfies MessageTable;

const REGISTRY_CHANGE = {
  action: [2, "int32"],
  utf8_regpath: [4, "bytes"],
  tamper: [5, "bool"],
  tamper_sent: [6, "bool"],
} as const satisfies MessageTable;

const ADDRESS = {
  bIsIpv6: [1, "bool"],
  ipv4Address: [2, "uint32"],
  ipv6Low: [3, "uint64"],
  ipv6High: [4, "uint64"],
} as const satisfies MessageTable;

const CONNECTION = {
  protocol: [1, "int32"],
  utf8_netpath: [2, "bytes"],
  outbound: [3, "bool"],
  proxyConnection: [4, "bool"],
  proxyIpAddress: [5, ADDRESS],
  proxyPort: [6, "uint32"],
  remoteIpAddress: [8, ADDRESS],
  remotePort: [9, "uint32"],
  localIpAddress: [10, ADDRESS],
  localPort: [11, "uint32"],
} as const satisfies MessageTable;

const CHILD = {
  created: [1, "bool"],
  md5hash: [3, "bytes"],
  path: [5, "string"],
  pid: [6, "int64"],
  create_time: [7, "int64"],
  tamper: [8, "bool"],
  suppressed: [9, { bIsSuppressed: [1, "bool"] }],
  commandline: [10, "bytes"],
  username: [11, "string"],
  childProcType: [12, "int32"],
} as const satisfies MessageTable;

const BLOCKED = {
  blockedType: [1, "int32"],
  blockedEvent: [2, "int32"],
  blockedmd5Hash: [3, "bytes"],
  blockedPath: [4, "string"],
  blockResult: [5, "int32"],
  blockedCmdline: [9, "string"],
  blockedUid: [10, "string"],
  blockedUsername: [11, "string"],
} as const satisfies MessageTable;

const MODULE = {
  md5: [1, "bytes"],
  CopiedModuleLength: [2, "uint32"],
  OriginalModuleLength: [3, "uint64"],
  utf8_FileDescription: [4, "string"],
  utf8_CompanyName: [5, "string"],
  utf8_ProductName: [6, "string"],
  utf8_FileVersion: [7, "string"],
  utf8_Comments: [8, "string"],
  utf8_LegalCopyright: [9, "string"],
  utf8_LegalTrademark: [10, "string"],
  utf8_InternalName: [11, "string"],
  utf8_OriginalFileName: [12, "string"],
  utf8_ProductDescription: [13, "string"],
  utf8_ProductVersion: [14, "string"],
  utf8_PrivateBuild: [15, "string"],
  utf8_SpecialBuild: [16, "string"],
  utf8_DigSig_Publisher: [17, "string"],
  utf8_DigSig_ProgramName: [18, "string"],
  utf8_DigSig_IssuerName: [19, "string"],
  utf8_DigSig_SubjectName: [20, "string"],
  utf8_DigSig_Result: [21, "string"],
  utf8_DigSig_ResultCode: [22, "string"],
  utf8_DigSig_SignTime: [23, "string"],
  utf8_OnDiskFilename: [26, "string"],
  sha256: [27, "bytes"],
} as const satisfies MessageTable;

const ENVIRONMENT = {
  endpoint: [1, { SensorId: [1, "int32"], SensorHostName: [2, "string"] }],
  server: [2, { NodeId: [1, "int32"] }],
} as const satisfies MessageTable;

/** The message that all of them are parts of. */
export const CB_EVENT_MSG = {
  header: [1, HEADER],
  strings: [2, STRING, "repeated"],
  process: [3, PROCESS],
  modload: [4, MODULE_LOAD],
  filemod: [5, FILE_CHANGE],
  regmod: [7, REGISTRY_CHANGE],
  module: [9, MODULE],
  childproc: [12, CHILD],
  env: [13, ENVIRONMENT],
  blocked: [16, BLOCKED],
  networkv2: [20, CONNECTION],
} as const satisfies MessageTable;

interface ScalarValues {
  bool: boolean;
  bytes: Uint8Array;
  int32: number;
  int64: bigint;
  string: string;
  uint32: number;
  uint64: bigint;
}
type ValueOf<F> = F extends readonly [number, infer T, "repeated"]
  ? readonly ValueOf<readonly [number, T]>[]
  : F extends readonly [number, infer T, ...unknown[]]
    ? T extends Scalar
      ? ScalarValues[T]
      : MessageOf<T>
    : never;

/** The values of a message; what is undefined is not in it. */
export type MessageOf<T> = { readonly [N in keyof T]?: ValueOf<T[N]> | undefined };

/** A message of a sensor. */
export type SensorMessage = MessageOf<typeof CB_EVENT_MSG>;
