import type { MatchFinding } from "../hunt/findings.js";
import type { Terminal } from "../terminal.js";
import { line, type Piece, plural, wrap } from "../text-layout.js";
import { drawTree } from "./tree.js";
import { processName, signatureText } from "./words.js";

const LABEL = 11;
/** An encoded script can fill screens; its beginning says what it is. */
const COMMAND_LINES = 4;

/** One match: what ran, where, signed by whom, and how it came to run. */
export function drawMatch(match: MatchFinding, number: number, colors: Terminal["colors"], width: number): string[] {
  const pid = match.process_pid === null ? "" : `  pid ${match.process_pid}`;
  return [
    line(
      [
        [`${String(number).padStart(2)} `, colors.dim],
        [processName(match), heading(colors)],
        [pid, colors.dim],
      ],
      width,
    ),
    ...command(match, colors, width),
    labelled("when", [[started(match)]], colors, width),
    labelled("host", host(match, colors), colors, width),
    labelled("binary", signature(match, colors), colors, width),
    "",
    ...drawTree(match, colors, width),
    line([["   "], [walkText(match), colors.dim]], width),
  ];
}

const heading = (colors: Terminal["colors"]) => (text: string) => colors.bold(colors.yellow(text));

function command(match: MatchFinding, colors: Terminal["colors"], width: number): string[] {
  const lines = wrap(match.cmdline ?? "(unknown)", width - LABEL, COMMAND_LINES);
  return lines.map((text, index) => labelled(index === 0 ? "ran" : "", [[text]], colors, width));
}

function started({ start, username }: MatchFinding): string {
  const time = start === null ? "at an unknown time" : `${start.replace("T", " ").replace("Z", "")} UTC`;
  return username === null ? time : `${time}, by ${username}`;
}

function host(match: MatchFinding, colors: Terminal["colors"]): Piece[] {
  const { sensor, hostname } = match;
  const name: Piece = [sensor?.hostname ?? hostname ?? "(unknown)", colors.bold];
  if (sensor === null) return [name, [", and the server knows no sensor of it", colors.dim]];
  const group = sensor.group === null ? ", in no group that the server knows" : `, group ${sensor.group}`;
  return [name, [`, sensor ${sensor.id ?? "?"}${group}`]];
}

function signature(match: MatchFinding, colors: Terminal["colors"]): Piece[] {
  const { text, verdict } = signatureText(match.binary, match.start);
  const style = { good: colors.green, bad: colors.red, unknown: colors.dim }[verdict];
  const md5 = match.process_md5 ?? match.binary?.md5;
  return [[text, style], ...(md5 === undefined ? [] : [[`, MD5 ${md5}`, colors.dim] as const])];
}

const labelled = (label: string, pieces: readonly Piece[], colors: Terminal["colors"], width: number): string =>
  line([[`   ${label.padEnd(LABEL - 3)}`, colors.dim], ...pieces], width);

/** What finding the ancestors cost: nothing, when an earlier match had the same ones. */
function walkText({ ancestors, walk }: MatchFinding): string {
  const found = ancestors.length === 0 ? "the sensor told of no ancestor" : plural(ancestors.length, "ancestor");
  const cost =
    walk.requests > 0
      ? plural(walk.requests, "request")
      : ancestors.length === 0
        ? "no request"
        : "no request: an earlier walk had asked for them";
  return `${found}, ${cost}${walk.cycle ? "; the chain leads back into itself and was cut there" : ""}`;
}
