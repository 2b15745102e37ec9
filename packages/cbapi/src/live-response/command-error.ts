import { LiveResponseError } from "../core/errors.js";
import { errnoName } from "./errno.js";
import { isFields } from "./protocol.js";
import type { CommandData } from "./types.js";
import { win32Name } from "./win32-errors.js";

/** How much of a command line or a path is shown in a message. */
const SHOWN = 200;
const FACILITY_WIN32 = 7;

/** A Windows error that an endpoint reported. */
export interface WindowsError {
  /** As an unsigned HRESULT. */
  readonly code: number;
  /** `ERROR_FILE_NOT_FOUND`; undefined when it is no error of Windows itself, or has no name in the table. */
  readonly name: string | undefined;
}

/**
 * Reads a code as servers send it: unsigned or signed, a number or its text.
 * @returns undefined when it is no code
 */
export function windowsError(code: unknown): WindowsError | undefined {
  const value = typeof code === "string" && code.trim() !== "" ? Number(code) : code;
  if (typeof value !== "number" || !Number.isInteger(value)) return undefined;
  if (value < -(2 ** 31) || value >= 2 ** 32) return undefined;
  const unsigned = value >>> 0;
  const facility = (unsigned >>> 16) & 0x1fff;
  return { code: unsigned, name: facility === FACILITY_WIN32 ? win32Name(unsigned & 0xffff) : undefined };
}

/** The error for a command that failed on its endpoint. */
export function commandError(
  data: CommandData,
  asked: { readonly name: string; readonly object?: unknown },
): LiveResponseError {
  const { result_type, result_code, result_desc } = data;
  const command = data.name ?? asked.name;
  const object = subjectOf(data) ?? subject(asked.object);
  const isWindows = /^winhresult$/i.test(result_type ?? "");
  const windows = isWindows ? windowsError(result_code) : undefined;
  const errno = isWindows ? undefined : errnoName(Number(result_code));
  const reasons = [
    windows !== undefined
      ? `Win32 error code ${hexadecimal(windows.code)}${windows.name === undefined ? "" : ` (${windows.name})`}`
      : isWindows
        ? "Unknown Win32 error code"
        : result_code === undefined || result_code === 0
          ? undefined
          : `${result_type ?? "error"} ${result_code}${errno === undefined ? "" : ` (${errno})`}`,
    typeof result_desc === "string" && result_desc.trim() !== "" ? result_desc.trim() : undefined,
  ].filter((reason) => reason !== undefined);
  const about = object === undefined ? "" : ` ${shorten(String(object))}`;
  const message = `${command}${about} failed on the endpoint${reasons.length === 0 ? " and no reason is given" : `: ${reasons.join(": ")}`}`;
  return new LiveResponseError(message, {
    command,
    object,
    win32_error: windows?.code,
    decoded_win32_error: windows?.name,
    result_type,
    result_code,
    result_desc,
    errno,
    details: data,
  });
}

/** `0x80070002` */
export function hexadecimal(code: number): string {
  return `0x${code.toString(16).toUpperCase().padStart(8, "0")}`;
}

/** What a command was about, wherever its kind of server writes that. */
function subjectOf(data: CommandData): string | number | undefined {
  const input = data["input"];
  const places = [data["object"], data["path"], data["pid"], ...(isFields(input) ? [input["object"]] : [])];
  return places.map(subject).find((value) => value !== undefined);
}

function subject(value: unknown): string | number | undefined {
  return (typeof value === "string" && value !== "") || typeof value === "number" ? value : undefined;
}

function shorten(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
}
