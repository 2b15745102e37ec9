/** One file's sections, in order. Keys are in lower case, section names as written. */
export interface IniFile {
  /** What `[DEFAULT]` holds: values for all sections that do not set them. */
  readonly defaults: ReadonlyMap<string, string>;
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** A file is not in INI form. */
export class IniError extends Error {
  /** Counted from 1; 0 when the file as a whole is meant. */
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/**
 * Decodes a file: UTF-8 or UTF-16, recognised by their byte order marks; UTF-8 without one.
 *
 * @throws IniError when the bytes are neither.
 */
export function decodeText(bytes: Uint8Array): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new IniError(`it is not ${encoding.toUpperCase()} text`, 0);
  }
}

const DEFAULTS = "DEFAULT";

/**
 * Parses INI text by the rules of Python's RawConfigParser, for which existing files were written: `=` or `:` after a
 * key, lines that are indented deeper than their key continue its value, whole-line comments with `#` or `;`, no
 * interpolation and no quoting. A section or key that is there twice is an error.
 *
 * @throws IniError with the number of the offending line. Its message never repeats the line, which may hold a secret.
 */
export function parseIni(text: string): IniFile {
  const defaults = new Map<string, string[]>();
  const sections = new Map<string, Map<string, string[]>>();
  let section: Map<string, string[]> | undefined;
  let sectionName = "";
  let value: string[] | undefined;
  let indent = 0;

  let number = 0;
  for (const line of text.split(/\r\n|[\n\r]/)) {
    number++;
    const content = line.trim();
    if (content === "") {
      value?.push(""); // kept inside a value, dropped after it
      continue;
    }
    if (content.startsWith("#") || content.startsWith(";")) continue;

    const column = line.length - line.trimStart().length;
    if (value !== undefined && column > indent) {
      value.push(content);
      continue;
    }
    indent = column;

    const header = /^\[(.+)\]/.exec(content)?.[1];
    if (header !== undefined) {
      if (sections.has(header)) throw new IniError(`the section [${header}] is there twice`, number);
      sectionName = header;
      section = header === DEFAULTS ? defaults : new Map();
      if (header !== DEFAULTS) sections.set(header, section);
      value = undefined;
      continue;
    }
    if (section === undefined) throw new IniError("there is text before the first [section]", number);

    const [, name, rest] = /^(.*?)\s*[=:]\s*(.*)$/.exec(content) ?? [];
    if (!name || rest === undefined) throw new IniError('a line is neither a [section] nor "key = value"', number);
    const key = name.toLowerCase();
    if (section.has(key)) throw new IniError(`the key "${key}" is there twice in [${sectionName}]`, number);
    value = [rest.trim()];
    section.set(key, value);
  }
  return {
    defaults: joined(defaults),
    sections: new Map([...sections].map(([name, keys]) => [name, joined(keys)])),
  };
}

function joined(keys: ReadonlyMap<string, string[]>): Map<string, string> {
  return new Map([...keys].map(([key, lines]) => [key, lines.join("\n").trimEnd()]));
}
