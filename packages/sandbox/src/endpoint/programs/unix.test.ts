import { afterAll, describe, expect, it } from "vitest";
import {
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
const linux = machineOf(machines, HOST.linux);
const mac = machineOf(machines, HOST.mac);
const address = linux.sensor.interfaces[0]?.ip;
afterAll(() => {
  machines.dispose();
  store.close();
});

describe("programs of Linux", () => {
  it.each([
    ["whoami", "root\n", 0],
    ["id", "uid=0(root) gid=0(root) groups=0(root)\n", 0],
    ["id deploy", "uid=1000(deploy) gid=1000(deploy) groups=1000(deploy)\n", 0],
    ["hostname", "lnx-01\n", 0],
    ["/bin/uname -sn", "Linux lnx-01\n", 0],
    ["echo 'a  b' \"c d\" e\\ f", "a  b c d e f\n", 0],
    ["sh -c 'echo $HOME \"$USER x\" $LANG $NOTHING.'", "/root root x C.UTF-8 .\n", 0],
    ["sh -c 'X=1; Y=\"$X 2\"; export X; env | grep ^X=; echo $Y'", "X=1\n1 2\n", 0],
    ["sh -c 'false && echo no || echo yes; false; echo $?'", "yes\n1\n", 0],
    ["sh -c '(echo b; echo a) | tail -n 1; { echo c; }'", "a\nc\n", 0],
    ["sh -c 'echo one two three | wc -w'", "3\n", 0],
    ["sh -c 'exit 300'", "", 44],
    ["sh -c 'nosuch; echo $?'", "sh: 1: nosuch: not found\n127\n", 0],
    ["sh -c 'echo \"unfinished'", "sh: 1: Syntax error: Unterminated quoted string\n", 2],
    ["sh -c 'echo ;;'", 'sh: 1: Syntax error: ";" unexpected\n', 2],
    ["sh -c 'cd /etc && pwd && echo host*'", "/etc\nhostname hosts\n", 0],
    ["sh -c 'echo $0 $1 $#' name one two", "sh one 2\n", 0],
    ["cat /etc/hostname /nothing", "lnx-01\ncat: /nothing: No such file or directory\n", 1],
    ["ls /etc/ssh", "sshd_config\n", 0],
    ["ls /nothing", "ls: cannot access '/nothing': No such file or directory\n", 2],
    ["ls /lost+found", "ls: cannot open directory '/lost+found': Permission denied\n", 2],
    ["grep -c . /etc/crontab", "2\n", 0],
    ["grep -n 'root\\|x' /etc/crontab", "", 1],
    ["grep -rl PermitRootLogin /etc", "/etc/ssh/sshd_config\n", 0],
    ["head -1 /etc/ssh/sshd_config", "Port 22\n", 0],
    ["rm /etc", "rm: cannot remove '/etc': Is a directory\n", 1],
    [
      "rm -rf /",
      "rm: it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe\n",
      1,
    ],
    ["which sh nothing", "/usr/bin/sh\n", 1],
    ["kill 1", "kill: (1) - Operation not permitted\n", 1],
    ["kill 999999", "kill: (999999) - No such process\n", 1],
    ["sleep x", "sleep: invalid time interval 'x'\n", 1],
    ["date +%s", "1767603600\n", 0],
  ])("%s", async (line, output, code) => {
    expect(await run(linux, line)).toEqual([output, code]);
  });

  it("tell what is true of their endpoint", async () => {
    expect((await run(linux, "ip addr"))[0]).toContain(`    inet ${address}/24 brd `);
    expect((await run(linux, "ps -ef"))[0]).toMatch(/\nroot +\d+ +1 +0 01:\d\d \? +00:00:00 \/usr\/sbin\/cron -f -P\n/);
    expect((await run(linux, "df -h"))[0]).toMatch(
      /^Filesystem +Size +Used Avail Use% Mounted on\n\/dev\/sda1 +256G +\d+G +\d+G +\d+% \/\n$/,
    );
    expect((await run(linux, "ls -l /etc/hostname"))[0]).toMatch(
      /^-rw-r--r-- 1 root root +7 \w{3} +\d+ +[\d:]+ \/etc\/hostname\n$/,
    );
    expect((await run(mac, "uname -sm"))[0]).toBe("Darwin arm64\n");
    expect((await run(mac, "zsh -c 'ls -d /Users/*'"))[0]).toContain("/Users/Shared\n");
  });

  it("work on the disk of their endpoint", async () => {
    const commands = [
      "mkdir -p /tmp/a/b; cd /tmp/a; echo one > one; echo two >> one; cp one b/two; mv b/two three; cat < three",
      "cp -r /tmp/a /tmp/c; ls -R /tmp/c; rm -r /tmp/a; rmdir /tmp/c; rm -f /tmp/nothing; touch /tmp/c/t; ls /tmp/c | wc -l",
      "nosuch > /tmp/c/log 2>&1; cat /tmp/c/log; rm -rf /tmp/c; ls /tmp",
    ];
    expect((await run(linux, `sh -c "${commands.join("; ")}"`))[0]).toBe(
      `one\ntwo\n/tmp/c:\nb\none\nthree\n\n/tmp/c/b:\nrmdir: failed to remove '/tmp/c': Directory not empty\n4\nsh: 1: nosuch: not found\n`,
    );
    await write(linux, "/tmp/job.sh", "#!/bin/sh\n# a comment\necho $1 $# # another\nexit 4\n");
    expect(await run(linux, "/tmp/job.sh 'a b' c")).toEqual(["a b 2\n", 4]);
    expect(await run(linux, "./job.sh x", "/tmp")).toEqual(["x 1\n", 4]);
    linux.files.remove("/tmp/job.sh");
  });

  it.each([
    ["nosuch", 2],
    ["/usr/bin/nosuch", 2],
    ["/etc/passwd", 13],
    ["/etc", 13],
    ["/etc/passwd/x", 20],
    ["ls\0", 22],
  ])("are refused: %j with %i", (line, code) => {
    expect(codeOf(() => linux.processes.start(line))).toBe(code);
  });

  it("stand what is meant to break them", async () => {
    await write(linux, "/tmp/a", `${"a".repeat(20_000)}\n`);
    expect(await run(linux, `grep '${"a*".repeat(200)}b' /tmp/a`)).toEqual(["", 1]);
    await write(linux, "/tmp/fork", "#!/bin/sh\n/tmp/fork | /tmp/fork\n");
    const fork = linux.processes.start("/tmp/fork");
    await othersHaveTheirTurn();
    fork.kill();
    expect(await fork.ended).toBe(137);
    expect((await run(linux, `sh -c '${"(".repeat(500)}'`))[1]).toBe(2);
    expect(await textOf(linux, "/tmp/a")).toHaveLength(20_001);
    linux.files.remove("/tmp/a");
    linux.files.remove("/tmp/fork");
  });
});
