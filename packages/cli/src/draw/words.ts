/** How single values are said. */
import type { BinaryFinding, ProcessFinding } from "../hunt/findings.js";
import { plural } from "../text-layout.js";

const DAY = 86_400_000;

/** `2016-11-11 20:59:31`, or as many dashes. */
export function timeText(time: string | null): string {
  return time === null ? "-------------------" : time.slice(0, 19).replace("T", " ");
}

/** Whole days from one time to another; the part of a day is dropped, so that a moment before counts as -1. */
function daysBetween(from: string, to: string): number {
  return Math.floor((Date.parse(to) - Date.parse(from)) / DAY);
}

/** The user without the domain, where that only repeats the host. */
export function shortUser(process: ProcessFinding): string {
  const { username, hostname } = process;
  if (username === null) return "";
  const bar = username.indexOf("\\");
  return bar > 0 && username.slice(0, bar).toLowerCase() === hostname?.toLowerCase()
    ? username.slice(bar + 1)
    : username;
}

/** What the signature of a program file says, and whether that is reassuring. */
export function signatureText(
  binary: BinaryFinding | null,
  start: string | null,
): { text: string; verdict: "good" | "bad" | "unknown" } {
  if (binary === null) return { text: "the server does not know this file", verdict: "unknown" };
  if (!binary.signed) {
    const publisher = binary.publisher === null ? "" : `, publisher ${binary.publisher}`;
    return { text: `${(binary.result ?? "not signed").toLowerCase()}${publisher}`, verdict: "bad" };
  }
  const by = `signed by ${binary.publisher ?? "an unnamed publisher"}`;
  if (binary.sign_time === null || start === null) return { text: by, verdict: "good" };
  const days = daysBetween(binary.sign_time, start);
  return days < 0
    ? { text: `${by} ${plural(-days, "day")} after it ran`, verdict: "bad" }
    : { text: `${by} ${plural(days, "day")} before it ran`, verdict: "good" };
}

/** The name of a process, or the next best thing. */
export function processName(process: ProcessFinding): string {
  return process.process_name ?? process.path ?? "(name unknown)";
}
