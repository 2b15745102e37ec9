/**
 * The programs and libraries of the generated organisation, as tables. An entry is `name:what it is`; further marks:
 * `!` in front of a name makes it 32-bit, a trailing `~` unsigned.
 */
export interface Product {
  key: string;
  os: "Windows" | "Linux" | "OSX";
  name: string;
  company: string;
  version: string;
  /** Who signed it; undefined for unsigned software. */
  publisher?: string;
  issuer?: string;
  directory: string;
  programs: string;
  libraries?: string;
  /** Stem of the libraries that are made up to fill the product; none without it. */
  stem?: string;
}
