import type { Steps } from "../../steps.js";
import type { Disk } from "../disk/disk.js";

/** Removes everything below a directory and then itself, the deepest first; junctions and links are removed and not followed. */
export function* removeTree(files: Disk, top: string): Steps<void> {
  const separator = files.system === "windows" ? "\\" : "/";
  const found = [top];
  for (let at = 0; at < found.length; at++) {
    const path = found[at] ?? "";
    yield;
    if (files.find(path, false)?.kind !== "directory") continue;
    for (const [node, , name] of files.entries(`${path}${separator}`)) {
      if (name === undefined) found.push(`${path}${separator}${node.name}`);
    }
  }
  for (const path of found.reverse()) {
    files.remove(path);
    yield;
  }
}
