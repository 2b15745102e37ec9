import { Readable } from "node:stream";
import type { EndpointMachine } from "../../endpoint/machine.js";
import { Random } from "../../organisation/random.js";
import { baseName } from "../../paths.js";
import { zipStream } from "../../server/zip-stream.js";
import type { CommandKind } from "./command.js";

/** Writes the memory of the endpoint to a file on it; `.zip` is added to the name of one that is packed. */
const memoryDump: CommandKind = {
  name: "memdump",
  parameters: ["compress"],
  prepare(fields) {
    const path = fields.path();
    const compress = fields.flag("compress");
    return {
      async run({ machine, show, pause, signal }) {
        show({ return_code: 0, complete: false, compressing: false, dumping: true, percentdone: 0 });
        await pause();
        const halfway = async (): Promise<void> => {
          show({ percentdone: 50, compressing: compress });
          await pause();
        };
        const content = memoryOf(machine, halfway);
        const packed = compress ? zipStream([{ name: baseName(path), content, packed: true }]) : content;
        const target = compress ? `${path}.zip` : path;
        await machine.files.write(target, Readable.from(packed, { objectMode: false }), signal);
        show({ complete: true, compressing: false, dumping: false, percentdone: 100 });
      },
    };
  },
};

const PAGE = 4096;
const PAGES = 16;

/** Pages as they lie in memory: empty ones and full ones, each with its number, so that no two parts are the same. */
async function* memoryOf(
  { memorySize, sensor }: EndpointMachine,
  halfway: () => Promise<void>,
): AsyncGenerator<Buffer> {
  const random = new Random(`memory/${sensor.id}`);
  const pattern = Buffer.alloc(PAGE * PAGES);
  for (let page = 0; page < PAGES; page += 2) {
    for (let at = 0; at < PAGE; at += 4) pattern.writeUInt32LE(random.next(), page * PAGE + at);
  }
  const middle = Math.floor(memorySize / 2);
  let told = false;
  for (let at = 0; at < memorySize; at += pattern.length) {
    if (!told && at >= middle) {
      told = true;
      await halfway();
    }
    const piece = Buffer.from(pattern);
    for (let page = 0; page < PAGES; page++) piece.writeDoubleLE(at / PAGE + page, page * PAGE);
    if (at === 0) piece.write(sensor.os_type === "windows" ? "PAGEDU64" : "\x7fELF", "latin1");
    yield piece.subarray(0, memorySize - at);
  }
  if (!told) await halfway();
}

export const MEMORY_COMMANDS = [memoryDump] as const;
