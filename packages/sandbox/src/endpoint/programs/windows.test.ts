import { afterAll, describe, expect, it } from "vitest";
import {
  bytesOf,
  codeOf,
  HOST,
  machineOf,
  machinesOf,
  othersHaveTheirTurn,
  run,
  smallCompany,
  textOf,
  write,
} from "../samples.js";

const store = smallCompany();
const machines = machinesOf(store);
const machine = machineOf(machines, HOST.victim);
const guide = machineOf(machines, HOST.guide);
const address = machine.sensor.interfaces[0]?.ip ?? "";
afterAll(() => {
  machines.dispose();
  store.close();
});

describe("programs of Windows", () => {
  it.each([
    ["whoami", "nt authority\\system\n", 0],
    ["C:\\Windows\\System32\\WHOAMI.EXE", "nt authority\\system\n", 0],
    ['"c:/windows/system32/whoami" ', "nt authority\\system\n", 0],
    [
      "whoami /user",
      "\nUSER INFORMATION\n----------------\n\nUser Name           SID\n=================== ========\nnt authority\\system S-1-5-18\n",
      0,
    ],
    ["whoami /nonsense", "ERROR: Invalid argument/option - '/nonsense'.\nType \"WHOAMI /?\" for usage.\n", 1],
    ["hostname", "FIN-WS-001\n", 0],
    [
      "cmd /c echo %COMPUTERNAME% %NOTHING% %COMPUTERNAME:~0,3% %COMPUTERNAME:WS=XX%",
      "FIN-WS-001 %NOTHING% FIN FIN-XX-001\n",
      0,
    ],
    ['cmd.exe /c "echo a & echo b && echo c || echo d"', "a \nb \nc \n", 0],
    [
      "cmd /c nosuch || echo failed",
      "'nosuch' is not recognized as an internal or external command,\noperable program or batch file.\nfailed\n",
      0,
    ],
    ['cmd /c (echo one & echo two) | find /c "o"', "2\n", 0],
    ['cmd /c echo a ^& b "&" c', 'a & b "&" c\n', 0],
    ["cmd /c exit 7", "", 7],
    ["cmd /c exit /b -1", "", -1],
    ["cmd /c cd", "C:\\Windows\\CarbonBlack\n", 0],
    ["cmd /c cd ..\\system32 & cd", "C:\\Windows\\System32\n", 0],
    ["cmd /c cd nowhere", "The system cannot find the path specified.\n", 1],
    ["cmd /c set X=1& set X", "X=1\n", 0],
    ["cmd /c set NOPE", "Environment variable NOPE not defined\n", 1],
    ["cmd /c if exist c:\\windows\\win.ini (echo yes) else (echo no)", "yes\n", 0],
    ["cmd /c if not exist c:\\windows\\*.ini echo no", "", 0],
    ['cmd.exe /c "exit 7"', "", 7],
    [
      'cmd /c "C:\\Windows\\System32\\whoami.exe" /upn',
      "ERROR: Invalid argument/option - '/upn'.\nType \"WHOAMI /?\" for usage.\n",
      1,
    ],
    [
      'cmd /c ""C:\\Windows\\System32\\find.exe" /c "MAPI" C:\\Windows\\win.ini"',
      "\n---------- C:\\WINDOWS\\WIN.INI: 1\n",
      0,
    ],
    ['cmd /s /c "echo a "b" c"', 'a "b" c\n', 0],
    ["cmd /c if exist c:\\nothing (echo a & echo b) else (echo c & echo d) & echo e", "c \nd\ne\n", 0],
    ["cmd /c if exist c:\\nothing echo a & echo b && echo c", "", 0],
    ["cmd /c if exist c:\\windows echo yes else echo no", "yes else echo no\n", 0],
    ['cmd /c if "%OS%"=="Windows_NT" if not defined NOPE echo both', "both\n", 0],
    ["cmd /c if /i not ABC == abc (echo no) else if 10 gtr 9 echo more", "more\n", 0],
    ["cmd /c if 10 lss 9 (echo a) else if b leq a (echo b) else echo c", "c\n", 0],
    ["cmd /c nosuch 2>nul & if errorlevel 9009 echo gone", "gone\n", 0],
    ["cmd /c if", "The syntax of the command is incorrect.\n", 1],
    ["cmd /c if exist c:\\windows", "The syntax of the command is incorrect.\n", 1],
    ["cmd /c for %i in (a) echo", "The syntax of the command is incorrect.\n", 1],
    [
      'cmd /c for %i in (a,b;"c d") do @echo [%i] [%~i] %OS%',
      '[a] [a] Windows_NT\n[b] [b] Windows_NT\n["c d"] [c d] Windows_NT\n',
      0,
    ],
    ["cmd /c for %i in (1) do echo %i", "\nC:\\Windows\\CarbonBlack>echo 1\n1\n", 0],
    [
      "cmd /c for %i in (%SystemRoot%\\*.ini) do @echo %~nxi %~dpi",
      "system.ini C:\\Windows\\\nwin.ini C:\\Windows\\\n",
      0,
    ],
    ["cmd /c for /l %n in (10,-5,0) do @for %x in (a b) do @echo %n%x", "10a\n10b\n5a\n5b\n0a\n0b\n", 0],
    ["cmd /c for /d %d in (c:\\per*) do @echo %d", "c:\\PerfLogs\n", 0],
    [
      "cmd /c for /r c:\\windows\\system32\\drivers %f in (h*) do @echo %f",
      "c:\\windows\\system32\\drivers\\etc\\hosts\n",
      0,
    ],
    [
      'cmd /c for /f "skip=1 tokens=1,2* delims==" %a in (\'type C:\\Windows\\system.ini ^| findstr "="\') do @echo %b/%a',
      "EGA80WOA.FON/EGA80WOA.FON\nmmdrv.dll/wave\ntimer.drv/timer\n",
      0,
    ],
    ["cmd /c for /f \"usebackq tokens=2,*\" %a in ('one two three four') do @echo %a-%b", "two-three four\n", 0],
    ["cmd /c for /f %a in (c:\\nothing.txt) do @echo %a", "The system cannot find the file c:\\nothing.txt.\n", 1],
    ["cmd /c pushd c:\\temp & cd & popd & cd", "C:\\temp\nC:\\Windows\\CarbonBlack\n", 0],
    ["cmd /c &&", "& was unexpected at this time.\n", 1],
    ["cmd /c echo x >", "The syntax of the command is incorrect.\n", 1],
    [
      "cmd /c type C:\\Windows\\win.ini | findstr /b /n [",
      "2:[fonts]\n3:[extensions]\n4:[mci extensions]\n5:[files]\n6:[Mail]\n",
      0,
    ],
    ["cmd /c type nothing.txt", "The system cannot find the file specified.\n", 1],
    ["cmd /c type C:\\Windows\\System32\\config\\SAM", "Access is denied.\n", 1],
    ['find /i "MAPI" C:\\Windows\\win.ini', "\n---------- C:\\WINDOWS\\WIN.INI\nMAPI=1\n", 0],
    [
      'findstr /c:"16-bit app" C:\\Windows\\win.ini C:\\Windows\\system.ini',
      "C:\\Windows\\win.ini:; for 16-bit app support\nC:\\Windows\\system.ini:; for 16-bit app support\n",
      0,
    ],
    ["findstr nothing C:\\Windows\\win.ini", "", 1],
    ["findstr x C:\\nothing.txt", "FINDSTR: Cannot open C:\\nothing.txt\n", 1],
    [
      "more C:\\Windows\\system.ini",
      "; for 16-bit app support\n[386Enh]\nwoafont=dosapp.fon\nEGA80WOA.FON=EGA80WOA.FON\n\n[drivers]\nwave=mmdrv.dll\ntimer=timer.drv\n",
      0,
    ],
    ["where cmd", "C:\\Windows\\System32\\cmd.exe\n", 0],
    ["net use", "New connections will be remembered.\n\nThere are no entries in the list.\n\n", 0],
    [
      "net user nobody",
      "The user name could not be found.\n\nMore help is available by typing NET HELPMSG 2221.\n\n",
      2,
    ],
    [
      "sc query nothing",
      "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\n\nThe specified service does not exist as an installed service.\n\n",
      1060,
    ],
    ["taskkill /f /pid 4", "ERROR: The process with PID 4 could not be terminated.\nReason: Access is denied.\n", 1],
    ["taskkill /im nothing.exe", 'ERROR: The process "nothing.exe" not found.\n', 128],
    ["timeout /t 0", "\nWaiting for 0 seconds, press CTRL+C to quit ...\n", 0],
    ["ping -n 1 nowhere", "Ping request could not find host nowhere. Please check the name and try again.\n", 1],
  ])("%s", async (line, output, code) => {
    expect(await run(machine, line)).toEqual([output, code]);
  });

  it("tell what is true of their endpoint", async () => {
    const [release] = await run(machine, "cmd /c ver");
    expect(release).toMatch(/^\nMicrosoft Windows \[Version 10\.0\.\d+\.\d+\]\n$/);
    expect((await run(machine, "ipconfig"))[0]).toBe(
      `\nWindows IP Configuration\n\nEthernet adapter Ethernet:\n\n   Connection-specific DNS Suffix  . : aldermoor.example
   IPv4 Address. . . . . . . . . . . : ${address}\n   Subnet Mask . . . . . . . . . . . : 255.255.255.0
   Default Gateway . . . . . . . . . : ${address.replace(/\d+$/, "1")}\n`,
    );
    const all = (await run(machine, "ipconfig /all"))[0];
    expect(all).toContain(
      "   Host Name . . . . . . . . . . . . : FIN-WS-001\n   Primary Dns Suffix  . . . . . . . : aldermoor.example\n",
    );
    expect((await run(machine, "netstat -ano"))[0]).toMatch(/TCP +[\d.:]+ +203\.0\.113\.77:443 +ESTABLISHED +\d+\n/);
    expect((await run(machine, "systeminfo"))[0]).toContain("Host Name:                 FIN-WS-001\n");
    expect((await run(machine, "net start"))[0]).toMatch(
      /^These Windows services are started:\n\n(.*\n)* {3}Task Scheduler\n/,
    );
    expect((await run(machine, "sc query schedule"))[0]).toContain("        STATE              : 4  RUNNING \n");
    expect((await run(machine, 'tasklist /fi "imagename eq onesyncsvc.exe" /fo csv /nh'))[0]).toMatch(
      /^"onesyncsvc\.exe","\d+","Console","1","[\d,]+ K"\n$/,
    );
    expect((await run(guide, "net use"))[0]).toBe(
      `New connections will be remembered.\n\n\nStatus       Local     Remote                    Network\n\n${"-".repeat(79)}
OK           Y:        \\\\test\\blah               Microsoft Windows Network
OK           Z:        \\\\test\\blah               Microsoft Windows Network\nThe command completed successfully.\n\n`,
    );
    expect((await run(guide, "ping -n 1 192.168.215.150"))[0]).toBe(
      `\nPinging 192.168.215.150 with 32 bytes of data:\nReply from 192.168.215.150: bytes=32 time<1ms TTL=128
\nPing statistics for 192.168.215.150:\n    Packets: Sent = 1, Received = 1, Lost = 0 (0% loss),
Approximate round trip times in milli-seconds:\n    Minimum = 0ms, Maximum = 0ms, Average = 0ms\n`,
    );
  });

  it("work on the disk of their endpoint", async () => {
    const commands = [
      "md c:\\temp\\a\\b & cd /d c:\\temp\\a",
      "echo one> one.txt& echo two>> one.txt",
      "copy one.txt b\\two.txt & copy one.txt+b\\two.txt three.txt & ren three.txt four.txt",
      "move b\\two.txt c:\\temp\\moved.txt & del one.txt nothing.txt & type four.txt c:\\temp\\moved.txt",
      "dir /b /s c:\\temp & rd b & rd /s /q c:\\temp\\a & del c:\\temp\\moved.txt & dir /b c:\\temp",
    ];
    const [output] = await run(machine, `cmd /c ${commands.join(" & ")}`);
    expect(output).toBe(
      `        1 file(s) copied.\none.txt\nb\\two.txt\n        1 file(s) copied.\n        1 file(s) moved.
Could Not Find C:\\temp\\a\\nothing.txt\n\nfour.txt\n\n\none\ntwo \none\ntwo \n\nmoved.txt\n\n\none\ntwo \nC:\\temp\\a\nC:\\temp\\moved.txt\nC:\\temp\\a\\b\nC:\\temp\\a\\four.txt\nFile Not Found\n`,
    );
    await write(machine, "c:\\temp\\x.txt", "12345");
    expect((await run(machine, "cmd /c dir x*", "c:\\temp"))[0]).toMatch(
      /^ Volume in drive C has no label\.\n Volume Serial Number is [0-9A-F]{4}-[0-9A-F]{4}\n\n Directory of C:\\temp\n\n01\/05\/2026 {2}09:00 AM {17}5 x\.txt\n {15}1 File\(s\) {14}5 bytes\n {15}0 Dir\(s\) +[\d,]+ bytes free\n$/,
    );
    expect(await run(machine, "cmd /c dir c:\\nothing")).toEqual([expect.stringContaining("File Not Found\n"), 1]);
    await run(machine, "cmd /c whoami > nul 2>&1 & nosuch > c:\\temp\\x.txt 2>&1");
    expect(await textOf(machine, "c:\\temp\\x.txt")).toContain("'nosuch' is not recognized");
    await write(
      machine,
      "c:\\temp\\job.bat",
      "@echo off\r\nrem nothing\r\nhostname\r\necho 100%% %NOPE%done\r\nexit 3\r\necho never\r\n",
    );
    expect(await run(machine, "c:\\temp\\job.bat")).toEqual(["FIN-WS-001\n100% done\n", 3]);
    // By its name alone, as it is found where the command stands.
    expect(await run(machine, "job", "c:\\temp")).toEqual(["FIN-WS-001\n100% done\n", 3]);
    await run(machine, "cmd /c del c:\\temp\\x.txt c:\\temp\\job.bat");
  });

  it("carry out batch files with labels, arguments and brackets over several lines", async () => {
    const lines = [
      "@echo off",
      "set N=%~1",
      'if "%~1"=="" goto usage',
      "for %%f in (%*) do (",
      "  if exist %%f (",
      "    echo %%~nxf is there",
      "  ) else (",
      "    echo %%~nxf is not",
      "  )",
      ")",
      'call :sub "x y" & echo back',
      "goto done & echo never",
      ":sub",
      "echo sub %1 %~n0",
      "exit /b 4",
      ":usage",
      "echo usage: %~nx0 FILE",
      "exit /b 2",
      ":done",
      "echo done %errorlevel%",
      "goto nowhere",
      "echo never",
    ];
    await write(machine, "c:\\temp\\my job.cmd", lines.join("\r\n"));
    expect(await run(machine, '"c:\\temp\\my job.cmd"')).toEqual(["usage: my job.cmd FILE\n", 2]);
    expect(await run(machine, 'cmd /c ""c:\\temp\\my job.cmd" c:\\windows\\win.ini "c:\\no file""')).toEqual([
      'win.ini is there\nno file is not\nsub "x y" my job\nback\ndone 0\nThe system cannot find the batch label specified - nowhere\n',
      1,
    ]);
    await run(machine, 'cmd /c del "c:\\temp\\my job.cmd"');
  });

  it("write on from the end of a file of any size", async () => {
    const path = "c:\\temp\\grows.bin";
    await write(machine, path, Buffer.alloc(9_000_000, "y"));
    expect((await run(machine, `cmd /c for /l %i in (1,1,3) do @echo %i>> ${path}`))[1]).toBe(0);
    expect(machine.files.size(path)).toBe(9_000_009);
    const end = await bytesOf(machine.files.read(path, 8_999_999));
    expect(end.toString()).toBe("y1\r\n2\r\n3\r\n");
    // What is removed while it is written to is written all the same.
    expect((await run(machine, `cmd /c (del ${path} & echo z) >> ${path}`))[1]).toBe(0);
    expect(machine.files.size(path)).toBeGreaterThan(9_000_009);
    machine.files.remove(path);
  });

  it("work on the registry of their endpoint", async () => {
    const key = "HKLM\\Software\\Aldermoor\\Kept";
    const done = "The operation completed successfully.\n";
    expect(await run(machine, `reg add ${key} /v Number /t REG_DWORD /d 255 /f`)).toEqual([done, 0]);
    expect(await run(machine, `reg add ${key} /v List /t REG_MULTI_SZ /d a\\0b`)).toEqual([done, 0]);
    expect(await run(machine, `reg add ${key}\\below /ve /d "a text"`)).toEqual([done, 0]);
    const path = key.replace("HKLM", "HKEY_LOCAL_MACHINE");
    expect(await run(machine, `reg query ${key}`)).toEqual([
      `\n${path}\n    Number    REG_DWORD    0xff\n    List    REG_MULTI_SZ    a\\0b\n\n${path}\\below\n`,
      0,
    ]);
    expect(await run(machine, `reg query ${key} /v nothing`)).toEqual([
      "ERROR: The system was unable to find the specified registry key or value.\n",
      1,
    ]);
    expect(machine.registry?.query(`${key}\\below\\`).value_data).toBe("a text");
    expect((await run(machine, `reg delete ${key}`))[1]).toBe(1);
    expect(await run(machine, `reg delete ${key} /f`)).toEqual([done, 0]);
    expect((await run(machine, `reg query ${key}`))[1]).toBe(1);
    expect(await run(machine, "reg query HKLM\\SAM")).toEqual(["ERROR: Access is denied.\n", 1]);
  });

  it.each([
    ["nosuch.exe", 2],
    ["C:\\Windows\\nosuch.exe", 2],
    ["C:\\nowhere\\x.exe", 3],
    ["C:\\Windows", 5],
    ["C:\\Windows\\win.ini", 193],
    ["", 87],
    ["   ", 87],
    ["whoami\0/all", 87],
  ])("are refused: %j with %i", (line, code) => {
    expect(codeOf(() => machine.processes.start(line))).toBe(code);
  });

  it("are refused where they cannot start, or are too much", async () => {
    expect(codeOf(() => machine.processes.start("whoami", { workingDirectory: "C:\\nowhere" }))).toBe(267);
    expect(codeOf(() => machine.processes.start(`echo ${"x".repeat(40_000)}`))).toBe(206);
    expect(await run(machine, `cmd /c echo ${"x".repeat(9_000)}`)).toEqual(["The input line is too long.\n", 1]);
    expect((await run(machine, `cmd /c ${"(".repeat(2_000)}echo x`))[1]).toBe(1);
    expect((await run(machine, `cmd /c ${"cmd /c ".repeat(60)}echo x`))[0]).toContain("Not enough memory resources");
  });

  it("search in bounded time and with bounded output, whatever is asked", async () => {
    await write(machine, "c:\\temp\\a.txt", `${"a".repeat(20_000)}\n`);
    const evil = `${"a*".repeat(200)}b`;
    expect(await run(machine, `findstr /r ${evil} c:\\temp\\a.txt`)).toEqual(["", 1]);
    expect((await run(machine, `findstr /r ".*.*.*.*.*.*x" c:\\temp\\a.txt`))[1]).toBe(1);
    await write(machine, "c:\\temp\\large.bin", Buffer.alloc(20_000_000, "y"));
    const [output, code] = await run(machine, "cmd /c type c:\\temp\\large.bin");
    expect([code, output.length < 9_000_000]).toEqual([8, true]);
    let deep = "c:\\temp\\d";
    for (let depth = 0; depth < 500; depth++, deep += "\\d") machine.files.makeDirectory(deep);
    const [listing] = await run(machine, "cmd /c dir /s /b c:\\temp\\d");
    expect(listing.trimEnd().split("\n")).toHaveLength(499);
    expect((await run(machine, "cmd /c rd /s /q c:\\temp\\d & del /q c:\\temp\\*"))[1]).toBe(0);
    await write(machine, "c:\\temp\\bomb.bat", "@call c:\\temp\\bomb.bat\r\n@call c:\\temp\\bomb.bat\r\n");
    const bomb = machine.processes.start("cmd /c c:\\temp\\bomb.bat");
    const endless = machine.processes.start("cmd /c for /l %i in (1,0,2) do @rem");
    await write(machine, "c:\\temp\\loop.bat", ":again\r\n@goto again\r\n");
    const loop = machine.processes.start("c:\\temp\\loop.bat");
    await othersHaveTheirTurn();
    for (const program of [bomb, endless, loop]) program.kill();
    expect(await Promise.all([bomb.ended, endless.ended, loop.ended])).toEqual([1, 1, 1]);
  });
});
