import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Sandbox } from "@cbapi/sandbox";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { command, temporaryFolder, until } from "./test-support/run-cli.js";
import { hasTmux, Tmux } from "./test-support/tmux.js";

const TOKEN = "0123456789abcdef0123456789abcdef01234567";
const HOST = "WIN-IA9NQ1GN8OI";
const OFFLINE = 4;

if (!hasTmux) console.warn("There is no tmux: the shell is not tried in a terminal.");

/** A session as it stood on the screen, without what changes from run to run. */
const TRANSCRIPT = new URL("./test-support/lr-session.txt", import.meta.url);

describe.skipIf(!hasTmux)("cbapi lr in a terminal (needs tmux)", () => {
  const folder = temporaryFolder();
  const terminals: Tmux[] = [];
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await Sandbox.start({ token: TOKEN });
    await sandbox.setOnline(OFFLINE, false);
    // Five check-ins that it misses, until the server says so.
    await sandbox.clock.step(12);
    mkdirSync(join(folder.path, "home"));
    writeFileSync(join(folder.path, "large.bin"), Buffer.alloc(8 << 20, "x"));
  }, 120_000);

  afterEach(() => {
    for (const terminal of terminals.splice(0)) terminal.end();
  });

  afterAll(async () => {
    await sandbox?.stop();
    folder.remove();
  });

  const start = (...args: string[]): Tmux => {
    const env = {
      ...{ CBAPI_URL: sandbox.url, CBAPI_TOKEN: TOKEN, NODE_EXTRA_CA_CERTS: sandbox.caFile ?? "" },
      ...{ HOME: join(folder.path, "home"), XDG_STATE_HOME: join(folder.path, "state") },
    };
    const terminal = new Tmux([process.execPath, command, "lr", ...args], { cwd: folder.path, env });
    terminals.push(terminal);
    return terminal;
  };
  const used = (): number => sandbox.liveResponse.stats().slots.used;

  /** The prompt is back behind a line that was typed. */
  const prompted = (typed: string): RegExp =>
    new RegExp(`> ${typed.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}\\n(.*\\n)*[^\\n]*> *\\n*$`);

  test("a whole session: completion, Ctrl-C, transfers, and the slot free at the end", async () => {
    const shell = start(HOST);
    await shell.until(/^c:\\> *$/m);
    expect(used()).toBe(1);

    shell.type("cd win");
    shell.press("Tab");
    await shell.until(/> cd Windows\\/);
    shell.press("Enter");
    await shell.until(/^c:\\Windows\\> *$/m);
    shell.type("pwd");
    shell.press("Enter");
    await shell.until(prompted("pwd"));
    shell.type('cd "c:\\program files (');
    shell.press("Tab");
    await shell.until(/> cd "c:\\Program Files \(x86\)\\$/m);
    shell.type('"');
    shell.press("Enter");
    await shell.until(/^c:\\Program Files \(x86\)\\> *$/m);
    shell.type("cd \\");
    shell.press("Enter");
    await shell.until(/\n.*> cd \\\nc:\\> *\n*$/);
    shell.type("cat test.txt");
    shell.press("Enter");
    await shell.until(prompted("cat test.txt"));
    shell.type("cat nowhere.txt");
    shell.press("Enter");
    await shell.until(prompted("cat nowhere.txt"));

    // Ctrl-C ends the program, and the session goes on.
    shell.type("exec -w timeout 600");
    shell.press("Enter");
    await shell.until(/Process \d+ runs, .*Ctrl-C ends it/);
    shell.press("C-c");
    await shell.until(/Interrupted\.\nc:\\> *\n*$/);
    shell.type("exec -w whoami");
    shell.press("Enter");
    await shell.until(prompted("exec -w whoami"));

    // A typed line is dropped by Ctrl-C, and nothing else is.
    shell.type("rm everything");
    await shell.until(/> rm everything$/m);
    shell.press("C-c");
    await shell.until(/> rm everything\^C\nc:\\> *\n*$/);

    sandbox.liveResponse.configure({ latency: 1500 });
    shell.type("put large.bin");
    shell.press("Enter");
    await shell.until(/put large\.bin +\[[#-]{20}\] +\d+% {2}|put large\.bin: the server sends it to the endpoint/);
    await shell.until(prompted("put large.bin"));
    shell.type("get large.bin back.bin");
    shell.press("Enter");
    await shell.until(/get large\.bin: the endpoint sends it to the server/);
    shell.press("C-c");
    await shell.until(/> get large\.bin back\.bin\nInterrupted\.\nc:\\> *\n*$/);
    sandbox.liveResponse.configure({ latency: null });
    shell.type("get large.bin back.bin");
    shell.press("Enter");
    await shell.until(/-> back\.bin: 8\.0 MiB in (.*\n)+c:\\> *\n*$/);
    expect(statSync(join(folder.path, "back.bin")).size).toBe(8 << 20);
    expect(used()).toBe(1);

    writeFileSync(join(folder.path, "hostile.txt"), "one\n\u001b[2J\u001b]0;owned\u0007 two\r\n\tthree");
    for (const line of ["put hostile.txt", "cat hostile.txt"]) {
      shell.type(line);
      shell.press("Enter");
      await shell.until(prompted(line));
    }

    // The line above, and the one that ends it.
    shell.press("Up");
    await shell.until(/\n.*> cat hostile\.txt\n*$/);
    shell.press("C-u");
    shell.type("exit");
    shell.press("Enter");
    const screen = await shell.until(/^EXIT 0$/m);
    expect(used()).toBe(0);
    await expect(plain(screen)).toMatchFileSnapshot(TRANSCRIPT.pathname);

    const history = readFileSync(join(folder.path, "state", "cbapi", "lr_history"), "utf8");
    expect(history).toContain("cat test.txt\n");
    expect(statSync(join(folder.path, "state", "cbapi", "lr_history")).mode & 0o777).toBe(0o600);
  }, 120_000);

  test("Ctrl-D, Ctrl-C at an empty prompt, Ctrl-C twice, and a closed window free the slot", async () => {
    const byEnd = start(HOST);
    await byEnd.until(/^c:\\> *$/m);
    byEnd.press("C-d");
    await byEnd.until(/^EXIT 0$/m);
    expect(used()).toBe(0);

    const byInterrupt = start(HOST, "--no-history");
    await byInterrupt.until(/^c:\\> *$/m);
    byInterrupt.press("C-c");
    await byInterrupt.until(/^EXIT 130$/m);
    expect(used()).toBe(0);

    const twice = start(HOST);
    await twice.until(/^c:\\> *$/m);
    twice.type("exec -w timeout 600");
    twice.press("Enter");
    await twice.until(/Process \d+ runs/);
    sandbox.liveResponse.configure({ faults: [{ command: "kill", outcome: "hang" }] });
    twice.press("C-c");
    await twice.until(/Ending process \d+/);
    twice.press("C-c");
    await twice.until(/^EXIT 130$/m);
    sandbox.liveResponse.configure({ faults: null });
    expect(used()).toBe(0);

    const closed = start(HOST);
    await closed.until(/^c:\\> *$/m);
    closed.end();
    await until(() => used() === 0);
  }, 120_000);

  test("without an endpoint it begins unattached; the sessions of a host that is offline are waited for", async () => {
    const shell = start();
    await shell.until(/^\(unattached\)> *$/m);
    shell.type("ls");
    shell.press("Enter");
    await shell.until(/Error: You must attach to a session/);
    shell.type(`connect ${OFFLINE}`);
    shell.press("Enter");
    await shell.until(/is offline, last seen at .* Waiting for it, Ctrl-C gives up\./);
    await shell.until(/Waiting for \S+/);
    shell.press("C-c");
    await shell.until(/Interrupted\.\n\(unattached\)> *\n*$/);
    shell.type(`connect ${HOST}`);
    shell.press("Enter");
    await shell.until(/^c:\\> *$/m);
    shell.type("detach");
    shell.press("Enter");
    await shell.until(/> detach\n\(unattached\)> *\n*$/);
    expect(used()).toBe(0);
    shell.type("!echo local $((1+1))");
    shell.press("Enter");
    await shell.until(/^local 2$/m);
    shell.press("C-d");
    await shell.until(/^EXIT 0$/m);
  }, 120_000);

  test("a run shows a table that changes", async () => {
    writeFileSync(
      join(folder.path, "slow.mjs"),
      `export default async (session, { progress }) => {
         progress(0.5);
         console.log("from the script");
         await new Promise((resolve) => setTimeout(resolve, 3000));
         return 1;
       };`,
    );
    const run = start("run", "slow.mjs", "--sensors", "1,2,3", "--slots", "2");
    await run.until(/^\[-{20}\] 0 done, 2 running, 1 waiting of 3/m);
    const screen = await run.until(/\] 0 done, 2 running, 1 waiting of 3/);
    expect(screen).toMatch(/^ {2}WIN-\S+ \(\d\) +0:0\d {2}\[#####-----\] 50%$/m);
    const ended = await run.until(/^EXIT 0$/m);
    expect(ended).toMatch(/^3 endpoints: 3 done, in /m);
    expect(ended).not.toMatch(/running/);
    expect(ended).toContain("from the script");
  }, 60_000);
});

/** The screen without what is another one each time: numbers of sessions and processes, speeds. */
function plain(screen: string): string {
  return screen
    .replace(/^Session: \d+/m, "Session: N")
    .replace(/Process \d+ /g, "Process N ")
    .replace(/ in [\d.]+ s, [\d.]+ [KMG]?i?B\/s/g, " in N s, N MiB/s");
}
