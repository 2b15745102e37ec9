import type { Sandbox } from "@cbapi/sandbox";
import type { Terminal } from "../terminal.js";

type Colors = Terminal["colors"];

/** How scripts reach a sandbox that goes on serving: a profile to save, or variables to set. */
export function drawConnection(sandbox: Sandbox, colors: Colors): string[] {
  const file = (product: string, name: string): string[] => [
    `cat > .carbonblack/credentials.${name} <<'EOF'`,
    ...sandbox
      .profile("default", product)
      .trimEnd()
      .split("\n")
      .map((text) => colors.cyan(text)),
    "EOF",
  ];
  const [open = "", ...profile] = file("response", "response");
  return [
    "",
    colors.bold("Connect your own scripts"),
    "",
    colors.dim("Save these profiles, in the folder that they run in:"),
    "",
    `mkdir -p .carbonblack && ${open}`,
    ...profile,
    "cp .carbonblack/credentials.response .carbonblack/credentials.protection    # for App Control",
    ...file("cloud", "psc"),
    "",
    colors.dim("or set these variables instead, for EDR and App Control:"),
    "",
    `export CBAPI_URL=${sandbox.url}`,
    `export CBAPI_TOKEN=${sandbox.token}`,
    ...(sandbox.caFile === undefined ? [] : [`export NODE_EXTRA_CA_CERTS=${quoted(sandbox.caFile)}`]),
    "",
    colors.dim("and then:"),
    "",
    ...snippet(colors),
    "",
    `Serving at ${colors.cyan(sandbox.url)} until Ctrl-C.`,
  ];
}

/** The shortest program that does something. */
export function snippet(colors: Colors): string[] {
  return [
    'import { CbResponseAPI, Process } from "cbapi/response";',
    "",
    "const cb = new CbResponseAPI();",
    'for await (const proc of cb.select(Process).where("process_name:net.exe").groupBy("id")) {',
    "  console.log(proc.hostname, proc.cmdline, await proc.sensor.group.name);",
    "}",
  ].map((text) => colors.cyan(text));
}

/** How the sandbox itself is steered. */
export function drawControl(sandbox: Sandbox, colors: Colors): string[] {
  const routes: readonly (readonly [route: string, what: string])[] = [
    ["GET    /_sandbox", "what is running, and how much is in it"],
    ["GET    /_sandbox/requests", "what was asked, and what was asked in vain"],
    ["POST   /_sandbox/faults", 'misbehave: {"match": {"path": "/api/v1/process"}, "do": {"status": 503}}'],
    ["DELETE /_sandbox/faults", "behave again"],
    ["PUT    /_sandbox/clock", "set the simulated time"],
    ["POST   /_sandbox/import", 'add telemetry: {"file": "..."}'],
    ["POST   /_sandbox/reset", "start afresh from the same seed"],
  ];
  const ca = sandbox.caFile === undefined ? "" : ` --cacert ${quoted(sandbox.caFile)}`;
  return [
    "",
    colors.dim("Control routes, from this machine only:"),
    ...routes.map(([route, what]) => `  ${route.padEnd(28)}${colors.dim(what)}`),
    "",
    `curl${ca} -H "X-Auth-Token: ${sandbox.token}" ${sandbox.url}/_sandbox`,
  ];
}

/** For a shell, where that is needed. */
export function quoted(text: string): string {
  if (/^[\w./:=@%+,-]+$/.test(text)) return text;
  return process.platform === "win32" ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`;
}
