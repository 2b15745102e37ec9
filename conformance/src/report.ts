import { generalDepartures } from "./departures.js";
import type { Outcome } from "./runner.js";

const count = (outcomes: readonly Outcome[], status: Outcome["status"]): number =>
  outcomes.filter((outcome) => outcome.status === status).length;

/** The outcomes for people: a line for each file with its reasons, what the run departed from, and the sum. */
export function textReport(outcomes: readonly Outcome[]): string[] {
  const lines = outcomes.flatMap(({ file, status, reasons, spared }) => [
    status === "unsupported"
      ? `unsupported  ${file}: ${reasons.join(", ")}`
      : `${status === "failed" ? "FAILED" : "passed"}`.padEnd(13) + file,
    ...(status === "failed" ? reasons.map((reason) => `             - ${reason}`) : []),
    ...spared.map((request) => `             not needed: ${request}`),
  ]);
  return [...lines, "", ...departureLines(outcomes), summary(outcomes)];
}

/** The outcomes as one JSON document. */
export function jsonReport(outcomes: readonly Outcome[]): string {
  const passed = count(outcomes, "passed");
  const failed = count(outcomes, "failed");
  const unsupported = count(outcomes, "unsupported");
  return JSON.stringify({ passed, failed, unsupported, vectors: outcomes }, undefined, 2);
}

function summary(outcomes: readonly Outcome[]): string {
  return `${count(outcomes, "passed")} passed, ${count(outcomes, "failed")} failed, ${count(outcomes, "unsupported")} unsupported`;
}

function departureLines(outcomes: readonly Outcome[]): string[] {
  const rows = outcomes.flatMap(({ departures }) => departures);
  const general = Object.entries(generalDepartures).flatMap(([name, text]) => {
    const vectors = outcomes.filter((outcome) => outcome.general.some((met) => met === name)).length;
    return vectors === 0 ? [] : [`  ${name}, in ${vectors} vectors: ${text}`];
  });
  return [
    ...(rows.length === 0 ? [] : ["Departures from single recordings:", ...rows.map((row) => `  ${row}`), ""]),
    ...(general.length === 0 ? [] : ["Departures of all kinds of recordings:", ...general, ""]),
  ];
}
