const NEW_LINE = 0x0a;

/** A text line by line, without their ends; the last one may lack its own. */
export function* linesOf(bytes: Uint8Array): Generator<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < buffer.length; ) {
    const found = buffer.indexOf(NEW_LINE, at);
    const end = found < 0 ? buffer.length : found;
    const carriage = end > at && buffer[end - 1] === 0x0d ? 1 : 0;
    yield buffer.toString("utf8", at, end - carriage);
    at = end + 1;
  }
}
