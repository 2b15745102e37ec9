import type { OsType } from "../domain/index.js";
import { EndpointError } from "./machine.js";

/** What can go wrong on an endpoint; each system has its own number for it. */
export type Failure =
  | "missing"
  | "noParent"
  | "denied"
  | "busy"
  | "exists"
  | "notEmpty"
  | "full"
  | "badName"
  | "tooLong"
  | "notDirectory"
  | "isDirectory"
  | "loop"
  | "invalid"
  | "otherDevice"
  | "badNetwork"
  | "notReady"
  | "badProgram"
  | "blocked"
  | "hasSubKeys"
  | "unsupported"
  | "noProcess"
  | "notPermitted"
  | "noMemory"
  | "tooManyArguments";

type Numbers = Record<Failure, readonly [code: number, text: string]>;

const WINDOWS: Numbers = {
  missing: [2, "The system cannot find the file specified."],
  noParent: [3, "The system cannot find the path specified."],
  denied: [5, "Access is denied."],
  busy: [32, "The process cannot access the file because it is being used by another process."],
  exists: [183, "Cannot create a file when that file already exists."],
  notEmpty: [145, "The directory is not empty."],
  full: [112, "There is not enough space on the disk."],
  badName: [123, "The filename, directory name, or volume label syntax is incorrect."],
  tooLong: [206, "The filename or extension is too long."],
  notDirectory: [267, "The directory name is invalid."],
  isDirectory: [5, "Access is denied."],
  loop: [1921, "The name of the file cannot be resolved by the system."],
  invalid: [87, "The parameter is incorrect."],
  otherDevice: [17, "The system cannot move the file to a different disk drive."],
  badNetwork: [53, "The network path was not found."],
  notReady: [21, "The device is not ready."],
  badProgram: [193, "is not a valid Win32 application."],
  blocked: [1260, "This program is blocked by group policy. For more information, contact your system administrator."],
  hasSubKeys: [5, "Access is denied."],
  unsupported: [50, "The request is not supported."],
  noProcess: [87, "The parameter is incorrect."],
  notPermitted: [5, "Access is denied."],
  noMemory: [8, "Not enough memory resources are available to process this command."],
  tooManyArguments: [206, "The filename or extension is too long."],
};

const LINUX: Numbers = {
  missing: [2, "No such file or directory"],
  noParent: [2, "No such file or directory"],
  denied: [13, "Permission denied"],
  busy: [26, "Text file busy"],
  exists: [17, "File exists"],
  notEmpty: [39, "Directory not empty"],
  full: [28, "No space left on device"],
  badName: [22, "Invalid argument"],
  tooLong: [36, "File name too long"],
  notDirectory: [20, "Not a directory"],
  isDirectory: [21, "Is a directory"],
  loop: [40, "Too many levels of symbolic links"],
  invalid: [22, "Invalid argument"],
  otherDevice: [18, "Invalid cross-device link"],
  badNetwork: [2, "No such file or directory"],
  notReady: [16, "Device or resource busy"],
  badProgram: [8, "Exec format error"],
  blocked: [1, "Operation not permitted"],
  hasSubKeys: [39, "Directory not empty"],
  unsupported: [95, "Operation not supported"],
  noProcess: [3, "No such process"],
  notPermitted: [1, "Operation not permitted"],
  noMemory: [11, "Resource temporarily unavailable"],
  tooManyArguments: [7, "Argument list too long"],
};

const MAC: Numbers = {
  ...LINUX,
  notEmpty: [66, "Directory not empty"],
  tooLong: [63, "File name too long"],
  loop: [62, "Too many levels of symbolic links"],
  unsupported: [102, "Operation not supported on socket"],
};

const NUMBERS: Record<OsType, Numbers> = { windows: WINDOWS, linux: LINUX, osx: MAC };

/** The error with which a system refuses. Its message is the system's own text. */
export function failureOf(system: OsType, failure: Failure): EndpointError {
  const [code, text] = NUMBERS[system][failure];
  return new EndpointError(system === "windows" ? "win32" : "posix", code, text);
}

/** The text a program of that system prints for a refusal. Throws what is none: that is nothing a program could go on after. */
export function failureText(error: unknown): string {
  if (error instanceof EndpointError) return error.message;
  throw error;
}
