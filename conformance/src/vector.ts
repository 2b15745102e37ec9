import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Any JSON document. */
export type Document = Readonly<Record<string, unknown>>;

/** One step of a recorded user action: which kind, and what that kind needs. */
export interface Step {
  readonly do: string;
  readonly as?: string;
  readonly on?: string;
  readonly model?: string;
  readonly id?: string | number;
  readonly chain?: readonly (readonly unknown[])[];
  readonly fields?: readonly string[];
  readonly field?: string;
  readonly values?: Document;
  readonly method?: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Document;
  readonly discard?: boolean;
  readonly options?: Document;
  readonly start?: number;
  readonly stop?: number;
  readonly index?: number;
  readonly n?: number;
  /** A query expression, to be rendered. */
  readonly expression?: Document;
  readonly product?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly profile?: string | null;
  readonly credential_file?: string | null;
  readonly sensors?: readonly number[];
  readonly job?: { readonly method: string; readonly args?: readonly unknown[] };
}

export interface RecordedPart {
  readonly name: string;
  readonly filename?: string;
  readonly size: number;
  readonly sha256: string;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
  readonly multipart?: readonly RecordedPart[];
}

export interface RecordedResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly bodyEncoding?: "json" | "text" | "base64";
  /** A failure of the connection in place of an answer. */
  readonly fault?: string;
}

export interface Exchange {
  readonly request: RecordedRequest;
  readonly response: RecordedResponse;
  readonly waitedSeconds?: number;
  readonly times?: number;
}

export interface RecordedError {
  readonly class: string;
  readonly message: string;
  readonly uri?: string;
  readonly error_code?: number;
  /** Of a command that an endpoint refused. */
  readonly win32_error?: number;
  readonly decoded_win32_error?: string;
  /** The class is one of the recorded client's runtime, not of its library. */
  readonly builtin?: boolean;
}

export interface RecordedResult {
  readonly value?: unknown;
  readonly error?: RecordedError;
  readonly printed?: string;
}

/** What a known-good client exchanged with the server for one user action, and what the user got. */
export interface Vector {
  readonly name: string;
  readonly product: string;
  readonly title: string;
  readonly api?: string;
  readonly options?: Document;
  readonly call: readonly Step[];
  readonly exchanges: readonly Exchange[];
  readonly result: readonly RecordedResult[];
  readonly fault?: string;
  readonly note?: string;
  readonly unordered?: boolean;
  readonly truncated?: boolean;
}

/** One file of a folder: a vector, or the reason why it is none. */
export interface VectorFile {
  /** Relative to the folder, with slashes. */
  readonly file: string;
  readonly vector?: Vector;
  readonly problem?: string;
}

/** `response/process-first`: how a vector is named, wherever its file is. */
export function vectorId(vector: Vector): string {
  return `${vector.product}/${vector.name}`;
}

/** All JSON files in a folder and the folders in it, in the order of their names. */
export function readVectors(folder: string): VectorFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => {
      const file = relative(folder, path).split(sep).join("/");
      try {
        return { file, vector: asVector(JSON.parse(readFileSync(path, "utf8"))) };
      } catch (error) {
        return { file, problem: `is no vector: ${error instanceof Error ? error.message : String(error)}` };
      }
    });
}

/** @throws TypeError naming what a vector must have and this has not. */
function asVector(value: unknown): Vector {
  if (!isDocument(value)) throw new TypeError("it holds no object");
  for (const name of ["name", "product"]) {
    if (typeof value[name] !== "string") throw new TypeError(`"${name}" is no text`);
  }
  for (const name of ["call", "exchanges", "result"]) {
    if (!Array.isArray(value[name])) throw new TypeError(`"${name}" is no list`);
  }
  const vector = value as unknown as Vector;
  if (vector.call.length !== vector.result.length) {
    throw new TypeError(`it has ${vector.call.length} steps and ${vector.result.length} results`);
  }
  return vector;
}

export function isDocument(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
