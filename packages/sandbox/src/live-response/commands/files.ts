import { EndpointError } from "../../endpoint/machine.js";
import { baseName } from "../../paths.js";
import { errorOf } from "../faults.js";
import { systemOf } from "../results.js";
import type { CommandKind } from "./command.js";

/** Reads a file of the endpoint into the session: as it is at this moment, whatever becomes of it afterwards. */
const getFile: CommandKind = {
  name: "get file",
  parameters: ["offset", "get_count"],
  prepare(fields, files) {
    const path = fields.path();
    const offset = fields.count("offset") ?? 0;
    const count = fields.count("get_count");
    const file = files.reserve(baseName(path));
    return {
      fileId: file.id,
      drop: () => files.fail(file, undefined),
      async run({ machine, files: own, signal, maxFileSize }) {
        try {
          const rest = Math.max(0, machine.files.size(path) - offset);
          const size = Math.min(rest, count ?? rest);
          // A size of nothing is read too: whether a file may be opened does not depend on how much is wanted of it.
          const content = machine.files.read(path, offset, size);
          const system = systemOf(machine.sensor);
          await own.fill(file, size, { content, limit: maxFileSize, signal, tooLarge: () => errorOf(system, 112) });
        } catch (error) {
          own.fail(file, error);
          throw error;
        }
      },
    };
  },
};

/** Writes a file of the session to the endpoint. */
const putFile: CommandKind = {
  name: "put file",
  parameters: ["file_id"],
  prepare(fields, files) {
    const path = fields.path();
    fields.require("file_id");
    const file = files.complete(fields.count("file_id") ?? 0);
    return {
      fileId: file.id,
      async run({ machine, files: own, signal }) {
        // Somebody may have deleted it from the session meanwhile.
        if (own.find(file.id) === undefined) throw new EndpointError(systemOf(machine.sensor), 2, "No such file");
        const handle = await own.open(file);
        const content = handle.createReadStream();
        try {
          await machine.files.write(path, content, signal);
        } finally {
          content.destroy();
        }
      },
    };
  },
};

const deleteFile: CommandKind = {
  name: "delete file",
  parameters: [],
  prepare(fields) {
    const path = fields.path();
    return { run: ({ machine }) => machine.files.remove(path) };
  },
};

const listDirectory: CommandKind = {
  name: "directory list",
  parameters: [],
  prepare(fields) {
    const path = fields.path();
    return { run: ({ machine, show }) => show({ files: machine.files.list(path) }) };
  },
};

const createDirectory: CommandKind = {
  name: "create directory",
  parameters: [],
  prepare(fields) {
    const path = fields.path();
    return { run: ({ machine }) => machine.files.makeDirectory(path) };
  },
};

export const FILE_COMMANDS = [getFile, putFile, deleteFile, listDirectory, createDirectory] as const;
