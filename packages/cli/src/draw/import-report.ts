import type { Terminal } from "../terminal.js";
import { line, plural, wrap } from "../text-layout.js";

/** What the importer says of a file, as far as it says it. */
interface ImportReport {
  readonly file: string;
  readonly events: number;
  readonly lines: number;
  readonly processes: number;
  readonly sensors: number;
  readonly binaries: number;
  readonly malformedLines: number;
  readonly mapped: readonly (readonly [kind: string, count: number])[];
  readonly skipped: readonly Remark[];
  readonly assumed: readonly Remark[];
}

interface Remark {
  readonly what: string;
  readonly reason: string;
  readonly count: number;
}

/** More kinds of skipped events than these are counted only. */
const REMARKS = 12;
const INDENT = 14;

/** What became of an imported file: what is in the organisation now, and what is not and why. */
export function drawImport(report: unknown, colors: Terminal["colors"], width: number): string[] {
  const { file, lines, events, processes, sensors, binaries, malformedLines, mapped, skipped, assumed } = read(report);
  const number = (count: number): string => count.toLocaleString("en-US");
  const row = (label: string, text: string): string[] =>
    wrap(text, width - INDENT, 3).map((part, index) =>
      line([[`   ${(index === 0 ? label : "").padEnd(INDENT - 3)}`, colors.dim], [part]], width),
    );
  const found = `${plural(processes, "process", "processes")} on ${plural(sensors, "host")}, ${plural(binaries, "binary", "binaries")}, from ${plural(events, "event")} in ${plural(lines, "line")}`;
  return [
    line([["Imported "], [file, colors.bold]], width),
    ...row("found", found),
    ...(mapped.length === 0 ? [] : row("mapped", mapped.map(([kind, count]) => `${kind} ${number(count)}`).join(", "))),
    ...(malformedLines === 0 ? [] : row("malformed", `${plural(malformedLines, "line")} without an event`)),
    ...remarks("assumed", assumed, row),
    ...remarks("skipped", skipped, row),
  ];
}

function remarks(label: string, list: readonly Remark[], row: (label: string, text: string) => string[]): string[] {
  const sorted = [...list].sort((one, other) => other.count - one.count);
  const more = sorted.slice(REMARKS).reduce((total, { count }) => total + count, 0);
  return [
    ...sorted
      .slice(0, REMARKS)
      .flatMap(({ what, reason, count }, index) =>
        row(index === 0 ? label : "", `${count.toLocaleString("en-US").padStart(7)}  ${what}: ${reason}`),
      ),
    ...(more > 0 ? row("", `${more.toLocaleString("en-US").padStart(7)}  others`) : []),
  ];
}

/** The report comes without a promise about its form; what is not there counts as nothing. */
function read(report: unknown): ImportReport {
  const fields = asRecord(report);
  const number = (name: string): number => asNumber(fields[name]);
  return {
    file: typeof fields["file"] === "string" ? fields["file"] : "a file",
    events: number("events"),
    lines: number("lines"),
    processes: number("processes"),
    sensors: number("sensors"),
    binaries: number("binaries"),
    malformedLines: number("malformedLines"),
    mapped: Object.entries(asRecord(fields["mapped"]))
      .map(([kind, count]) => [kind, asNumber(count)] as const)
      .filter(([, count]) => count > 0),
    skipped: asRemarks(fields["skipped"]),
    assumed: asRemarks(fields["assumed"]),
  };
}

function asRemarks(value: unknown): Remark[] {
  const list: unknown[] = Array.isArray(value) ? value : [];
  return list.map((item) => {
    const { what, reason, count } = asRecord(item);
    return { what: String(what ?? "?"), reason: String(reason ?? "?"), count: asNumber(count) };
  });
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

const asNumber = (value: unknown): number => (typeof value === "number" ? value : 0);
