import { Readable } from "node:stream";
import type { SensorRecord } from "../domain/index.js";
import {
  EndpointError,
  type EndpointMachine,
  type EndpointProcess,
  type FileEntry,
  type RegistryValue,
  type StartedProgram,
} from "../endpoint/machine.js";

const TIME = Date.UTC(2026, 0, 2, 3, 4, 5);

/** An endpoint that is just large enough to carry out every command: what is asked of it can be seen from outside. */
export class TinyMachine implements EndpointMachine {
  readonly sensor: SensorRecord;
  readonly workingDirectory: string;
  readonly memorySize = 300_000;
  readonly contents = new Map<string, Buffer>();
  readonly values = new Map<string, RegistryValue>();
  readonly running = new Map<number, EndpointProcess & { end: (code: number) => void }>();
  #lastPid = 100;

  constructor(sensor: SensorRecord) {
    this.sensor = sensor;
    this.workingDirectory = this.isWindows ? "C:\\Windows\\CarbonBlack" : "/var/lib/cb";
    this.contents.set(this.isWindows ? "c:\\test.txt" : "/test.txt", Buffer.from("this is a test"));
    this.contents.set("empty", Buffer.alloc(0));
  }

  get isWindows(): boolean {
    return this.sensor.os_type === "windows";
  }

  get registry(): EndpointMachine["registry"] {
    if (!this.isWindows) return undefined;
    const found = (path: string): RegistryValue => this.values.get(path) ?? this.#refuse(2);
    return {
      enumerate: (key) => ({ values: [...this.values.values()], sub_keys: [key.toUpperCase()] }),
      query: found,
      set: (path, value_type, data, overwrite) => {
        if (!overwrite && this.values.has(path)) this.#refuse(183);
        const value_name = path.slice(path.lastIndexOf("\\") + 1);
        this.values.set(path, { value_name, value_type, value_data: data as string });
      },
      createKey: (key) => void this.values.set(key, { value_name: key, value_type: "key", value_data: "" }),
      deleteKey: (key) => void (found(key) && this.values.delete(key)),
      deleteValue: (path) => void (found(path) && this.values.delete(path)),
    };
  }

  readonly files: EndpointMachine["files"] = {
    drives: () => (this.isWindows ? ["C:\\"] : ["/"]),
    list: (path) => {
      if (path === "nowhere") this.#refuse(3);
      return [...this.contents].map(([filename, { length: size }]): FileEntry => {
        const times = { create_time: TIME + 900, last_access_time: TIME, last_write_time: TIME };
        return { filename, attributes: ["ARCHIVE"], size, ...times };
      });
    },
    size: (path) => this.#content(path).length,
    read: (path, offset = 0, count = Number.POSITIVE_INFINITY) =>
      Readable.from([this.#content(path).subarray(offset, offset + count)]),
    write: async (path, content, signal) => {
      const chunks: Buffer[] = [];
      for await (const chunk of content) {
        signal?.throwIfAborted();
        chunks.push(chunk as Buffer);
      }
      this.contents.set(path, Buffer.concat(chunks));
    },
    makeDirectory: (path) => {
      if (this.contents.has(path)) this.#refuse(183);
      this.contents.set(path, Buffer.alloc(0));
    },
    remove: (path) => {
      this.#content(path);
      this.contents.delete(path);
    },
  };

  /** Knows `echo <text>`, `sleep <ms>` and `forever`. */
  readonly processes: EndpointMachine["processes"] = {
    list: () => [...this.running.values()].map(({ end: _end, ...shown }) => shown),
    kill: (pid) => (this.running.get(pid) ?? this.#refuse(87)).end(1),
    start: (commandLine, { workingDirectory = "" } = {}): StartedProgram => {
      const [name = "", argument = ""] = commandLine.split(" ");
      if (!["echo", "sleep", "forever"].includes(name)) this.#refuse(2);
      const pid = ++this.#lastPid;
      let resolve = (_code: number): void => {};
      const ended = new Promise<number>((settle) => {
        resolve = settle;
      });
      const timer = name === "forever" ? undefined : setTimeout(() => end(0), name === "sleep" ? Number(argument) : 1);
      const end = (code: number): void => {
        clearTimeout(timer);
        this.running.delete(pid);
        resolve(code);
      };
      const shown = { pid, parent: 4, path: name, command_line: commandLine, username: "SYSTEM", sid: "s-1-5-18" };
      this.running.set(pid, { ...shown, create_time: TIME, proc_guid: "a", parent_guid: "b", end });
      return { pid, ended, output: () => Buffer.from(`${argument}@${workingDirectory}`), kill: () => end(1) };
    },
  };

  #content(path: string): Buffer {
    return this.contents.get(path) ?? this.#refuse(2);
  }

  #refuse(code: number): never {
    throw new EndpointError(this.isWindows ? "win32" : "posix", code, "No such thing");
  }
}
