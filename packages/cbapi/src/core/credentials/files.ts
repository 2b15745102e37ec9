import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { posix, resolve, win32 } from "node:path";
import { CredentialError } from "../errors.js";
import { decodeText, type IniFile, parseIni } from "./ini.js";
import type { Product } from "./types.js";

/** What the resolver asks the system for. Everything can be replaced, which tests do. */
export interface CredentialSystem {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly cwd: string;
  readonly platform: string;
  /** Throws an error with a `code` such as `ENOENT`, as node:fs does. */
  readonly readFile: (path: string) => Uint8Array;
}

/** The real system. */
export function realSystem(): CredentialSystem {
  return {
    env: process.env,
    home: homedir(),
    cwd: process.cwd(),
    platform: process.platform,
    readFile: (path) => readFileSync(path),
  };
}

/** A product's file names. Of two in one directory the later wins, key by key. */
const fileNames: Readonly<Record<Product, readonly string[]>> = {
  response: ["credentials.response"],
  protection: ["credentials.protection"],
  psc: ["credentials.psc"],
  defense: ["credentials.defense", "credentials.psc"],
  threathunter: ["credentials.psc"],
  livequery: ["credentials.psc"],
};

/** @throws CredentialError for anything but a product's name. */
export function checkProduct(product: string): asserts product is Product {
  if (Object.hasOwn(fileNames, product)) return;
  const known = Object.keys(fileNames).join(", ");
  throw new CredentialError(`Product name ${product} not valid: it must be one of ${known}.`, {
    code: "INVALID_PRODUCT",
  });
}

/** The files to read, the most general first: a later one overrides an earlier one key by key. */
export function credentialPaths(
  product: Product,
  credentialFile: string | readonly string[] | undefined,
  system: CredentialSystem,
): string[] {
  const windows = system.platform === "win32";
  const path = windows ? win32 : posix;
  if (credentialFile !== undefined) {
    const given = typeof credentialFile === "string" ? [credentialFile] : credentialFile;
    return given.map((name) => {
      const expanded = /^~(?=[/\\]|$)/.test(name) ? system.home + name.slice(1) : name;
      return path === posix ? posix.resolve(system.cwd, expanded) : resolve(system.cwd, expanded);
    });
  }
  const directories = [
    windows ? path.join(system.env["windir"] ?? "C:\\Windows", "carbonblack") : "/etc/carbonblack",
    path.join(system.home, ".carbonblack"),
    path.join(system.cwd, ".carbonblack"),
  ];
  return directories.flatMap((directory) => fileNames[product].map((name) => path.join(directory, name)));
}

/** The outcome of reading one file. */
export interface FileReport {
  readonly path: string;
  /** Why it gave nothing; undefined when it was read. */
  readonly refused: string | undefined;
  readonly content: IniFile | undefined;
}

/**
 * Reads the files. One that is absent or may not be read is passed over, and the report says so.
 *
 * @throws CredentialError when a file is there but is not in INI form: to pass it over would hide a mistake.
 */
export function readFiles(paths: readonly string[], system: CredentialSystem): FileReport[] {
  return paths.map((path) => {
    let bytes: Uint8Array;
    try {
      bytes = system.readFile(path);
    } catch (error) {
      return { path, refused: describe((error as NodeJS.ErrnoException).code), content: undefined };
    }
    try {
      return { path, refused: undefined, content: parseIni(decodeText(bytes)) };
    } catch (cause) {
      const line = cause instanceof Error && "line" in cause && cause.line !== 0 ? `, line ${String(cause.line)}` : "";
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CredentialError(`The credential file ${path}${line} cannot be used: ${reason}. Correct the file.`, {
        cause,
        code: "INVALID_CREDENTIAL_FILE",
      });
    }
  });
}

function describe(code: string | undefined): string {
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "absent";
    case "EACCES":
    case "EPERM":
      return "no permission to read it";
    case "EISDIR":
      return "is a directory";
    default:
      return `cannot be read (${code ?? "unknown reason"})`;
  }
}
