import type { SensorRecord } from "../domain/index.js";
import type { Store } from "../store/store.js";
import { bytesContent, noiseContent, textContent } from "./disk/content.js";
import { Disk } from "./disk/disk.js";
import { Layout } from "./disk/layout.js";
import type { FileNode } from "./disk/nodes.js";
import type { Software } from "./disk/software.js";
import type { SpillFolder } from "./disk/spill.js";
import { layLinux, layMac } from "./disk/unix-layout.js";
import { layWindows } from "./disk/windows-layout.js";
import { HostFacts } from "./facts.js";
import type { EndpointMachine, EndpointProcesses } from "./machine.js";
import type { EndpointOptions, ExtraFile } from "./options.js";
import { ProcessTable } from "./processes.js";
import { BUILT_IN } from "./programs/built-in.js";
import type { ProgramHost } from "./programs/host.js";
import { startProgram } from "./programs/runner.js";
import { fillRegistry } from "./registry/hives.js";
import { applyRecorded, type RecordedValues } from "./registry/recorded.js";
import { Registry } from "./registry/registry.js";

/** What endpoints of one organisation share. */
export interface Shared {
  store: Store;
  software: Software;
  recorded: RecordedValues;
  spill: SpillFolder;
  options: EndpointOptions;
  /** Those of the options, and those that were added since. */
  extraFiles: ExtraFile[];
  /** Something on the endpoint is no longer as it was made. */
  onChange: (endpoint: Endpoint) => void;
}

const GIB = 1024 ** 3;
const MEMORY = 1024 * 1024;

/** An endpoint from within. Disk and registry are made when they are first looked at. */
export class Endpoint implements EndpointMachine, ProgramHost {
  readonly facts: HostFacts;
  readonly table: ProcessTable;
  readonly #shared: Shared;
  #disk: Disk | undefined;
  #registry: Registry | undefined;
  /** The files that were put on the disk because they were seen here: what is removed does not come back. */
  readonly #placed = new Set<FileNode>();
  /** The latest segment with a registry value that this endpoint has been given. */
  #latestValue = 0;
  #refreshed = -1;

  constructor(sensor: SensorRecord, shared: Shared) {
    this.#shared = shared;
    this.facts = new HostFacts(shared.store, sensor, String(shared.options.seed ?? "cbapi"));
    const changed = (): void => shared.onChange(this);
    this.table = new ProcessTable({
      ...{ store: shared.store, facts: this.facts, now: () => this.now(), onChange: changed },
      onEnd: (proc) => shared.options.onEnd?.({ sensorId: sensor.id, proc }),
    });
  }

  get sensor(): SensorRecord {
    return this.facts.sensor;
  }

  get store(): Store {
    return this.#shared.store;
  }

  get options(): EndpointOptions {
    return this.#shared.options;
  }

  get software(): Software {
    return this.#shared.software;
  }

  get isWindows(): boolean {
    return this.sensor.os_type === "windows";
  }

  get workingDirectory(): string {
    if (this.isWindows) return "C:\\Windows\\CarbonBlack";
    return this.sensor.os_type === "linux" ? "/var/lib/cb" : "/private/var/lib/cb";
  }

  get memorySize(): number {
    return this.options.memorySize ?? MEMORY;
  }

  get files(): Disk {
    this.#disk ??= this.#makeDisk();
    return this.#disk;
  }

  get registry(): Registry | undefined {
    if (!this.isWindows) return undefined;
    this.#registry ??= this.#makeRegistry();
    return this.#registry;
  }

  get processes(): EndpointProcesses {
    return {
      list: () => this.table.list(),
      kill: (pid) => this.table.kill(pid),
      start: (commandLine, { workingDirectory = this.workingDirectory } = {}) =>
        startProgram(this, commandLine, workingDirectory),
    };
  }

  now(): number {
    return this.options.now?.() ?? Date.now();
  }

  /** Puts a file on the disk that was given to it from outside. Throws a RangeError where there can be no such file. */
  addFile(extra: ExtraFile): void {
    if (!this.files.canHold(extra.path)) {
      throw new RangeError(`${extra.path} cannot be the path of a file on ${this.sensor.computer_name}`);
    }
    this.#layExtra(this.files, extra);
  }

  /** Ends what was started and lets go of what was written. */
  dispose(): void {
    this.table.stop();
    this.#disk?.dispose();
  }

  #makeDisk(): Disk {
    const { sensor, facts } = this;
    const servers = this.isWindows && sensor.host_type !== "workstation";
    const roots = this.isWindows ? ["C:", ...(servers ? ["D:"] : [])] : [""];
    const disk = new Disk({
      ...{
        system: sensor.os_type,
        roots,
        created: facts.installTime,
        spill: this.#shared.spill,
        now: () => this.now(),
      },
      free: (root) => (root === "D:" ? 512 * GIB : sensor.systemvolume_free_size),
      isRunning: (node) => this.#isRunning(node),
      refresh: () => this.#refreshDisk(),
      onChange: () => this.#shared.onChange(this),
    });
    this.#disk = disk;
    const layout = new Layout(disk, facts.installTime);
    if (this.isWindows) layWindows(layout, facts, roots);
    else if (sensor.os_type === "linux") layLinux(layout, facts);
    else layMac(layout, facts);
    // What is known of this endpoint comes before what any other of its kind has.
    this.#refreshDisk();
    for (const [path] of BUILT_IN[sensor.os_type]) {
      layout.share(path, this.software.part(sensor.os_type, path, facts.installTime));
    }
    for (const { path } of this.table.list()) {
      // What runs has a file, whether or not the server ever got to know it.
      if (path.includes("\\") || path.startsWith("/")) {
        layout.share(path, this.software.part(sensor.os_type, path, facts.installTime));
      }
    }
    for (const extra of this.#shared.extraFiles) if (isFor(extra, sensor)) this.#layExtra(disk, extra);
    return disk;
  }

  #layExtra(disk: Disk, { path, content, size }: ExtraFile): void {
    const made =
      size !== undefined
        ? noiseContent(path, size)
        : typeof content === "string"
          ? textContent(() => content)
          : bytesContent(content ?? new Uint8Array(0));
    disk.occupy(path, made.size);
    new Layout(disk, this.facts.installTime).file(path, made, { created: this.now() });
  }

  #makeRegistry(): Registry {
    return new Registry({
      fill: (top) => fillRegistry(top, { store: this.store, facts: this.facts, processes: () => this.table.list() }),
      refresh: (top) => {
        const values = this.#shared.recorded.of(this.sensor.id);
        if ((values.at(-1)?.doc ?? 0) <= this.#latestValue) return;
        for (const value of values) if (value.doc > this.#latestValue) applyRecorded(top, value);
        this.#latestValue = values.at(-1)?.doc ?? 0;
      },
      onChange: () => this.#shared.onChange(this),
    });
  }

  /** Puts on the disk what the server has got to know on this endpoint since it was last looked at. */
  #refreshDisk(): void {
    const { revision } = this.store;
    if (this.#disk === undefined || this.#refreshed === revision) return;
    this.#refreshed = revision;
    const layout = new Layout(this.#disk, this.facts.installTime);
    for (const { path, node } of this.software.of(this.sensor.id)) {
      if (this.#placed.has(node)) continue;
      this.#placed.add(node);
      layout.share(path, node);
    }
  }

  #isRunning(node: FileNode): boolean {
    if (node.program !== true && !/\.(exe|com)$/i.test(node.name)) return false;
    const { name } = node;
    return this.table
      .list()
      .some(({ path }) => path.toLowerCase().endsWith(name.toLowerCase()) && this.files.find(path) === node);
  }
}

/** Whether a file is meant for this endpoint. */
const isFor = ({ sensor: wanted }: ExtraFile, sensor: SensorRecord): boolean =>
  typeof wanted === "number" ? wanted === sensor.id : wanted.toLowerCase() === sensor.computer_name.toLowerCase();
