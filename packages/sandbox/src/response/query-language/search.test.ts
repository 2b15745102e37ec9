import { describe, expect, it } from "vitest";
import { sampleBinary } from "../../store/samples.js";
import { searchIn, storeOf } from "./samples.js";

describe("fields of processes", () => {
  const time = (text: string): number => Date.parse(text);
  const net = (domain: string, remote_ip: string, remote_port = 443) => ({
    ...{ time: 1, domain, remote_ip, remote_port, local_ip: "10.0.0.1", local_port: 1, proto: 6, outbound: true },
  });
  const store = storeOf(
    {
      process_name: "winword.exe",
      path: "C:\\Program Files\\Office\\winword.exe",
      cmdline: '"C:\\Program Files\\Office\\winword.exe" /n "c:\\docs\\v4.0.txt"',
      username: "CORP\\Ann",
      md5: "1".repeat(32),
      start: time("2026-01-05T08:00:00Z"),
      events: {
        netconn: [net("www.foo.com", "192.168.1.7"), net("", "fe80::5", 53)],
        modload: [{ time: 1, path: "c:\\windows\\system32\\boot\\winload.dll", md5: "3".repeat(32) }],
        childproc: [{ time: 1, child_id: "x", md5: "4".repeat(32), path: "c:\\evil\\Bad.exe", pid: 1, started: true }],
      },
      alliance: { alliance_score_srsthreat: 80, alliance_data_srsthreat: ["Report-1"] },
      tampered: true,
    },
    {
      process_name: "net.exe",
      path: "c:\\windows\\system32\\net.exe",
      cmdline: "net  use y: \\\\test\\blah",
      username: "NT AUTHORITY\\SYSTEM",
      sensor_id: 2,
      md5: "2".repeat(32),
      sha256: "2".repeat(64),
      parent_id: "00000001-0000-0000-0000-000000000001",
      start: time("2026-01-03T23:30:00Z"),
      events: {
        netconn: [net("foo.com.au", "10.1.2.3", 8080)],
        filemod: [{ time: 1, type: 8, path: "c:\\temp\\drop[1].exe", md5: "5".repeat(32) }],
        regmod: [{ time: 1, type: 2, path: "\\registry\\machine\\software\\run" }],
        crossproc: [
          {
            ...{
              time: 1,
              kind: "RemoteThread",
              subtype: 2,
              other_id: "x",
              md5: "6".repeat(32),
              path: "c:\\w\\lsass.exe",
            },
            ...{ privileges: 1, is_target: false },
          },
        ],
        processblock: [
          {
            ...{ time: 1, block_type: "", block_event: "", block_result: "ProcessTerminated", block_error: 0 },
            ...{ blocked_md5: "7".repeat(32), blocked_path: "", blocked_cmdline: "", blocked_uid: "" },
            blocked_username: "",
          },
        ],
      },
    },
  );
  store.binary(
    sampleBinary({ md5: "1".repeat(32), digsig_result: "Signed", digsig_publisher: "Microsoft Corporation" }),
  );
  store.binary(
    sampleBinary({ md5: "3".repeat(32), digsig_result: "Untrusted Root", orig_mod_len: 7, is_64bit: false }),
  );
  store.binary(sampleBinary({ md5: "4".repeat(32), digsig_result: "Expired" }));
  store.binary(sampleBinary({ md5: "5".repeat(32), digsig_result: "Unsigned", digsig_sign_time: 1 }));

  const first = [1];
  const second = [2];
  const both = [1, 2];
  const none: number[] = [];
  it.each<[string, number[]]>([
    ["", both],
    ["process_name:WINWORD.exe", first],
    ["process_name:win*", first],
    ["process_name:win", none],
    ["process_name:ne?.exe", second],
    ['process_name:"win*"', none],
    ["process_name:*", both],
    ["path:winword.exe", first],
    ['path:"office\\winword.exe"', first],
    ['path:"program files/office/winword.exe"', first],
    ["path:office", none],
    ["path:off*", first],
    ["path:*office*", first],
    ["path:word.exe", none],
    ["path:system*", second],
    ["path:\\windows\\system32\\net.exe", second],
    ["path:windows\\system32\\net.exe", second],
    ["filemod:drop[1].exe", second],
    ["filemod:drop[*", second],
    ["regmod:registry\\machine\\software\\run", second],
    ["regmod:\\registry\\machine\\*", second],
    ["modload:boot\\winload.dll", first],
    ["cmdline:\\\\test\\blah", second],
    ['cmdline:"use y: test"', second],
    ["cmdline:use\\ y:", second],
    ['cmdline:"test use"', none],
    ["cmdline:test cmdline:use", second],
    ["cmdline:.txt", first],
    ["cmdline:.0", none],
    ["cmdline:/n", first],
    ["cmdline:winw*", first],
    ["cmdline:winw*\\/n", first],
    ["cmdline:office\\*\\/n", none],
    ['cmdline:"\\\\"', none],
    ["username:ann", first],
    ["username:CORP\\ann", first],
    ["username:corp", none],
    ["username:SYSTEM", second],
    ["username:authority\\system", none],
    ["username:sys*", second],
    ["domain:com", both],
    ["domain:.com", first],
    ["domain:.com.", second],
    ["domain:com.", none],
    ["domain:foo.", second],
    ["domain:foo.com", both],
    ["domain:www.", first],
    ["domain:oo.com", none],
    ["domain:f*", both],
    ["domain:*", both],
    ["ipaddr:192.168.1.7", first],
    ["ipaddr:192.168.0.0/16", first],
    ["ipaddr:0.0.0.0/0", both],
    ["ipaddr:10.1.2.*", second],
    ["ipaddr:fe80::/10", first],
    ["ipaddr:[10.0.0.0 TO 10.255.255.255]", second],
    ["ipport:443", first],
    ["ipport:[1000 TO *]", second],
    ["ipport:*", both],
    [`md5:${"1".repeat(32)}`, both],
    [`md5:${"3".repeat(32)}`, first],
    [`md5:${"5".repeat(32)}`, second],
    [`md5:${"6".repeat(32)}`, none],
    [`process_md5:${"1".repeat(32)}`, first],
    [`parent_md5:${"1".repeat(32)}`, second],
    ["parent_md5:*", second],
    [`crossproc_md5:${"6".repeat(32)}`, second],
    [`sha256:${"2".repeat(64)}`, second],
    ["crossproc_name:lsass.exe", second],
    ["crossproc_type:remote_thread", second],
    ["crossproc_type:process_open", none],
    ["blocked_status:ProcessTerminated", second],
    ["childproc_name:bad.exe", first],
    ["modload_count:1", first],
    ["modload_count:[0 TO 1]", both],
    ["modload_count:[2 TO *]", none],
    ["netconn_count:[* TO 1]", second],
    ["hostname:host-1", first],
    ["hostname:server-*", second],
    ["group:servers", second],
    ["host_type:server", second],
    ["os_type:windows", both],
    ["sensor_id:2", second],
    ["process_id:00000001-0000-0000-0000-000000000002", second],
    ["parent_id:00000001-0000-0000-0000-000000000001", second],
    ["start:2026-01-05", first],
    ["start:-2h", first],
    ["start:-24h", first],
    ["start:2026-01-03T23:00:00", second],
    ["start:2026-01-04T08:00:01", first],
    ["start:[2026-01-03 TO 2026-01-03]", second],
    ["start:[-24h TO *]", first],
    ["start:[* TO 2026-01-03T23:29:59]", none],
    ["tampered:true", first],
    ["tampered:false", second],
    ["has_emet_event:false", both],
    ["digsig_result:Signed", first],
    ['digsig_result_modload:"untrusted root"', first],
    ["digsig_result_child:Expired", first],
    ["digsig_result_filewrite:Unsigned", second],
    ["digsig_result_parent:signed", second],
    ["digsig_publisher:microsoft", first],
    ['digsig_publisher:"Microsoft Corporation"', first],
    ["digsig_publisher:corporation\\ microsoft", none],
    ["orig_mod_len_modload:[1 TO 10]", first],
    ["is_64bit_modload:false", first],
    ["digsig_sign_time_filewrite:*", second],
    ["alliance_score_srsthreat:[50 TO *]", first],
    ["alliance_score_srsthreat:*", first],
    ["alliance_score_other:*", none],
    ["alliance_data_srsthreat:*ort-1", first],
    ["alliance_data_srsthreat:Report-1", first],
    ["alliance_data_srsthreat:report", none],
    ["watchlist_5:*", none],
    ["-process_name:net.exe", first],
    ["-digsig_sign_time_modload:*", both],
    ["-(process_name:net.exe or process_name:winword.exe)", none],
    ["process_name:net.exe or username:ann", both],
    ["process_name:(net.exe or winword.exe) -sensor_id:2", first],
    ["winword.exe", first],
    ["bad.exe", first],
    ["blah", second],
    ["www.foo.com", first],
    ["remote_thread", second],
    ["microsoft", none],
    ["*", both],
  ])("%s", (text, expected) => {
    expect(searchIn(store, text)).toEqual(expected);
  });

  it.each([
    ["nosuch:x", "Unknown field nosuch; quote the term if it is none (at character 1 of the query)"],
    ["a nosuch:x", "Unknown field nosuch; quote the term if it is none (at character 3 of the query)"],
    ["modload_count:many", "modload_count takes a number or a range [1 TO 5], not many (at character 15 of the query)"],
    ["tampered:perhaps", "tampered takes true or false, not perhaps (at character 10 of the query)"],
    ["ipaddr:300.1.1.1", "ipaddr takes an address or a network such as 192.168.1.0/24, not 300.1.1.1"],
    ["ipaddr:10.0.0.0/33", "ipaddr takes an address or a network such as 192.168.1.0/24, not 10.0.0.0/33"],
    ["start:2026-02-30", "start takes a date"],
    ["start:-7d", "start takes a date"],
    ["path:[a TO b]", "path takes no range, but [a TO b] is one (at character 6 of the query)"],
    ["digsig_result_nowhere:x", "Unknown field digsig_result_nowhere"],
  ])("refuses %s", (text, message) => {
    expect(() => searchIn(store, text)).toThrow(message);
  });

  it("cuts command lines as the version does", () => {
    expect(searchIn(store, "cmdline:txt", { commandRule: "prose" })).toEqual(first);
    expect(searchIn(store, "cmdline:txt", { commandRule: "command" })).toEqual(none);
  });

  it("searches binaries", () => {
    const binaries = (text: string): number[] => searchIn(store, text, { target: "binary" });
    expect(binaries("digsig_result:Expired")).toEqual([3]);
    expect(binaries("host_count:0")).toEqual([3, 4]);
    expect(binaries("hostname:host-1")).toEqual([1, 2]);
    expect(binaries("microsoft orig_mod_len:7")).toEqual([2]);
    expect(binaries("observed_filename:cmd.exe is_64bit:true")).toEqual([1, 3, 4]);
    expect(binaries("-digsig_sign_time:*")).toEqual([1, 2, 3]);
    expect(() => binaries("cmdline:x")).toThrow("Unknown field cmdline");
  });
});

describe("segments", () => {
  const at = (time: number) => ({ segment_id: time, last_update: time, last_server_update: time });
  const load = (path: string, segment: number) => ({ time: 1, md5: "", path, segment });
  const store = storeOf(
    { segments: [at(1000), at(2000)], events: { modload: [load("c:\\a.dll", 0), load("c:\\b.dll", 1)] } },
    { segments: [at(3000)], events: { modload: [load("c:\\a.dll", 0)] } },
  );

  it("wants all terms in one segment", () => {
    expect(searchIn(store, "modload:a.dll modload:b.dll")).toEqual([]);
    expect(searchIn(store, "modload:a.dll -modload:b.dll")).toEqual([1, 3]);
  });

  it("takes terms from any segment in a comprehensive search", () => {
    const across = { acrossSegments: true };
    expect(searchIn(store, "modload:a.dll modload:b.dll", across)).toEqual([1, 2]);
    expect(searchIn(store, "modload:a.dll -modload:b.dll", across)).toEqual([1, 3]);
  });

  it("takes long alternatives", () => {
    const text = Array.from({ length: 1500 }, (_, n) => `process_pid:${n}`).join(" or ");
    expect(searchIn(store, text)).toEqual([1, 2, 3]);
    const endless = Array.from({ length: 33_000 }, (_, n) => `process_pid:${n}`).join(" or ");
    expect(() => searchIn(store, endless)).toThrow("The query has too many terms");
  });
});
