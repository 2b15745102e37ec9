import { relative } from "node:path";
import { INTRUSION } from "@cbapi/sandbox";
import { suspicions } from "../hunt/default-query.js";
import type { Findings } from "../hunt/findings.js";
import type { Terminal } from "../terminal.js";
import { quoted, snippet } from "./connection.js";

export interface Circumstances {
  /** The files that were imported. */
  readonly imported: readonly string[];
  /** Whether the sandbox goes on serving. */
  readonly keep: boolean;
}

/** The steps of the hidden intrusion that are good to begin with: where it can be seen first, and from afar. */
const BEGINNINGS = ["parent_name:winword.exe process_name:powershell.exe", `domain:${INTRUSION.domain}`];

/** Commands that are worth trying after a hunt. */
export function drawNextSteps(findings: Findings, circumstances: Circumstances, colors: Terminal["colors"]): string[] {
  const steps = stepsOf(findings, circumstances).map(
    ([what, ...args]) => [what, [command(), ...args.map(quoted)].join(" ")] as const,
  );
  return [
    ...steps.flatMap(([what, text]) => [`   ${colors.dim(what)}`, `   ${colors.cyan(text)}`]),
    ...(circumstances.keep
      ? []
      : ["", `   ${colors.dim("The same in a program:")}`, ...snippet(colors).map((text) => `   ${text}`)]),
  ];
}

/** Queries longer than this are no invitation to try them. */
const HANDY = 70;

type Step = readonly [what: string, ...args: string[]];

function stepsOf({ server, query }: Findings, { imported, keep }: Circumstances): Step[] {
  if (server.kind === "server") {
    return [["As a document, for other programs:", "--query", query, "--json"]];
  }
  if (imported.length > 0) {
    const files = imported.flatMap((file) => ["--import", file]);
    const others = suspicions.filter((other) => other.query !== query && other.query.length <= HANDY).slice(0, 2);
    return [
      ...others.map((other): Step => [`${capital(other.meaning)}:`, ...files, "--query", other.query]),
      ["Who opened the process that holds the credentials:", ...files, "--query", "crossproc_name:lsass.exe"],
      ...(keep ? [] : [["Leave it running, for your own scripts:", ...files, "--keep"] satisfies Step]),
    ];
  }
  return [
    ...INTRUSION.steps
      .filter((step) => BEGINNINGS.includes(step.query) && step.query !== query)
      .map((step): Step => [`${capital(step.finds)}:`, "--query", step.query]),
    ["Your own Sysmon logs, as JSON lines, plain or packed:", "--import", "FILE"],
    ...(keep ? [] : [["Leave the sandbox running, for your own scripts:", "--keep"] satisfies Step]),
  ];
}

/** How this command was called, so that it can be called like that again. */
function command(): string {
  if (process.env["npm_lifecycle_event"] === "start") return "npm start --";
  const file = process.argv[1] ?? "";
  if (!file.endsWith("cbapi.js") || file.includes("node_modules")) return "cbapi hunt";
  return `node ${quoted(relative(process.cwd(), file))} hunt`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
