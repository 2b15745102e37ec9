import { invalidArgument } from "../../core/invalid-argument.js";

/** The access rights that one process can ask for on another, by the names of the Windows API. */
const RIGHTS = {
  SYNCHRONIZE: 0x100000,
  WRITE_OWNER: 0x80000,
  WRITE_DAC: 0x40000,
  READ_CONTROL: 0x20000,
  DELETE: 0x10000,
  PROCESS_TERMINATE: 0x1,
  PROCESS_CREATE_THREAD: 0x2,
  PROCESS_SET_SESSIONID: 0x4,
  PROCESS_VM_OPERATION: 0x8,
  PROCESS_VM_READ: 0x10,
  PROCESS_VM_WRITE: 0x20,
  PROCESS_DUP_HANDLE: 0x40,
  PROCESS_CREATE_PROCESS: 0x80,
  PROCESS_SET_QUOTA: 0x100,
  PROCESS_SET_INFORMATION: 0x200,
  PROCESS_QUERY_INFORMATION: 0x400,
  PROCESS_SUSPEND_RESUME: 0x800,
  PROCESS_QUERY_LIMITED_INFORMATION: 0x1000,
} as const;

/** Names of several rights together. A code that is exactly one of them goes by that name. */
const COMBINED = {
  PROCESS_ALL_ACCESS: 0x1fffff,
  STANDARD_RIGHTS_ALL: 0x1f0000,
  STANDARD_RIGHTS_REQUIRED: 0xf0000,
  STANDARD_RIGHTS_READ: 0x20000,
} as const;

/** The Python library misspells one right; scripts that were written for it are understood. */
const MISSPELT = { PROCESS_SUPEND_RESUME: RIGHTS.PROCESS_SUSPEND_RESUME } as const;

const BY_NAME: ReadonlyMap<string, number> = new Map(Object.entries({ ...RIGHTS, ...COMBINED, ...MISSPELT }));

/** The name of an access right, or of several together. */
export type PrivilegeName = keyof typeof RIGHTS | keyof typeof COMBINED | keyof typeof MISSPELT;

/**
 * The rights of a code in words: `PROCESS_VM_READ | PROCESS_QUERY_INFORMATION`. Bits without a name are left out; 0 is
 * the empty text.
 */
export function privilegeText(code: number): string {
  for (const [name, value] of Object.entries(COMBINED)) {
    if (value === code) return name;
  }
  return Object.entries(RIGHTS)
    .filter(([, bit]) => (code & bit) !== 0)
    .map(([name]) => name)
    .join(" | ");
}

/** The bits of a named right; throws a `TypeError` when there is no such right. */
export function privilegeBits(name: PrivilegeName): number {
  const bits = BY_NAME.get(name);
  if (bits === undefined)
    throw invalidArgument(`not an access right: ${name}; known are ${[...BY_NAME.keys()].join(", ")}`);
  return bits;
}

/** Reads a code that was sent as decimal text. What cannot be read is no right at all. */
export function privilegeCode(text: string): number {
  const code = Number(text);
  // Sensors also send the 32 bits as a negative number.
  return Number.isInteger(code) ? code >>> 0 : 0;
}
