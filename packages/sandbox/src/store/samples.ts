import type { BinaryRecord, ProcessRecord, SensorRecord } from "../domain/index.js";

/** Small records for tests: complete, with the parts changed that a test is about. */
export function sampleProcess(changes: Partial<ProcessRecord> = {}): ProcessRecord {
  return {
    sensor_id: 1,
    pid: 1,
    id: "00000001-0000-0001-0000-000000000001",
    parent_pid: 4,
    parent_name: "explorer.exe",
    start: 1000,
    process_name: "cmd.exe",
    path: "c:\\windows\\system32\\cmd.exe",
    cmdline: '"C:\\Windows\\system32\\cmd.exe" /c dir',
    username: "HOST\\user",
    md5: "a".repeat(32),
    segments: [{ segment_id: 5000, last_update: 4000, last_server_update: 5000 }],
    events: {},
    ...changes,
  };
}

export function sampleSensor(changes: Partial<SensorRecord> = {}): SensorRecord {
  return {
    id: 1,
    group_id: 1,
    computer_name: "HOST-1",
    computer_dns_name: "host-1.example",
    computer_sid: "S-1-5-21-1",
    os_type: "windows",
    host_type: "workstation",
    os_environment_display_string: "Windows 10 Enterprise, 64-bit",
    build_version_string: "006.002.003.80420",
    interfaces: [{ ip: "192.168.1.163", mac: "00155d019c08" }],
    registration_time: 0,
    last_checkin_time: 1000,
    online: true,
    supports_cblr: true,
    supports_isolation: true,
    physical_memory_size: 1024,
    systemvolume_total_size: 2048,
    systemvolume_free_size: 512,
    ...changes,
  };
}

export function sampleBinary(changes: Partial<BinaryRecord> = {}): BinaryRecord {
  return {
    md5: "a".repeat(32),
    sha256: "a".repeat(64),
    observed_filename: ["c:\\windows\\system32\\cmd.exe"],
    orig_mod_len: 100,
    copied_mod_len: 100,
    is_executable_image: true,
    is_64bit: true,
    os_type: "Windows",
    server_added_timestamp: 1000,
    last_seen: 2000,
    digsig_result: "Signed",
    digsig_publisher: "Microsoft Corporation",
    ...changes,
  };
}
