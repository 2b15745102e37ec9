/** What one run of a piece of work cost. */
export interface Cost {
  /** Milliseconds of wall time. */
  readonly wall: number;
  /** Milliseconds of CPU, of all threads of this process. */
  readonly cpu: number;
  /** The most heap in use that was seen meanwhile, in MiB above where it began. */
  readonly peak: number;
}

/** Runs the work once, after a collection of garbage. */
export async function measure(work: () => Promise<unknown>): Promise<Cost> {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().heapUsed);
  }, 20);
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(sampler);
  return { wall, cpu: (user + system) / 1000, peak: (peak - before) / 2 ** 20 };
}

/**
 * Runs several pieces of work in turn, so that whatever disturbs the machine disturbs them alike. What comes before each is not
 * measured.
 */
export async function compare(
  rounds: number,
  works: Readonly<Record<string, () => Promise<unknown>>>,
  before?: () => Promise<unknown>,
): Promise<Record<string, Cost>> {
  const costs = new Map<string, Cost[]>(Object.keys(works).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, work] of Object.entries(works)) {
      await before?.();
      const cost = await measure(work);
      // The first round warms the machine up.
      if (round > 0) costs.get(name)?.push(cost);
    }
  }
  return Object.fromEntries(
    [...costs].map(([name, list]) => [
      name,
      {
        wall: median(list.map((c) => c.wall)),
        cpu: median(list.map((c) => c.cpu)),
        peak: Math.max(...list.map((c) => c.peak)),
      },
    ]),
  );
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
