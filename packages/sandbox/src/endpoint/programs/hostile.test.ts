import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import type { EndpointMachine } from "../machine.js";
import { HOST, machineOf, machinesOf, run, smallCompany, write } from "../samples.js";

const store = smallCompany();
const machines = machinesOf(store);
const windows = machineOf(machines, HOST.victim);
const linux = machineOf(machines, HOST.linux);
afterAll(() => {
  machines.dispose();
  store.close();
});

const NO_MEMORY = "Not enough memory resources are available to process this command.\n";

/** Ends a program that is under way: others get their turn while it works, and it does not go on when it is killed. */
async function endsWhenKilled(machine: EndpointMachine, line: string): Promise<void> {
  const program = machine.processes.start(line);
  let ended = false;
  void program.ended.then(() => {
    ended = true;
  });
  // It begins with the first of them; what never lets go is over with the second.
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  expect(ended, `${line.slice(0, 60)} was over before anybody else had a turn`).toBe(false);
  program.kill();
  expect(await program.ended).toBe(machine === windows ? 1 : 137);
}

describe("a hostile command", () => {
  it("lets others have their turn within one line, within one file and within one pattern", async () => {
    await endsWhenKilled(windows, `cmd /c ${"dir /s c:\\>nul&".repeat(500)}ver`);
    await write(windows, "c:\\goto.bat", `@echo off\r\n:a\r\ngoto a\r\n${"rem x\r\n".repeat(50_000)}`);
    await endsWhenKilled(windows, "cmd /c c:\\goto.bat");
    machines.addFile({ sensor: windows.sensor.id, path: "c:\\huge.bin", size: 10_000_000_000 });
    await endsWhenKilled(windows, "cmd /c type c:\\huge.bin >nul");
    await write(windows, "c:\\long.txt", "a".repeat(2_000_000));
    await endsWhenKilled(windows, `findstr ${"a*".repeat(500)}b c:\\long.txt`);
    await write(linux, "/tmp/colons.sh", ":;".repeat(100_000));
    await endsWhenKilled(linux, "sh /tmp/colons.sh");
    await write(linux, "/tmp/list.sh", "ls -lR / >/dev/null 2>/dev/null;".repeat(2_000));
    await endsWhenKilled(linux, "sh /tmp/list.sh");
  });

  it("goes through a file of nothing but line ends without holding its lines", async () => {
    await write(windows, "c:\\lines.txt", Buffer.alloc(250_000, "\n"));
    await write(linux, "/tmp/lines.txt", Buffer.alloc(250_000, "\n"));
    expect(await run(windows, 'find /c /v "x" c:\\lines.txt')).toEqual(["\n---------- C:\\LINES.TXT: 250000\n", 0]);
    expect(await run(windows, "cmd /c for /f %i in (c:\\lines.txt) do @echo %i")).toEqual(["", 0]);
    // All of them would have to be held.
    expect(await run(windows, "sort c:\\lines.txt")).toEqual([NO_MEMORY, 8]);
    expect(await run(linux, "wc /tmp/lines.txt")).toEqual([" 250000       0  250000 /tmp/lines.txt\n", 0]);
    expect(await run(linux, "tail -n 3 /tmp/lines.txt")).toEqual(["\n\n\n", 0]);
  });

  it("cannot make variables, lines and arguments grow without end", async () => {
    const [doubled, code] = await run(windows, "cmd /c set a=12345678&for /l %i in (1,1,40) do @call set a=%^a%%^a%");
    expect([doubled.split("\n")[0], code]).toEqual(["The input line is too long.", 1]);
    const many = `cmd /c for /l %i in (1,1,400) do @set "a%i=${"x".repeat(7_000)}`;
    const [refused] = await run(windows, many);
    expect(refused.startsWith(NO_MEMORY)).toBe(true);
    await write(windows, "c:\\line.txt", "x".repeat(100_000));
    expect(await run(windows, "cmd /c for /f %i in (c:\\line.txt) do @echo %i")).toEqual([
      "The input line is too long.\n",
      1,
    ]);
    const [left] = await run(windows, "cmd /c for /l %i in (1,1,10010) do @pushd c:\\windows");
    expect(left).toBe(NO_MEMORY.repeat(10));
    const [grown] = await run(linux, `sh -c "a=12345678; ${"a=\\$a\\$a; ".repeat(30)} echo over"`);
    expect(grown).toMatch(/^sh: 1: Resource temporarily unavailable\n[\s\S]*over\n$/);
    await write(linux, "/tmp/wide.sh", `a=${"x".repeat(10_000)};echo ${"$a ".repeat(10_000)}`);
    expect(await run(linux, "sh /tmp/wide.sh")).toEqual(["sh: 1: Argument list too long\n", 2]);
    await write(linux, "/tmp/large.sh", "#".repeat(300_000));
    expect(await run(linux, "sh /tmp/large.sh")).toEqual([
      "sh: 0: cannot open /tmp/large.sh: Resource temporarily unavailable\n",
      2,
    ]);
  });

  it("cannot call itself without end", async () => {
    expect(await run(windows, "cmd /c set x=call %^x%& call %^x%")).toEqual(["The line calls itself too often.\n", 1]);
    await write(windows, "c:\\open.bat", `@echo off\r\n(\r\n${"echo x\r\n".repeat(20_000)}`);
    const [opened] = await run(windows, "cmd /c c:\\open.bat");
    expect(opened.startsWith("The input line is too long.\n")).toBe(true);
  });

  it("starts so many programs and no more", async () => {
    const [output] = await run(windows, "cmd /c for /l %i in (1,1,2510) do @hostname>nul");
    // The shell is one of them.
    expect(output).toBe(NO_MEMORY.repeat(11));
  });

  it("joins files of any size, again and again", async () => {
    const before = windows.files.size("c:\\huge.bin");
    expect(await run(windows, "cmd /c copy /b c:\\huge.bin+c:\\long.txt c:\\joined.bin")).toEqual([
      "c:\\huge.bin\nc:\\long.txt\n        1 file(s) copied.\n",
      0,
    ]);
    expect(windows.files.size("c:\\joined.bin")).toBe(before + 2_000_000);
    await write(windows, "c:\\piece.bin", Buffer.alloc(5_000_000, "z"));
    await run(windows, "cmd /c for /l %i in (1,1,2000) do @copy /b c:\\piece.bin+c:\\piece.bin c:\\chain.bin>nul");
    const [end] = await run(
      windows,
      "cmd /c (for /l %i in (1,1,3000) do @copy /b c:\\chain.bin+c:\\piece.bin c:\\chain.bin>nul)&echo whole",
    );
    expect(end).toBe("whole\n");
    const last = windows.files.size("c:\\chain.bin") - 3;
    const bytes: Buffer[] = [];
    for await (const chunk of windows.files.read("c:\\chain.bin", last)) bytes.push(chunk as Buffer);
    expect(Buffer.concat(bytes).toString()).toBe("zzz");
  });

  it("leaves behind what it has written when it runs out of room, and no file is held for it", async () => {
    await write(windows, "c:\\full.txt", Buffer.alloc(100_000, "a"));
    expect(await run(windows, "cmd /c (type c:\\full.txt & type c:\\huge.bin)>>c:\\full.txt")).toEqual([NO_MEMORY, 8]);
    expect(windows.files.size("c:\\full.txt")).toBeGreaterThan(8_000_000);
  });

  it("takes names of any length apart at once", async () => {
    expect(await run(windows, `cmd /c type c:\\${"x.".repeat(3_000)}${".".repeat(2_000)}y`)).toEqual([
      "The filename, directory name, or volume label syntax is incorrect.\n",
      1,
    ]);
  });
});
