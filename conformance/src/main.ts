import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { jsonReport, textReport } from "./report.js";
import { runAll } from "./runner.js";
import { readVectors, type VectorFile, vectorId } from "./vector.js";

const USAGE = `usage: conformance DIR [--json] [--only NAME]

Replays the recorded exchanges in a folder, and in the folders in it, against the library.
  --json       the outcome as a JSON document
  --only NAME  only the vector of this name: "process-first" or "response/process-first"`;

/**
 * @param print - takes the lines of the report.
 * @returns the exit code: 0 when nothing failed, 1 when something did or there were no vectors, 2 for wrong usage
 */
export async function main(args: readonly string[], print: (line: string) => void): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    print(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  const files = readVectors(options.folder).filter((file) => options.only === undefined || isNamed(file, options.only));
  if (files.length === 0) {
    print(options.only === undefined ? `${options.folder} holds no vectors` : `No vector is named ${options.only}`);
    return 1;
  }
  const outcomes = await runAll(files);
  if (options.json) print(jsonReport(outcomes));
  else for (const line of textReport(outcomes)) print(line);
  return outcomes.some(({ status }) => status === "failed") ? 1 : 0;
}

interface Options {
  readonly folder: string;
  readonly json: boolean;
  readonly only: string | undefined;
}

/** @throws Error saying what is wrong with the arguments. */
function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: "boolean" }, only: { type: "string" } },
  });
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw new Error("one folder is wanted");
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw new Error(`${folder} is no folder`);
  return { folder, json: values.json ?? false, only: values.only };
}

function isNamed({ vector }: VectorFile, name: string): boolean {
  return vector !== undefined && (vector.name === name || vectorId(vector) === name);
}
