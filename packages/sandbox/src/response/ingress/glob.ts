/**
 * A step of a glob: a character, any one of a name, any number of those, any characters at all; `fork` goes on with the
 * next step or passes over the two behind it.
 */
type Step = { kind: "character"; character: string } | { kind: "one" | "some" | "all" | "fork" };

/**
 * A test for paths with slashes: `*` and `?` stay within a name, `**` goes through folders, and `**` with a slash behind
 * it may also be nothing. All ways through the pattern are followed at once, so that no pattern takes long.
 */
export function compileGlob(pattern: string): (path: string) => boolean {
  const steps = readSteps(pattern);
  return (path) => {
    let places = follow(steps, [0]);
    for (const character of path) {
      const next: number[] = [];
      for (const place of places) {
        const step = steps[place];
        if (step === undefined || step.kind === "fork") continue;
        if (step.kind === "character" ? step.character !== character : step.kind !== "all" && character === "/")
          continue;
        // What stands for any number of characters can take another one.
        next.push(step.kind === "some" || step.kind === "all" ? place : place + 1);
      }
      places = follow(steps, next);
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

/** These places, and those that are reached from them without a character. */
function follow(steps: readonly Step[], from: readonly number[]): Set<number> {
  const places = new Set(from);
  // A set is walked through to what is added on the way.
  for (const place of places) {
    const kind = steps[place]?.kind;
    if (kind === "some" || kind === "all" || kind === "fork") places.add(place + 1);
    if (kind === "fork") places.add(place + 3);
  }
  return places;
}
