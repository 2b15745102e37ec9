/** The first `length` bytes of what comes in pieces, or all of them. What gives the pieces is left once they are here. */
export async function firstBytes(
  chunks: AsyncIterable<Uint8Array>,
  length = Number.POSITIVE_INFINITY,
): Promise<Buffer> {
  const taken: Uint8Array[] = [];
  let wanted = length;
  if (wanted <= 0) return Buffer.alloc(0);
  for await (const chunk of chunks) {
    taken.push(chunk.subarray(0, wanted));
    wanted -= chunk.length;
    if (wanted <= 0) break;
  }
  return Buffer.concat(taken);
}
