import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { HOST, OFFLINE, useLrSandbox } from "./test-support/lr-sandbox.js";
import { command, until } from "./test-support/run-cli.js";
import { hasTmux, Tmux } from "./test-support/tmux.js";

if (!hasTmux) console.warn("There is no tmux: the shell is not tried in a terminal.");

/** A session as it stood on the screen, without what changes from run to run. */
const TRANSCRIPT = new URL("./test-support/lr-session.txt", import.meta.url);

describe.skipIf(!hasTmux)("cbapi lr in a terminal (needs tmux)", () => {
  const endpoints = useLrSandbox();
  const terminals: Tmux[] = [];

  beforeAll(() => {
    mkdirSync(join(endpoints.folder, "home"));
    writeFileSync(join(endpoints.folder, "large.bin"), Buffer.alloc(8 << 20, "x"));
  });

  afterEach(() => {
    for (const terminal of terminals.splice(0)) terminal.end();
  });

  const start = (...args: string[]): Tmux => {
    const { folder } = endpoints;
    const env = { ...endpoints.env, HOME: join(folder, "home"), XDG_STATE_HOME: join(folder, "state") };
    const terminal = new Tmux([process.execPath, command, "lr", ...args], { cwd: folder, env });
    terminals.push(terminal);
    return terminal;
  };
  const used = (): number => endpoints.sandbox.liveResponse.stats().slots.used;

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
    shell.type("exec -x cmd /c exit 3");
    shell.press("Enter");
    await shell.until(prompted("exec -x cmd /c exit 3"));

    // A typed line is dropped by Ctrl-C, and nothing else is.
    shell.type("rm everything");
    await shell.until(/> rm everything$/m);
    shell.press("C-c");
    await shell.until(/> rm everything\^C\nc:\\> *\n*$/);

    endpoints.sandbox.liveResponse.configure({ latency: 1500 });
    shell.type("put large.bin");
    shell.press("Enter");
    await shell.until(/put large\.bin +\[[#-]{20}\] +\d+% {2}|put large\.bin: the server sends it to the endpoint/);
    await shell.until(prompted("put large.bin"));
    shell.type("get large.bin back.bin");
    shell.press("Enter");
    await shell.until(/get large\.bin: the endpoint sends it to the server/);
    shell.press("C-c");
    await shell.until(/> get large\.bin back\.bin\nInterrupted\.\nc:\\> *\n*$/);
    endpoints.sandbox.liveResponse.configure({ latency: null });
    shell.type("get large.bin back.bin");
    shell.press("Enter");
    await shell.until(/-> back\.bin: 8\.0 MiB in (.*\n)+c:\\> *\n*$/);
    expect(statSync(join(endpoints.folder, "back.bin")).size).toBe(8 << 20);
    expect(used()).toBe(1);

    writeFileSync(join(endpoints.folder, "hostile.txt"), "one\n\u001b[2J\u001b]0;owned\u0007 two\r\n\tthree");
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

    const history = readFileSync(join(endpoints.folder, "state", "cbapi", "lr_history"), "utf8");
    expect(history).toContain("cat test.txt\n");
    expect(statSync(join(endpoints.folder, "state", "cbapi", "lr_history")).mode & 0o777).toBe(0o600);
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
    endpoints.sandbox.liveResponse.configure({ faults: [{ command: "kill", outcome: "hang" }] });
    twice.press("C-c");
    await twice.until(/Ending process \d+/);
    twice.press("C-c");
    await twice.until(/^EXIT 130$/m);
    endpoints.sandbox.liveResponse.configure({ faults: null });
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

    // What Ctrl-C asked for may be refused.
    endpoints.sandbox.liveResponse.configure({ faults: [{ command: "kill", outcome: 5 }] });
    shell.type("exec -w timeout 600");
    shell.press("Enter");
    await shell.until(/Process \d+ runs/);
    shell.press("C-c");
    await shell.until(
      /^Process \d+ could not be ended: it may run on\. What it writes is in c:\\windows\\temp\\(.*\n)+Interrupted\.\nc:\\> *\n*$/m,
    );

    // What shows nothing by itself says that it waits.
    endpoints.sandbox.liveResponse.configure({ faults: [{ command: "process list", outcome: "hang" }] });
    shell.type("ps");
    shell.press("Enter");
    await shell.until(/> ps\nWaiting for an answer, Ctrl-C stops it \.\.\./);
    shell.press("C-c");
    await shell.until(/> ps\nInterrupted\.\nc:\\> *\n*$/);
    endpoints.sandbox.liveResponse.configure({ faults: null });

    // Ctrl-C does not stop this, and nothing says that it would.
    endpoints.sandbox.faults.add({ match: { method: "PUT", path: "/api/v1/cblr/session/" }, do: { latency: 2000 } });
    shell.type("detach");
    shell.press("Enter");
    await shell.until(/> detach\nClosing the session \.\.\./);
    await shell.until((screen) => {
      expect(screen).not.toMatch(/> detach\nWaiting for an answer/);
      return /> detach\n\(unattached\)> *\n*$/.test(screen);
    });
    endpoints.sandbox.faults.clear();
    expect(used()).toBe(0);
    shell.type("!echo local $((1+1))");
    shell.press("Enter");
    await shell.until(/^local 2\n\(unattached\)> *\n*$/m);
    shell.press("C-d");
    await shell.until(/^EXIT 0$/m);
  }, 120_000);

  test("a run shows a table that changes", async () => {
    writeFileSync(
      join(endpoints.folder, "slow.mjs"),
      `import { existsSync } from "node:fs";
       export default async (session, { progress }) => {
         progress(0.5);
         console.log("from the script");
         while (!existsSync("enough")) await new Promise((resolve) => setTimeout(resolve, 50));
         return 1;
       };`,
    );
    const run = start("run", "slow.mjs", "--sensors", "1,2,3", "--slots", "2");
    await run.until(
      /^\[-{20}\] 0 done, 2 running, 1 waiting of 3.*\n(.*\n)* {2}WIN-\S+ \(\d\) +\d+:\d\d {2}\[#####-----\] 50%$/m,
    );
    writeFileSync(join(endpoints.folder, "enough"), "");
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
