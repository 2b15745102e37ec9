import type { CallOptions } from "../transport/types.js";
import { ServerFile } from "./server-file.js";

/** A file of the server's that is text, as lists and reports are. */
export abstract class TextFile extends ServerFile {
  /** The whole of it as text. */
  async text(options: CallOptions = {}): Promise<string> {
    return (await this.read(undefined, options)).toString("utf8");
  }

  /** Its lines one by one, as they come, without their ends. A cell of a table may hold the end of a line. */
  async *lines(options: CallOptions = {}): AsyncGenerator<string, void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of this.bytes(options)) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
      rest = lines.pop() ?? "";
      yield* lines;
    }
    rest += decoder.decode();
    if (rest !== "") yield rest;
  }
}
