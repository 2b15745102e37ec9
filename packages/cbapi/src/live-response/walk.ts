import { LiveResponseError } from "../core/errors.js";
import type { Commands } from "./commands.js";
import { listDirectory, requirePath } from "./files.js";
import { joinPath } from "./paths.js";
import type { DirectoryWalkOptions } from "./types.js";

/** One directory of a walk: its path, and the names of the directories and of the files in it. */
export type WalkedDirectory = readonly [directory: string, directories: readonly string[], files: readonly string[]];

/** A directory that is still to be listed, or one that waits for those in it. */
type Step = { readonly list: string } | { readonly give: WalkedDirectory };

/** Lists directory by directory; what waits is kept in a stack, so that no depth is too deep. */
export async function* walk(
  commands: Commands,
  top: string,
  options: DirectoryWalkOptions,
): AsyncGenerator<WalkedDirectory, void> {
  requirePath(top, "The directory to walk");
  const { topDown = true, onError, followLinks = false, signal, timeout } = options;
  const { osType } = commands.link.endpoint;
  const steps: Step[] = [{ list: top }];
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    if ("give" in step) {
      yield step.give;
      continue;
    }
    const directory = step.list;
    let found: Found;
    try {
      found = await read(commands, joinPath(osType, [directory, "*"]), { signal, timeout });
    } catch (error) {
      signal?.throwIfAborted();
      // A session that is closed lists no other directory either.
      if (commands.link.isClosed || !(error instanceof Error)) throw error;
      // Only what the endpoint refuses is passed over, and not at the top: anything else would make a short walk look whole.
      if (onError === undefined && (directory === top || !(error instanceof LiveResponseError))) throw error;
      onError?.(error, directory);
      continue;
    }
    const walked: WalkedDirectory = [directory, found.directories, found.files];
    const below = found.directories
      .filter((name) => followLinks || !found.links.has(name))
      .map((name) => ({ list: joinPath(osType, [directory, name]) }))
      .reverse();
    if (topDown) yield walked;
    else steps.push({ give: walked });
    steps.push(...below);
  }
}

interface Found {
  readonly directories: string[];
  readonly files: string[];
  /** Which of the directories are links. */
  readonly links: ReadonlySet<string>;
}

async function read(
  commands: Commands,
  pattern: string,
  options: { signal: AbortSignal | undefined; timeout: number | undefined },
): Promise<Found> {
  const directories: string[] = [];
  const files: string[] = [];
  const links = new Set<string>();
  for (const { filename, attributes: told } of await listDirectory(commands, pattern, options)) {
    if (filename === "." || filename === "..") continue;
    const attributes = Array.isArray(told) ? told : [];
    if (!attributes.includes("DIRECTORY")) {
      files.push(filename);
      continue;
    }
    directories.push(filename);
    if (attributes.includes("REPARSE_POINT")) links.add(filename);
  }
  return { directories, files, links };
}
