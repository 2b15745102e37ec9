/**
 * A step of a glob: a character, any one of a name, any number of those, any characters at all; `fork` goes on with the
 * next step or passes over the two behind it.
 */
type Step = { kind: "character"; character: string } | { kind: "one" | "some" | "all" | "fork" };

/**
 * A test for paths with slashes: `*` and `?` stay within a name, `**` goes through folders, and `**` with a slash behind
 * it may also be nothing. All ways through the pattern are followed at once, so that it takes as many steps at most as the
 * length of the pattern times that of the path.
 */
export function compileGlob(pattern: string): (path: string) => boolean {
  const steps = readSteps(pattern);
  return (path) => {
    let places = new Places(steps);
    let next = new Places(steps);
    places.add(0);
    for (const character of path) {
      next.clear();
      for (let at = 0; at < places.size; at++) {
        const place = places.list[at] ?? 0;
        const step = steps[place];
        if (step === undefined || step.kind === "fork") continue;
        if (step.kind === "character" ? step.character !== character : step.kind !== "all" && character === "/")
          continue;
        // What stands for any number of characters can take another one.
        next.add(step.kind === "some" || step.kind === "all" ? place : place + 1);
      }
      [places, next] = [next, places];
      if (places.size === 0) return false;
    }
    return places.has(steps.length);
  };
}

function readSteps(pattern: string): Step[] {
  return (pattern.match(/\*\*+\/|\*\*+|./gsu) ?? []).flatMap((part): Step[] => {
    if (part === "?") return [{ kind: "one" }];
    if (part === "*") return [{ kind: "some" }];
    if (!part.startsWith("**")) return [{ kind: "character", character: part }];
    const folders: Step[] = [{ kind: "fork" }, { kind: "all" }, { kind: "character", character: "/" }];
    return part.endsWith("/") ? folders : [{ kind: "all" }];
  });
}

/** Places in a pattern, each once, with those that are reached from them without a character. */
class Places {
  readonly list: Uint32Array;
  size = 0;
  /** In which round a place was added last: so nothing has to be cleared. */
  readonly #added: Uint32Array;
  #round = 1;

  constructor(private readonly steps: readonly Step[]) {
    // Places behind a fork at the end are none, but are asked for.
    this.list = new Uint32Array(steps.length + 4);
    this.#added = new Uint32Array(steps.length + 4);
  }

  has(place: number): boolean {
    return this.#added[place] === this.#round;
  }

  add(place: number): void {
    let behind = this.size;
    this.#put(place);
    for (; behind < this.size; behind++) {
      const reached = this.list[behind] ?? 0;
      const kind = this.steps[reached]?.kind;
      if (kind === "some" || kind === "all" || kind === "fork") this.#put(reached + 1);
      if (kind === "fork") this.#put(reached + 3);
    }
  }

  clear(): void {
    this.size = 0;
    this.#round += 1;
  }

  #put(place: number): void {
    if (this.has(place)) return;
    this.#added[place] = this.#round;
    this.list[this.size] = place;
    this.size += 1;
  }
}
