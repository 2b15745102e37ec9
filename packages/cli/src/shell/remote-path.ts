import { posix, win32 } from "node:path";

/** How an endpoint writes its paths: Windows, or everything else. */
export type PathStyle = "windows" | "posix";

/** Works out paths of an endpoint by the rules of its system, without asking it. */
export class RemotePaths {
  readonly style: PathStyle;

  constructor(style: PathStyle) {
    this.style = style;
  }

  get separator(): string {
    return this.style === "windows" ? "\\" : "/";
  }

  /** Where a session begins: `c:\`, or the first of the drives where there is no such one. */
  start(drives: readonly string[]): string {
    if (this.style === "posix") return "/";
    const letters = drives.flatMap((drive) => /^[a-z]:/i.exec(drive) ?? []);
    if (letters.length === 0 || letters.some((letter) => letter.toLowerCase() === "c:")) return "c:\\";
    return `${letters[0]}\\`;
  }

  /**
   * The whole path of what was typed: absolute ones (`d:\x`, `\\server\share`), ones of the present drive (`\x`), and ones
   * that begin at the present directory. `.` and `..` are resolved here; a separator at the end stays.
   */
  resolve(directory: string, typed: string): string {
    if (this.style === "posix") {
      const path = posix.normalize(typed.startsWith("/") ? typed : `${directory}/${typed}`);
      // Two slashes at the beginning are normalised to one.
      return path;
    }
    const device = /^[\\/]{2}[?.][\\/]/.test(typed);
    // Such paths are taken by the system as they are, dots included.
    if (device) return typed.replaceAll("/", "\\");
    const [drive] = /^[a-z]:/i.exec(typed) ?? [];
    if (drive !== undefined) {
      const rest = typed.slice(2);
      // `d:x` would begin at the directory that is current on d:, of which there is none.
      return win32.normalize(/^[\\/]/.test(rest) ? typed : `${drive}\\${rest}`);
    }
    if (/^[\\/]{2}/.test(typed)) return win32.normalize(typed);
    const { root } = win32.parse(directory);
    if (/^[\\/]/.test(typed)) return win32.normalize(`${root.replace(/[\\/]$/, "")}${typed}`);
    return win32.normalize(`${directory}\\${typed}`);
  }

  /** The path of a directory without the separator at its end, unless it is a root. */
  directory(path: string): string {
    const { root } = this.#rules.parse(path);
    return path.length > root.length ? path.replace(this.style === "windows" ? /[\\/]+$/ : /\/+$/, "") : path;
  }

  /** What is asked for to see what is in a directory. */
  listing(path: string): string {
    return this.endsWithSeparator(path) ? path : path + this.separator;
  }

  join(directory: string, name: string): string {
    return this.listing(directory) + name;
  }

  /** What a path is in. */
  folder(path: string): string {
    return this.#rules.dirname(path);
  }

  /** The last part of a path, by the endpoint's rules. */
  base(path: string): string {
    return this.#rules.basename(path);
  }

  endsWithSeparator(path: string): boolean {
    return this.style === "windows" ? /[\\/]$/.test(path) : path.endsWith("/");
  }

  /** Whether a path names several files by a pattern in its last part. */
  hasPattern(path: string): boolean {
    return /[*?]/.test(this.base(path));
  }

  /** What stands before the place where a command is typed. */
  prompt(directory: string): string {
    return `${this.listing(directory)}> `;
  }

  get #rules(): typeof win32 {
    return this.style === "windows" ? win32 : posix;
  }
}
