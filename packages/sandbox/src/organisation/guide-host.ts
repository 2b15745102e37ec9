import type { ProcessRecord } from "../domain/index.js";
import type { Catalogue, Image } from "./catalogue.js";
import { parseProcessGuid } from "./ids.js";
import { hash32 } from "./random.js";
import type { HostRecorder, Start } from "./recorder.js";

const SIGNED = Date.UTC(2012, 6, 26, 8, 56);

/** The binaries of the guide: those whose hashes it prints, and Windows Server 2012 around them. */
export class GuideFiles {
  readonly #catalogue: Catalogue;
  readonly #made = new Map<string, Image>();
  readonly #added: number;

  constructor(catalogue: Catalogue, now: number) {
    this.#catalogue = catalogue;
    this.#added = Math.min(Date.UTC(2016, 9, 19, 12), now);
    const printed = (name: string, md5: string, description: string, size: number): Image =>
      this.#make(`c:\\windows\\system32\\${name}`, description, {
        md5: md5.toLowerCase(),
        orig_mod_len: size,
        copied_mod_len: size,
      });
    printed("net.exe", "79B6D4C5283FC806387C55B8D7C8B762", "Net Command", 56_320);
    printed("cmd.exe", "BF93A2F9901E9B3DFCA8A7982F4A9868", "Windows Command Processor", 357_376);
    printed("pnrpnsp.dll", "CA4FAFFA957C71C006B59E29DFE3EB8B", "PNRP Name Space Provider", 78_336);
    this.#make("c:\\windows\\syswow64\\appwiz.cpl", "Shell Application Manager", {
      md5: "08d1631faf39538a133d94585644d5a8",
      orig_mod_len: 669_696,
      copied_mod_len: 669_696,
      is_64bit: false,
    });
    this.#tool("c:\\users\\bit9rad\\downloads\\dbgview.exe", "24DA05ADE2A978E199875DA0D859E7EB", "DebugView", 468_056);
    this.#tool(
      "c:\\users\\bit9rad\\downloads\\procmon.exe",
      "7FB55F5A62E78AF9B58D08AAEEAEF848",
      "Process Monitor",
      2_046_608,
    );
  }

  /** A file of Windows by its name, made when first asked for. */
  windows(name: string): Image {
    return (
      this.#made.get(name) ?? this.#make(`c:\\windows\\${name === "explorer.exe" ? "" : "system32\\"}${name}`, name)
    );
  }

  /** A file of nobody known. */
  unsigned(path: string, alliance: NonNullable<Start["alliance"]>): Image {
    const name = path.slice(path.lastIndexOf("\\") + 1);
    const made = this.#made.get(name);
    if (made !== undefined) return made;
    const image = this.#catalogue.add(path, "guide", {
      os_type: "Windows",
      original_filename: name,
      orig_mod_len: 41_472,
      copied_mod_len: 41_472,
      alliance,
    });
    this.#made.set(name, image);
    return image;
  }

  #tool(path: string, md5: string, description: string, size: number): void {
    this.#make(path, description, {
      md5: md5.toLowerCase(),
      orig_mod_len: size,
      copied_mod_len: size,
      is_64bit: false,
      company_name: "Sysinternals - www.sysinternals.com",
      product_name: `Sysinternals ${description}`,
      file_version: "3.30",
      product_version: "3.30",
    });
  }

  #make(path: string, description: string, more: Partial<Image["record"]> = {}): Image {
    const name = path.slice(path.lastIndexOf("\\") + 1);
    // Sizes that do not come from the seed, so that hashes do not either.
    const size = 6144 + (hash32(path) % 40_000);
    const image = this.#catalogue.add(path, "guide", {
      os_type: "Windows",
      orig_mod_len: size,
      copied_mod_len: size,
      original_filename: name,
      internal_name: name.replace(/\.[a-z]+$/, ""),
      file_desc: description,
      file_version: "6.2.9200.16384 (win8_rtm.120725-1247)",
      product_name: "Microsoft® Windows® Operating System",
      product_version: "6.2.9200.16384",
      company_name: "Microsoft Corporation",
      legal_copyright: "© Microsoft Corporation. All rights reserved.",
      digsig_result: "Signed",
      digsig_publisher: "Microsoft Corporation",
      digsig_issuer: "Microsoft Windows Production PCA 2011",
      digsig_subject: "Microsoft Windows",
      digsig_prog_name: "Microsoft Windows",
      digsig_sign_time: SIGNED,
      server_added_timestamp: this.#added,
      ...more,
    });
    this.#made.set(name, image);
    return image;
  }
}

/** Starts processes on a host of the guide, each with the few libraries that every program of that time loads. */
export class GuideHost {
  readonly recorder: HostRecorder;
  readonly files: GuideFiles;

  constructor(recorder: HostRecorder, files: GuideFiles) {
    this.recorder = recorder;
    this.files = files;
  }

  run(parent: ProcessRecord | undefined, name: string, start: Start): ProcessRecord {
    const started = this.recorder.start(parent, this.files.windows(name), start);
    for (const [index, library] of ["ntdll.dll", "kernel32.dll", "kernelbase.dll", "msvcrt.dll"].entries()) {
      this.recorder.modload(started, this.files.windows(library), started.start + 2 + index);
    }
    return started;
  }

  /** Starts a process whose GUID is given; pid and time follow from it. */
  known(
    parent: ProcessRecord | undefined,
    name: string,
    id: string,
    start: Omit<Start, "at" | "pid" | "ticks">,
  ): ProcessRecord {
    return this.run(parent, name, { ...fromGuid(id), ...start });
  }

  /** From the kernel to a user's desktop, in the seconds before `at`. */
  desktop(at: number, username: string): ProcessRecord {
    const boot = at - 60_000;
    const system = this.run(undefined, "ntoskrnl.exe", {
      at: boot,
      pid: 4,
      cmdline: "c:\\windows\\system32\\ntoskrnl.exe",
      username: "SYSTEM",
    });
    const smss = this.run(system, "smss.exe", { at: boot + 40, cmdline: "\\SystemRoot\\System32\\smss.exe" });
    const session = this.run(smss, "smss.exe", {
      at: boot + 2_600,
      cmdline: "\\SystemRoot\\System32\\smss.exe 00000001 00000030",
    });
    const winlogon = this.run(session, "winlogon.exe", { at: boot + 2_800, cmdline: "winlogon.exe" });
    const userinit = this.run(winlogon, "userinit.exe", {
      at: boot + 50_000,
      end: boot + 80_000,
      username,
      cmdline: "C:\\Windows\\system32\\userinit.exe",
    });
    return this.run(userinit, "explorer.exe", { at: boot + 50_300, cmdline: "C:\\Windows\\Explorer.EXE" });
  }
}

/** Pid, start and the ticks beyond the millisecond, from a GUID. */
export function fromGuid(id: string): { pid: number; at: number; ticks: number } {
  const parsed = parseProcessGuid(id);
  if (parsed === undefined) throw new Error(`not a process GUID: ${id}`);
  const ticks = Number(BigInt(`0x${id.slice(19).replaceAll("-", "")}`) % 10_000n);
  return { pid: parsed.pid, at: parsed.start, ticks };
}
