import type { SensorRecord } from "../domain/index.js";
import { EndpointError } from "../endpoint/machine.js";

/** The two families of systems, which number their errors differently. */
export type EndpointSystem = EndpointError["system"];

/** How a command ended, as the endpoint tells it. */
export interface CommandEnd {
  /** 0, or the error code in the system's own numbers. */
  code: number;
  system: EndpointSystem;
  description: string;
}

const FACILITY_WIN32 = 0x8007_0000;

/** A code as it goes over the wire: an HRESULT of Windows, unsigned unless told otherwise, or a plain errno. */
export function resultCode({ code, system }: CommandEnd, signed: boolean): number {
  if (system === "posix" || code === 0) return code;
  const result = FACILITY_WIN32 + (code & 0xffff);
  return signed ? result | 0 : result;
}

/** What stands beside the code: who numbered it. */
export const resultType = ({ system }: CommandEnd): "WinHresult" | "CbError" =>
  system === "win32" ? "WinHresult" : "CbError";

/** All went well. */
export const success = (system: EndpointSystem): CommandEnd => ({ code: 0, system, description: "" });

/** The end of a command that the endpoint refused; undefined when it was nothing that an endpoint says. */
export function refusal(error: unknown): CommandEnd | undefined {
  if (!(error instanceof EndpointError)) return undefined;
  const { system, code, message } = error;
  // Windows is asked for its texts by whoever shows the code.
  return { code, system, description: system === "win32" ? "" : message };
}

export const systemOf = ({ os_type }: SensorRecord): EndpointSystem => (os_type === "windows" ? "win32" : "posix");
